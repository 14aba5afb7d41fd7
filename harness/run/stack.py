"""How does a lab's stack come up fresh, get ready, and go away without trace?"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any

from harness import environment, paths
from harness.errors import NotJudgedError
from harness.lab.manifest import Lab
from harness.run import engine, lifecycle, readiness
from harness.run.postmortem import Scene
from harness.setup import images

READY_SECONDS = 25.0
STEP_SECONDS = 0.05
LOADED_SECONDS = 2.0
MOST_CROWDING = 3.0


class Stack:
    """The containers of one run."""

    def __init__(self, lab: Lab, claim: lifecycle.Claim, files: Path, *, live: bool = False) -> None:
        """`files`: the folder that the editable files are mounted from. `live`: serve edits as they are made."""
        self.lab, self.run_id = lab, claim.project
        self.files = files
        self.live = live
        self.secret = secrets.token_hex(16)
        self.key = secrets.token_hex(16)

    def environment(self) -> dict[str, str]:
        """What the compose files are filled in with."""
        tags = {f"OUTAGE_IMAGE_{_variable(name)}": tag for name, tag in images.tags().items()}
        return environment.child(
            tags
            | {
                "OUTAGE_HOME": lifecycle.home(),
                "OUTAGE_RUN": self.run_id,
                "OUTAGE_LAB": self.lab.slug,
                "OUTAGE_FILES": str(self.files),
                "OUTAGE_STACK": str(self.lab.stack),
                "OUTAGE_SECRET": self.secret,
                "OUTAGE_KEY": self.key,
                "OUTAGE_RELOAD": "1" if self.live else "0",
            }
        )

    def _compose(self, *args: str) -> None:
        files = ["-f", str(self.lab.compose), "-f", str(paths.NETWORK_FILE)]
        engine.compose(["-p", self.run_id, *files, *args], self.environment())

    def up(self) -> float:
        """Start everything and wait until all of it answers; seconds taken. StudentCodeError if code does not start."""
        begun = time.monotonic()
        self._compose("up", "-d", "--no-build", "--pull", "never", "--quiet-pull")
        self._wait_ready(begun)
        return time.monotonic() - begun

    def _wait_ready(self, begun: float) -> None:
        scene = Scene(self.run_id, self.files, self.lab)
        waiting = {container["Labels"][engine.LABEL_SERVICE] for container in self.containers()}
        while waiting:
            for container in self.containers():
                service = container["Labels"][engine.LABEL_SERVICE]
                if container["State"] == "exited":
                    raise scene.of_exit(service)
                if service in waiting and readiness.ready(container, self.secret):
                    waiting.discard(service)
            if self.live and time.monotonic() > begun + LOADED_SECONDS:
                scene.require_loaded(sorted(waiting))
            patience = READY_SECONDS * crowding()
            if waiting and time.monotonic() > begun + patience:
                raise scene.of_silence(sorted(waiting), patience)
            time.sleep(STEP_SECONDS if waiting else 0)

    def containers(self) -> list[dict[str, Any]]:
        """The stack's containers, as the Docker API lists them."""
        return engine.containers(outage_home=lifecycle.home(), outage_run=self.run_id)

    def services(self) -> list[str]:
        """Names of the stack's services."""
        return sorted(container["Labels"][engine.LABEL_SERVICE] for container in self.containers())

    def address(self, service: str, port: int | None = None) -> tuple[str, int]:
        """Host and port where this machine reaches the service; looked up each time, since restarts change it.

        `port`: the container's own, where it publishes several.
        """
        for container in self.containers():
            if container["Labels"][engine.LABEL_SERVICE] == service:
                return readiness.published(container, port)
        raise NotJudgedError(f"the stack has no service {service!r}; it has {', '.join(self.services())}")

    def url(self, service: str) -> str:
        """The same as an http:// address."""
        return "http://{}:{}".format(*self.address(service))

    def down(self) -> None:
        """Remove everything of this stack; harmless if there is nothing."""
        lifecycle.bring_down(self.run_id)


def crowding() -> float:
    """How many wait for each core, by the last minute: services may take so many times as long to answer."""
    return min(MOST_CROWDING, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
