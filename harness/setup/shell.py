"""How is another program run, with its output kept for when it fails?"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from harness import environment, paths
from harness.errors import OutageError
from harness.setup import causes

LAST_LINES = 12
INTERRUPTED = "The set-up was interrupted; the next one goes on from here."

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
    """Where a step writes what its programs say."""

    path: Path

    def failed(self, what: str, remedy: str = "") -> SetupError:
        """The error of a step that failed, with its last lines, and with advice only where the cause is known.

        `remedy` is what helps where the lines do not tell more.
        """
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        lines = "".join(f"\n    {line.rstrip()[:200]}" for line in text.splitlines()[-LAST_LINES:])
        said = f"{what}. The last lines of {paths.shown(self.path)}:{lines}" if lines else f"{what}."
        if cause := causes.of(text):
            return SetupError(f"{said}\n{cause}")
        return SetupError(f"{said}\nWhat next: {remedy}." if remedy else said)


def log(name: str) -> Log:
    """The log of the step called `name`, empty."""
    path = paths.runs_root() / ".setup" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")
    return Log(path)


def ask(*command: str, extra: dict[str, str] | None = None, seconds: float = 10, keep: bool = False) -> Result:
    """Runs a program for its answer; failure is an answer too. `keep` is as with `call`."""
    return _run(list(command), None, extra, seconds, keep=keep)


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

    It gets the environment of a child that downloads, and `extra`. With `keep` it is left to end by itself when the
    set-up is interrupted, as a package manager must be.
    """
    result = _run(command, given, extra, seconds, keep=keep)
    with into.path.open("a", encoding="utf-8") as file:
        file.write(f"$ {shlex.join(command)}\n{result.text}")
    if not result.ok:
        raise into.failed(f"`{shlex.join(command[:3])} …` ended with exit code {result.code}")
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


def _run(
    command: list[str], given: bytes | None, extra: dict[str, str] | None, seconds: float, *, keep: bool
) -> Result:
    if _interrupted.is_set() and not keep:
        raise SetupError(INTERRUPTED)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment.child(extra, downloads=True),
            cwd=paths.ROOT,
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
