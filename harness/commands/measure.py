"""How long does a command take as a student waits for it, and what of that is not the drill's?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx

from harness import environment, paths
from harness.errors import OutageError
from harness.lab import files
from harness.lab.manifest import Lab
from harness.run import lifecycle, readiness, waiting
from harness.run.engine import LABEL_READY, LABEL_SERVICE, containers

RELOAD_LIMIT_SECONDS = 15.0
WORKER_HEADER = "x-worker"
LOOKS = 20


@dataclass(frozen=True)
class Check:
    """One `outage check` from outside."""

    total: float
    """Seconds, from the command's start to its end."""
    drill: float
    """Seconds of the drill alone."""
    memory_mib: float

    @property
    def overhead(self) -> float:
        """All but the drill's own seconds."""
        return self.total - self.drill


def lab_seconds(lab: Lab) -> float:
    """Seconds of `outage lab`; its stack stays up."""
    return _run(["lab", lab.slug])[0]


def check(lab: Lab) -> Check:
    """`outage check`, measured."""
    total, said = _run(["check", lab.slug])
    recording = json.loads((paths.runs_of(lab.slug) / said["run"] / paths.RECORDING_FILE).read_text(encoding="utf-8"))
    return Check(total, said["seconds"]["drill"], recording["memory"]["peak_mib"])


def _run(args: list[str]) -> tuple[float, dict[str, Any]]:
    begun = time.monotonic()
    command = [sys.executable, "-I", "-m", "harness", *args, "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        cwd=paths.ROOT,
        env=environment.child(),
    )
    took = time.monotonic() - begun
    try:
        said: dict[str, Any] = json.loads(done.stdout)
        said["seconds"]["drill"]
    except (ValueError, KeyError):
        raise OutageError(
            f"`outage {' '.join(args)}` cannot be measured: {done.stdout[-400:]}{done.stderr[-400:]}"
        ) from None
    return took, said


def reload_seconds(lab: Lab) -> float | None:
    """From a touch of the student's code to the first answer of a new worker; None if no service reloads it."""
    address = _web_service(lab)
    before = {_worker(address) for _ in range(LOOKS)}  # a service may have several
    if address is None or before == {None}:
        return None
    begun = time.monotonic()
    os.utime(lab.work / _code(lab))
    if not waiting.patiently(lambda: _worker(address) not in {*before, None}, RELOAD_LIMIT_SECONDS):
        raise OutageError(f"{lab.slug}: no new code was served within {RELOAD_LIMIT_SECONDS:g} s of an edit.")
    return time.monotonic() - begun


def _code(lab: Lab) -> str:
    """The first of the lab's editable files that is Python; a server's configuration is read when that starts."""
    names = files.editable(lab)
    return next((name for name in names if name.endswith(".py")), names[0])


def _web_service(lab: Lab) -> tuple[str, int] | None:
    """The service, or worker, of the lab's first editable code, if it answers HTTP."""
    folder = _code(lab).partition("/")[0]
    for container in containers(outage_run=lifecycle.kept(lab.slug)[-1]):
        web = container["Labels"].get(LABEL_READY, "").startswith("http:")
        if web and container["Labels"][LABEL_SERVICE].startswith(folder):
            return readiness.published(container)
    return None


def _worker(address: tuple[str, int] | None) -> str | None:
    if address is None:
        return None
    try:
        answer = httpx.get("http://{}:{}/health".format(*address), timeout=1.0, trust_env=False)
    except httpx.HTTPError:
        return None
    return str(answer.headers.get(WORKER_HEADER, "")) or None
