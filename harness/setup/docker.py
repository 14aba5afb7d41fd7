"""Is there a Docker Engine with Compose v2 that answers, and what makes it so?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness import environment
from harness.setup import causes, images, system
from harness.setup.board import Board
from harness.setup.causes import Cause
from harness.setup.shell import Log, UnavailableError, ask, call, log

OLDEST = (20, 10)
START_SECONDS = 40
DAEMON_LOG = Path("/var/log/outage-lab-dockerd.log")

State = Literal["ready", "absent", "stopped", "denied", "old", "elsewhere", "version", "podman", "unclear"]

INSTALL = "install Docker Engine 20.10 or newer with Compose v2, or Docker Desktop"
REMEDIES: dict[str, str] = {
    "absent": f"{INSTALL}; on Debian or Ubuntu run the same command as root and it is done for you",
    "denied": "`sudo usermod -aG docker $USER`, then log in again",
    "old": INSTALL,
    "podman": INSTALL,
}
SAYS = {
    "absent": "There is no Docker on this machine",
    "denied": "This user may not use Docker",
    "old": "Docker Engine is older than 20.10",
    "podman": "`docker` is Podman on this machine, which does not run the labs",
}
VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION")
"""What decides which engine is asked, and how."""
SILENT = ("cannot connect to the docker daemon", "is the docker daemon running")


@dataclass(frozen=True)
class Engine:
    """What was found of Docker."""

    state: State
    client: bool
    """There is a docker command."""
    version: str = ""
    """The engine's, where it answers."""
    said: str = ""
    """The last words of the docker command, where the engine did not answer."""

    @property
    def cause(self) -> Cause:
        """What is wrong, and what helps against that; no advice where the cause is not known."""
        if self.state == "version":
            return causes.api_version()
        if self.state == "stopped":
            return causes.stopped()
        if self.state == "elsewhere":
            return _elsewhere(self.said)
        if self.state == "unclear":
            return Cause(f"Docker does not answer. It says: {self.said}", "")
        return Cause(SAYS[self.state], REMEDIES[self.state])

    @property
    def problem(self) -> UnavailableError:
        """The error to show when this state cannot be changed here."""
        return UnavailableError(f"{self.cause}\n`make doctor` checks the rest.")


def look() -> Engine:
    """What Docker is there on this machine?"""
    if not shutil.which("docker"):
        return Engine("stopped" if shutil.which("dockerd") else "absent", client=False)
    answer = ask("docker", "version", "--format", "{{.Server.Version}}")
    if "podman" in answer.text.lower():
        return Engine("podman", client=True)
    lines = [line.strip() for line in answer.text.splitlines() if line.strip()]
    if answer.ok and lines:
        return Engine("ready" if _numbers(lines[-1]) >= OLDEST else "old", client=True, version=lines[-1])
    return Engine(_why_silent(answer.text), client=True, said=lines[-1] if lines else "nothing")


def variables() -> dict[str, str]:
    """Docker's variables of the caller, those that are set."""
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}


def has_compose() -> bool:
    """`docker compose` is version 2 or later."""
    found = re.search(r"v?(\d+)\.\d+", ask("docker", "compose", "version", "--short").text)
    return bool(found and int(found[1]) >= 2)  # noqa: PLR2004  Compose v2


def provide_engine(board: Board) -> None:
    """Installs and starts Docker where that is missing and may be done; UnavailableError where not."""
    engine = look()
    if engine.state in ("absent", "stopped") and not system.is_root():
        raise engine.problem
    if engine.state == "absent" or (engine.state == "stopped" and not _complete(engine)):
        _install(engine, board)
        engine = look()
    if engine.state == "stopped":
        with board.step("Docker Engine: start it"):
            start()
        engine = look()
    if engine.state != "ready":
        raise engine.problem


def start() -> None:
    """Starts the daemon in the machine's own way, or as a process of its own where nothing starts services."""
    into = log("docker-start")
    for command in _service_commands():
        if ask(*command, seconds=START_SECONDS).ok and _answers_within(START_SECONDS / 2):
            return
    if not shutil.which("dockerd"):
        raise into.failed("There is no dockerd to start")
    with DAEMON_LOG.open("ab") as file:
        subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            cwd="/",
            env=environment.child(downloads=True),
        )
    if not _answers_within(START_SECONDS):
        raise Log(DAEMON_LOG).failed(f"dockerd does not answer after {START_SECONDS} s")


def provide_compose(base_image: str) -> None:
    """Puts the Compose v2 plugin of the base image's Debian release where docker finds plugins."""
    into = log("compose")
    if not system.is_linux():
        raise into.failed("`docker compose` is missing", BY_HAND)
    network = images.network_flags("--env")
    container = call(["docker", "create", *network, base_image, "sh", "-c", FETCH_COMPOSE], into).split()[-1]
    try:
        call(["docker", "start", "--attach", container], into, seconds=300)
        target = plugin_folder() / "docker-compose"
        fresh = target.with_name(".docker-compose.new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        call(["docker", "cp", "--follow-link", f"{container}:/tmp/plugin/{PLUGIN}", str(fresh)], into)
        fresh.chmod(0o755)
        fresh.replace(target)
    finally:
        ask("docker", "rm", "--force", container, keep=True)
    if not has_compose():
        raise into.failed(f"{target} does not run here", BY_HAND)


BY_HAND = "install the Compose v2 plugin (`docker compose version` must answer), then again"
PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"
FETCH_COMPOSE = (
    "cd /tmp && apt-get -qq update && apt-get -qq download docker-compose && dpkg-deb -x docker-compose_*.deb plugin"
)


def plugin_folder() -> Path:
    """Where a plugin is put: for the whole machine as root, else for this user."""
    if system.is_root():
        return Path("/usr/local/lib/docker/cli-plugins")
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"


def _complete(engine: Engine) -> bool:
    return engine.client and shutil.which("dockerd") is not None


def _install(engine: Engine, board: Board) -> None:
    if not system.can_install():
        raise engine.problem
    system.agreed("Docker Engine (package docker.io)", board)
    into = log("docker-install")
    with board.step("Docker Engine: install the distribution's docker.io"):
        system.install(["docker.io"], into)
        if not shutil.which("docker"):
            system.install(["docker-cli"], into)


def _why_silent(text: str) -> State:
    said = text.lower()
    if "permission denied" in said:
        return "denied"
    if "client version" in said or os.environ.get("DOCKER_API_VERSION"):
        return "version"
    if variables() or _context() not in ("default", ""):
        return "elsewhere"
    return "stopped" if any(words in said for words in SILENT) else "unclear"


def _context() -> str:
    """The Docker context that is in use; `context show` came with Docker 23 only."""
    answer = ask("docker", "context", "inspect", "--format", "{{.Name}}")
    return answer.text.strip() if answer.ok else ""


def _elsewhere(said: str) -> Cause:
    given = variables()
    if not given:
        what = f"The engine of the Docker context {_context()!r} does not answer. Docker says: {said.rstrip('.?')}"
        return Cause(what, "start that engine, or choose another with `docker context use default`")
    told = " ".join(f"{name}={value}" for name, value in given.items())
    return Cause(
        f"With {told} no engine answers. Docker says: {said.rstrip('.?')}",
        f"start the engine that is meant, or take this machine's own with `unset {' '.join(given)}`",
    )


def _service_commands() -> Iterator[list[str]]:
    if Path("/run/systemd/system").is_dir():
        yield ["systemctl", "start", "docker"]
    elif system.first_process() in ("init", "openrc-init") and shutil.which("service"):
        yield ["service", "docker", "start"]


def _answers_within(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if look().state == "ready":
            return True
        time.sleep(0.1)
    return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
