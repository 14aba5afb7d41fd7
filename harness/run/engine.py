"""How does the harness talk to Docker: one client, its errors said clearly, what is ours by label?"""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound

from harness.errors import DockerError

LABEL_HOME, LABEL_RUN, LABEL_LAB = "outage.home", "outage.run", "outage.lab"
LABEL_READY = "outage.ready"
LABEL_SERVICE = "com.docker.compose.service"
CALL_SECONDS = 30
COMPOSE_SECONDS = 60
NO_IMAGE = re.compile(r"no such image: (?P<name>[^\s:]+)", re.IGNORECASE)


@cache
def client() -> docker.DockerClient:
    """The Docker client; DockerError says how to mend what is missing."""
    try:
        found = docker.from_env(timeout=CALL_SECONDS)
        found.ping()
    except DockerException as problem:
        raise DockerError(f"Docker does not answer ({problem}). `make doctor` says how to mend it.") from problem
    return found


def version() -> str:
    """The engine's version."""
    return str(client().version()["Version"])


def containers(**labels: str) -> list[dict[str, Any]]:
    """Containers, running or not, with all of these labels (dots as underscores), as the API lists them."""
    found: list[dict[str, Any]] = client().api.containers(all=True, filters={"label": _wanted(labels)})
    return found


def remove(**labels: str) -> int:
    """Remove containers with their volumes, then networks, that carry all of these labels; how many."""
    found = containers(**labels)
    for container in found:
        if container["State"] == "paused":  # Docker 20.10 hangs on the removal of what is frozen
            client().api.unpause(container["Id"])
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(_remove_container, [container["Id"] for container in found]))
    networks = client().api.networks(filters={"label": _wanted(labels)})
    for network in networks:
        _remove_network(network["Id"])
    return len(found) + len(networks)


def update(container_id: str, wanted: dict[str, int]) -> None:
    """Change a running container's limits, by the API's own names (the library's call knows no NanoCpus)."""
    api: Any = client().api
    api._raise_for_status(api._post_json(api._url("/containers/{0}/update", container_id), data=wanted))  # noqa: SLF001


def compose(args: list[str], environment: dict[str, str]) -> None:
    """Run `docker compose …`; DockerError carries its last lines."""
    try:
        done = subprocess.run(
            ["docker", "compose", *args],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMPOSE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise DockerError("The command `docker` is not installed. `make doctor` says how to mend it.") from None
    except subprocess.TimeoutExpired:
        raise DockerError(f"docker compose did not end within {COMPOSE_SECONDS} s.") from None
    if done.returncode:
        if missing := NO_IMAGE.search(done.stdout):
            raise DockerError(
                f"The image {missing['name']} is not built for the files of services/ as they are now. "
                "Call the verb through make (`make check-…`, `make prove-…`), which builds what is missing."
            )
        last = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise DockerError(f"docker compose failed:\n{last}")


def _wanted(labels: dict[str, str]) -> list[str]:
    return [f"{key.replace('_', '.')}={value}" if value else key.replace("_", ".") for key, value in labels.items()]


def _remove_container(name: str) -> None:
    try:
        client().api.remove_container(name, force=True, v=True)
    except NotFound:
        return
    except APIError as problem:
        if problem.status_code != 409:  # noqa: PLR2004 - somebody else is removing it already
            raise DockerError(f"Docker could not remove the container {name[:12]}: {problem}") from problem


def _remove_network(name: str) -> None:
    try:
        client().api.remove_network(name)
    except NotFound:
        return
    except APIError as problem:
        raise DockerError(f"Docker could not remove the network {name[:12]}: {problem}") from problem
