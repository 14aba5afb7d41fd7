"""How do two containers of a stack lose sight of each other, or meet somebody else, while all others still see both?

A helper container joins the network namespace of one of them for the blink that a packet filter's rule takes. The
service itself has neither the tools nor the right to do it.
"""

from __future__ import annotations

from typing import Any

from docker.errors import APIError, ContainerError, ImageNotFound
from docker.models.containers import Container as DockerContainer

from harness import engine
from harness.errors import NotJudgedError
from harness.setup import images

IMAGE = "netfault"
Rule = tuple[str, ...]


def addresses(handle: DockerContainer) -> list[str]:
    """The container's addresses on its networks."""
    networks: dict[str, Any] = handle.attrs["NetworkSettings"]["Networks"]
    return [network["IPAddress"] for network in networks.values() if network["IPAddress"]]


def silence(handle: DockerContainer, other: DockerContainer) -> None:
    """Drop every packet between the two, on the side of the first, open connections included."""
    for address in addresses(other):
        _filter(handle, "--insert", "INPUT", "--source", address, "--jump", "DROP")
        _filter(handle, "--insert", "OUTPUT", "--destination", address, "--jump", "DROP")


def speak(handle: DockerContainer) -> None:
    """Take away all that `silence` has put before this container."""
    _filter(handle, "--flush")


def diversions(other: DockerContainer, port: int, to: DockerContainer, to_port: int) -> list[Rule]:
    """The rules by which connections to the first one's port reach the second one's."""
    target = ("--jump", "DNAT", "--to-destination", f"{addresses(to)[0]}:{to_port}")
    return [
        ("--destination", address, "--protocol", "tcp", "--dport", str(port), *target) for address in addresses(other)
    ]


def divert(handle: DockerContainer, rules: list[Rule]) -> None:
    """Put these rules before all that leaves the container; open connections stay where they are."""
    for rule in rules:
        _filter(handle, "--table", "nat", "--insert", "OUTPUT", *rule)


def straighten(handle: DockerContainer, rules: list[Rule]) -> None:
    """Take away these rules alone: the table has Docker's own in it, by which the container finds names."""
    for rule in rules:
        _filter(handle, "--table", "nat", "--delete", "OUTPUT", *rule)


def _filter(handle: DockerContainer, *rule: str) -> None:
    try:
        engine.client().containers.run(
            images.tags()[IMAGE],
            list(rule),
            network_mode=f"container:{handle.id}",
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN"],
            labels={engine.LABEL_HOME: handle.labels[engine.LABEL_HOME]},
            remove=True,
        )
    except (APIError, ContainerError, ImageNotFound) as problem:
        raise NotJudgedError(f"no rule could be put before {handle.name}: {problem}") from problem
