"""Does a stack reach neither the machine that it runs on nor anything beyond?"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wire import json_of, server

from harness.run import engine, inside, wall
from harness.run.waiting import wait_until
from harness.setup import images
from loadtests import client

pytestmark = pytest.mark.docker
RUN = "outage-wall-20261123-210501-ab12"
SERVE = "import http.server as s; s.ThreadingHTTPServer(('', 8000), s.SimpleHTTPRequestHandler).serve_forever()"


@pytest.fixture
def network(stacks: Path) -> Iterator[Any]:
    """A network as a stack has it."""
    assert wall.build() is None
    options = {
        "com.docker.network.bridge.name": wall.bridge(RUN),
        "com.docker.network.bridge.enable_ip_masquerade": "false",
    }
    found = engine.client().networks.create(RUN, driver="bridge", options=options)
    yield found
    found.remove()


@pytest.fixture
def two(stacks: Path, network: Any) -> Iterator[list[Any]]:
    """Two containers in it that serve port 8000, also to this machine."""
    made = [
        engine.client().containers.run(
            images.tags()["python"], ["python", "-c", SERVE], labels={engine.LABEL_HOME: str(stacks)}, detach=True,
            network=RUN, name=f"{RUN}-{name}", ports={"8000/tcp": ("127.0.0.1", 0)}, init=True,
        )
        for name in ("a", "b")
    ]  # fmt: skip
    yield made
    for one in made:
        one.remove(force=True)


def reaches(container: Any, host: str, port: int) -> bool:
    """Whether a connection from inside of this container comes about."""
    code = f"import socket; socket.create_connection(('{host}', {port}), timeout=1.5)"
    return inside.run(container.id, ["python", "-c", code])[0] == 0


def published(container: Any) -> tuple[str, int]:
    """Where this machine reaches it."""
    container.reload()
    return "127.0.0.1", int(container.ports["8000/tcp"][0]["HostPort"])


def test_containers_reach_each_other_and_nothing_else(network: Any, two: list[Any]) -> None:
    """By name and from this machine they do; what this machine serves on any of its addresses is out of reach."""
    network.reload()
    gateway = network.attrs["IPAM"]["Config"][0]["Gateway"]
    others = ipaddress.ip_network(engine.client().networks.get("bridge").attrs["IPAM"]["Config"][0]["Subnet"])
    wait_until(lambda: client.ask(published(two[0]), "GET", "/", seconds=2).status, 20, "it serves")

    with server(everything=json_of(b"{}"), host="0.0.0.0") as machine:  # noqa: S104 - that is what is tried
        assert reaches(two[0], f"{RUN}-b", 8000)
        assert [reaches(two[0], host, machine.address[1]) for host in (gateway, str(others[1]))] == [False, False]
        assert machine.asked == []


def test_the_rules_are_there_once_and_go(stacks: Path) -> None:
    """Built twice they are one of each; removed they are gone."""
    with contextlib.ExitStack() as after:
        after.callback(wall.build)
        assert [wall.build(), wall.build()] == [None, None]
        assert rules() == len(wall.RULES)
        assert wall.remove() is None
        assert rules() == 0


def rules() -> int:
    """How many rules of ours this machine's firewall has."""
    told = engine.client().containers.run(
        images.tags()["netfault"],
        entrypoint=["iptables", "-S"],
        network_mode="host",
        cap_add=["NET_ADMIN"],
        remove=True,
    )
    return sum("outage-lab" in line for line in told.decode().splitlines())
