"""What does the change tool do, and what does it say?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .names import SERVED_SECONDS, Names

from harness.drill import Run

TIMED_OUT = 124
DONE, REFUSED = "done, with exit code 0", "refused, with a reason"
TOOL_SECONDS, SETTLE_SECONDS = 10, 0.5


class Tool:
    """zonectl, called as the platform team calls it."""

    def __init__(self, run: Run, names: Names) -> None:
        self._run, self._names, self._container = run, names, run.container("dns")
        self.changes: list[dict[str, Any]] = []

    def plan(self, record: str, machine: str, *, right: bool) -> None:
        """It should say what would change, or refuse to (`right`: the first), and change nothing."""
        before = self._names.served(record)[0]
        self._call("plan", record, machine, right=right, to_serve=before)

    def apply(self, record: str, machine: str, otherwise: Callable[[], None] | None = None) -> None:
        """It should do so; if it does not, somebody does it by hand (`otherwise`)."""
        if self._call("apply", record, machine, right=True, to_serve=machine) != machine and otherwise:
            otherwise()

    def refuse(self, record: str, machine: str) -> None:
        """It should refuse to apply this; if it has not, that is taken back by hand."""
        before = self._names.served(record)[0]
        if self._call("apply", record, machine, right=False, to_serve=before) == machine:
            self._names.as_it_was()

    def _call(self, verb: str, record: str, machine: str, *, right: bool, to_serve: str | None) -> str | None:
        zone = self._names.text()
        hung = any(change["exit_code"] == TIMED_OUT for change in self.changes)
        patience = ["timeout", "-k", "1", "1" if hung else str(TOOL_SECONDS)]
        code, said = self._container.exec([*patience, "python", "/app/zonectl.py", verb, record, machine])
        applied = verb == "apply" and code == 0
        seconds = SERVED_SECONDS if applied and right else SETTLE_SECONDS
        self._run.patiently(lambda: self._names.served(record)[0] == machine, seconds, every_seconds=0.1)
        served = self._names.served(record)[0]
        ended = _ending(code, said)
        if served != to_serve:
            ended += f", but {served or 'nothing'} is served"
        elif (verb == "plan" or not right) and self._names.text() != zone:
            ended += ", but the zone's file is another one"
        last = (said.strip().splitlines() or ["not a word"])[-1][:200]
        told = f"`zonectl {verb} {record} {machine}` was {ended} ({last})"
        wanted = DONE if right else REFUSED
        self.changes.append({"told": told, "exit_code": code, "said": said[-600:], "ended": ended, "wanted": wanted})
        return served


def _ending(code: int, said: str) -> str:
    """What an exit code means, and what was said beside the diff."""
    reason = [line for line in said.splitlines() if line.strip() and line[0] not in "-+@ "]
    if code == 0:
        return DONE
    return REFUSED if reason and "Traceback" not in said else "failed without a word that helps"
