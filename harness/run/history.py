"""Where does each run's record stand, and what did earlier runs say?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import paths
from harness.errors import OutageError
from harness.judge import store
from harness.judge.recording import Recording
from harness.judge.verdict import UNKNOWN
from harness.lab.variants import AS_SHIPPED
from harness.paths import RECORDING_FILE, VERDICT_FILE
from harness.setup import places

KEPT_RUNS = 20
LATEST = "latest"


def new_folder(folder: Path) -> Path:
    """Make the folder of a run's record; the lab's own beyond the last twenty are removed, the oldest first."""
    with _said(folder):
        folder.mkdir(parents=True)
    if folder.parent.parent == paths.runs_root():
        _forget_old(folder.parent.name)
    return folder


def _forget_old(slug: str) -> None:
    for old in runs(slug)[:-KEPT_RUNS]:
        if old != shipped_run(slug):
            shutil.rmtree(old, ignore_errors=True)


def runs(slug: str) -> list[Path]:
    """Folders of finished runs of this lab, oldest first."""
    return sorted(path.parent for path in paths.runs_of(slug).glob(f"*/{VERDICT_FILE}") if not path.parent.is_symlink())


def finish(folder: Path, recorded: dict[str, Any], judged: dict[str, Any]) -> None:
    """Write recording and verdict, and let `latest` name this run if it is among the lab's own."""
    _write(folder / RECORDING_FILE, recorded)
    _write(folder / VERDICT_FILE, judged)
    if folder.parent != paths.runs_of(recorded["lab"]):
        return  # part of a proof
    latest = folder.parent / LATEST
    fresh = folder.parent / f".latest-{folder.name}"
    with _said(fresh):
        fresh.symlink_to(folder.name)
        fresh.replace(latest)


def _write(path: Path, content: dict[str, Any]) -> None:
    """The whole file or none of it: a full disk leaves no half of a verdict."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with _said(path):
        try:
            fresh.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    """A place that cannot be written is one message: which, why, what helps."""
    try:
        yield
    except OSError as problem:
        raise places.explained(problem, path) from problem


def read(path: Path) -> dict[str, Any] | None:
    """A JSON file of a run; None if it is missing, not whole, or no file at all."""
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def last_run(slug: str) -> Path | None:
    """The folder of the last finished run of this lab: the one that `latest` names, however the clock was set since."""
    finished = runs(slug)
    latest = (paths.runs_of(slug) / LATEST).resolve()
    return latest if latest in finished else finished[-1] if finished else None


def last_verdict(slug: str) -> dict[str, Any] | None:
    """What the last finished run of this lab was judged to be; None without one, OutageError where it is damaged."""
    folder = last_run(slug)
    if folder is None:
        return None
    judged = read(folder / VERDICT_FILE)
    if judged is None or not _is_verdict(judged):
        raise OutageError(
            f"{paths.shown(folder / VERDICT_FILE)} is not what a run writes: it was changed or is damaged.\n"
            f"What next: `make check-{slug}` writes a new one."
        )
    return judged


def _is_verdict(content: dict[str, Any]) -> bool:
    checks = content.get("checks")
    return isinstance(content.get("verdict"), str) and isinstance(checks, list) and all(map(_is_result, checks))


def _is_result(check: object) -> bool:
    return isinstance(check, dict) and all(isinstance(check.get(key), str) for key in ("name", "outcome"))


def shipped_run(slug: str) -> Path | None:
    """The last judged run of the lab as it is shipped."""
    for folder in reversed(runs(slug)):
        judged = read(folder / VERDICT_FILE) or {}
        if judged.get("variant") == AS_SHIPPED and judged.get("verdict") != UNKNOWN:
            return folder
    return None


def shipped_recording(slug: str) -> Recording | None:
    """The recording of that run; None also where an older version of Outage Lab made it."""
    folder = shipped_run(slug)
    try:
        return store.load(folder / RECORDING_FILE) if folder else None
    except OutageError:
        return None


class Progress:
    """What a student has done with a lab: hints seen, solved or not."""

    def __init__(self, slug: str) -> None:
        """Read it; a lab that was never run has none."""
        self._path = paths.state_of(slug)
        self._state = read(self._path) or {}

    @property
    def solved(self) -> bool:
        """Whether a check of the student's own files has said FIXED."""
        return bool(self._state.get("solved"))

    @property
    def tried(self) -> bool:
        """Whether the lab has ever been run here."""
        return bool(self._state.get("tried"))

    def note(self, *, solved: bool) -> None:
        """A run of the student's files is over."""
        self._save(tried=True, solved=self.solved or solved)

    def hints_seen(self, check: str) -> int:
        """How many hints of this check were shown."""
        seen = self._hints().get(check, 0)
        return seen if isinstance(seen, int) else 0

    def saw_hint(self, check: str, count: int) -> None:
        """So many hints of this check have been shown."""
        self._save(hints=self._hints() | {check: count})

    def _hints(self) -> dict[str, Any]:
        hints = self._state.get("hints")
        return hints if isinstance(hints, dict) else {}

    def _save(self, **changes: Any) -> None:
        self._state |= changes
        with _said(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        _write(self._path, self._state)
