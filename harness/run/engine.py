"""How does the harness talk to Docker: one client, its errors said clearly, what is ours by label?"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import Any

import docker
from docker.errors import APIError, ContextNotFound, DockerException, NotFound
from requests.exceptions import RequestException

from harness import environment, paths
from harness.errors import DockerError
from harness.setup import causes
from harness.setup import docker as setup

LABEL_HOME, LABEL_RUN, LABEL_LAB = "outage.home", "outage.run", "outage.lab"
LABEL_HELPS = "outage.helps"
"""The run that a helper works for which is there for a blink and no part of the stack."""
LABEL_READY = "outage.ready"
LABEL_SERVICE = "com.docker.compose.service"
CALL_SECONDS = 30
COMPOSE_SECONDS = 60
RELEASE_SECONDS, AGAIN_SECONDS = 2.0, 0.1
LAST_LINES = 8
NO_IMAGE = re.compile(r"no such image: (?P<name>[^\s:]+)", re.IGNORECASE)
PROGRESS = re.compile(r"^\s*(Container|Network|Volume)\s+\S+\s+\w+$|variable is not set", re.IGNORECASE)


@cache
def client() -> docker.DockerClient:
    """The Docker client; DockerError says what is wrong and what helps."""
    try:
        found = _connected()
        found.api.trust_env = False  # proxies and passwords of the caller's are not for the engine
        found.ping()
    except (DockerException, RequestException) as problem:
        seen = setup.look()
        raise (refusal(str(problem)) if seen.state == "ready" else DockerError(str(seen.problem))) from problem
    return found


def _connected() -> docker.DockerClient:
    """The engine that the docker command talks to: DOCKER_HOST's, else the current context's."""
    name = os.environ.get("DOCKER_CONTEXT")
    if not os.environ.get("DOCKER_HOST"):
        context = docker.ContextAPI.get_context(name)
        if context is None:
            raise ContextNotFound(name)
        if context.name != "default":
            return docker.DockerClient(base_url=context.Host, tls=context.TLSConfig, timeout=CALL_SECONDS)
    return docker.from_env(timeout=CALL_SECONDS)


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Whatever keeps Docker from answering is a DockerError: what it said, and what helps where that is known."""
    try:
        yield
    except (DockerException, RequestException) as problem:
        raise refusal(str(problem)) from problem


def refusal(said: str) -> DockerError:
    """The error for what Docker said when it would not do what was asked."""
    if cause := causes.of(said):
        return DockerError(f"{cause}\n`make doctor` checks the rest.")
    return DockerError(f"Docker does not do what was asked of it. It says: {said.strip()}")


def version() -> str:
    """The engine's version."""
    with answering():
        return str(client().version()["Version"])


def containers(**labels: str) -> list[dict[str, Any]]:
    """Containers, running or not, with all of these labels (dots as underscores), as the API lists them."""
    with answering():
        found: list[dict[str, Any]] = client().api.containers(all=True, filters={"label": _wanted(labels)})
    return found


def networks(**labels: str) -> list[dict[str, Any]]:
    """Networks with all of these labels, as the API lists them."""
    with answering():
        found: list[dict[str, Any]] = client().api.networks(filters={"label": _wanted(labels)})
    return found


def remove(**labels: str) -> int:
    """Remove containers with their volumes, then networks, that carry all of these labels; how many are gone."""
    found = containers(**labels)
    with answering():
        for container in found:
            if container["State"] == "paused":  # Docker 20.10 hangs on the removal of what is frozen
                with contextlib.suppress(NotFound):
                    client().api.unpause(container["Id"])
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(_remove_container, [container["Id"] for container in found]))
        seconds = RELEASE_SECONDS if found else 0.0
        gone = [_remove_network(network["Id"], seconds) for network in networks(**labels)]
    return len(found) + sum(gone)


def compose(args: list[str], given: dict[str, str]) -> None:
    """Run `docker compose …` with these variables and none of the caller's; DockerError says why it failed."""
    try:
        done = subprocess.run(
            ["docker", "compose", "--env-file", os.devnull, *args],
            env=environment.child(given),
            cwd=paths.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=COMPOSE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise DockerError("The command `docker` is not installed. `make doctor` says what helps.") from None
    except subprocess.TimeoutExpired:
        raise DockerError(f"docker compose did not end within {COMPOSE_SECONDS} s.") from None
    if done.returncode:
        raise _failed(done.stdout)


def _failed(said: str) -> DockerError:
    if missing := NO_IMAGE.search(said):
        return DockerError(
            f"The image {missing['name']} is not built for the files of services/ as they are now. "
            "Call the verb through make (`make check-…`, `make prove-…`), which builds what is missing."
        )
    if cause := causes.of(said):
        return DockerError(f"The stack cannot be started. {cause}")
    lines = [line for line in said.strip().splitlines() if not PROGRESS.search(line)]
    return DockerError("The stack cannot be started. Docker Compose says:\n" + "\n".join(lines[-LAST_LINES:]))


def _wanted(labels: dict[str, str]) -> list[str]:
    return [f"{key.replace('_', '.')}={value}" if value else key.replace("_", ".") for key, value in labels.items()]


def _remove_container(name: str) -> None:
    try:
        client().api.remove_container(name, force=True, v=True)
    except NotFound:
        return
    except APIError as problem:
        if problem.status_code != HTTPStatus.CONFLICT:  # somebody else is removing it already
            raise DockerError(f"Docker could not remove the container {name[:12]}: {problem}") from problem


def _remove_network(name: str, seconds: float) -> bool:
    """Whether it is gone. Something may still hold on to it for a moment after its containers are removed.

    And Docker 20.10 may take a container that is gone for connected, until it is started again: then a network that
    nobody uses stays, and that is no reason to stop what somebody wants to do.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            client().api.remove_network(name)
        except NotFound:
            return True
        except APIError as problem:
            if problem.status_code != HTTPStatus.FORBIDDEN:
                raise DockerError(f"Docker could not remove the network {name[:12]}: {problem}") from problem
            if time.monotonic() > until:
                return False
            time.sleep(AGAIN_SECONDS)
        else:
            return True
