"""How do two containers of a stack lose sight of each other, or reach another one, while the rest still sees both?

A helper container joins the network namespace of one of them for the blink that a packet filter's rule takes. The
service itself has neither the tools nor the right to do it.
"""

from __future__ import annotations

from typing import Any

from docker.errors import APIError, ContainerError, ImageNotFound
from docker.models.containers import Container as DockerContainer

from harness.errors import NotJudgedError
from harness.run import engine
from harness.setup import images

IMAGE = "netfault"


def addresses(handle: DockerContainer) -> list[str]:
    """The container's addresses on its networks."""
    networks: dict[str, Any] = handle.attrs["NetworkSettings"]["Networks"]
    return [network["IPAddress"] for network in networks.values() if network["IPAddress"]]


def silence(handle: DockerContainer, other: DockerContainer) -> None:
    """Drop every packet between the two, on the side of the first, open connections included."""
    each = (("-I INPUT", "--source"), ("-I OUTPUT", "--destination"))
    _put(handle, "filter", *(f"{verb} {side} {ip} --jump DROP" for ip in addresses(other) for verb, side in each))


def speak(handle: DockerContainer) -> None:
    """Take away all that `silence` has added to this container."""
    _put(handle, "filter", "-F")


def diversions(other: DockerContainer, port: int, to: DockerContainer, to_port: int) -> list[str]:
    """The rules that lead connections to the first one's port to the second one's port."""
    target = f"--jump DNAT --to-destination {addresses(to)[0]}:{to_port}"
    return [f"--destination {ip} --protocol tcp --dport {port} {target}" for ip in addresses(other)]


def divert(handle: DockerContainer, rules: list[str]) -> None:
    """Apply these rules to all that leaves the container; open connections stay where they are."""
    _put(handle, "nat", *(f"-I OUTPUT {rule}" for rule in rules))


def straighten(handle: DockerContainer, rules: list[str]) -> None:
    """Take away these rules alone: Docker keeps its own in the same table, by which the container finds names."""
    _put(handle, "nat", *(f"-D OUTPUT {rule}" for rule in rules))


def _put(handle: DockerContainer, table: str, *changes: str) -> None:
    """All of these changes of a table, or none."""
    labels = handle.labels
    try:
        engine.client().containers.run(
            images.tags()[IMAGE],
            [f"*{table}", *changes, "COMMIT"],
            network_mode=f"container:{handle.id}",
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN"],
            labels={engine.LABEL_HOME: labels[engine.LABEL_HOME], engine.LABEL_HELPS: labels[engine.LABEL_RUN]},
            remove=True,
        )
    except (APIError, ContainerError, ImageNotFound) as problem:
        raise NotJudgedError(f"could not add a firewall rule to {handle.name}: {problem}") from problem
