"""How is another program run, with its output kept for when it fails?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from harness import paths
from harness.errors import OutageError

LAST_LINES = 12
AGAIN = "run the same command again; what is half done is done anew"

_running: set[subprocess.Popen[bytes]] = set()
_interrupted = threading.Event()


class SetupError(OutageError):
    """The set-up cannot go on: what, where, and what to do next."""


class UnavailableError(SetupError):
    """Something is missing that the set-up may not or cannot provide on this machine."""


@dataclass(frozen=True)
class Result:
    """What a program left behind."""

    code: int
    """Exit code; 124 after a time-out, 127 where there is no such program."""
    text: str
    """Standard output and error, as they came."""

    @property
    def ok(self) -> bool:
        """The program ended well."""
        return self.code == 0


@dataclass(frozen=True)
class Log:
    """Where a step writes what its programs say, and how to mend the step when it fails."""

    path: Path
    mend: str = AGAIN

    def failed(self, what: str) -> SetupError:
        """The error of a step that failed in the middle, with its last lines."""
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        lines = "\n".join("    " + line.rstrip()[:200] for line in text.splitlines()[-LAST_LINES:])
        return SetupError(f"{what}. The last lines of {paths.shown(self.path)}:\n{lines}\nWhat next: {self.mend}.")


def log(name: str, mend: str = AGAIN) -> Log:
    """The log of the step called `name`, empty."""
    path = paths.runs_root() / ".setup" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    return Log(path, mend)


def ask(*command: str, seconds: float = 10, keep: bool = False) -> Result:
    """Runs a program for its answer; failure is an answer too. `keep` is as with `call`."""
    return _run(list(command), None, dict(os.environ), seconds, keep=keep)


def call(
    command: list[str],
    into: Log,
    *,
    given: bytes | None = None,
    extra: dict[str, str] | None = None,
    seconds: float = 600,
    keep: bool = False,
) -> str:
    """Runs a program to its end and returns its output, which also goes to the log; SetupError where it fails.

    With `keep` it is left to end by itself when the set-up is interrupted, as a package manager must be.
    """
    result = _run(command, given, {**os.environ, **(extra or {})}, seconds, keep=keep)
    with into.path.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n{result.text}")
    if not result.ok:
        raise into.failed(f"`{' '.join(command[:3])}` failed with exit code {result.code}")
    return result.text


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and everything that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def end_all() -> None:
    """Ends what is still running after an interrupt, and lets nothing else begin."""
    _interrupted.set()
    for process in list(_running):
        end(process)


def _run(command: list[str], given: bytes | None, environment: dict[str, str], seconds: float, *, keep: bool) -> Result:
    if _interrupted.is_set() and not keep:
        raise SetupError("The set-up was interrupted; the next one goes on from here.")
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    except OSError as problem:
        return Result(127, f"{command[0]}: {problem.strerror}\n")
    if not keep:
        _running.add(process)
        if _interrupted.is_set():
            end(process)
    try:
        return _wait(process, given, seconds)
    finally:
        _running.discard(process)


def _wait(process: subprocess.Popen[bytes], given: bytes | None, seconds: float) -> Result:
    try:
        output, _ = process.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        output, _ = process.communicate()
        return Result(124, f"{output.decode(errors='replace')}ended after {seconds:.0f} s without a result\n")
    return Result(process.returncode, output.decode(errors="replace"))
