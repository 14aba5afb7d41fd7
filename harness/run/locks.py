"""Which runs live, which are kept, and what has each noted of itself?

Each run holds a locked file that is named after it; the system lets go of the lock when the process dies, however it
dies. What the file says is written before anything else of the run is made, so that nothing is ever nobody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from harness import paths
from harness.setup import places


@dataclass(frozen=True)
class Note:
    """What a run has written into its lock."""

    project: str
    """The run's name, and Docker's name for its stack."""
    slug: str = ""
    purpose: str = ""
    """`lab`, `check` or `prove`."""
    folder: str = ""
    """Where its record is, or will be."""
    process: int = 0
    since: str = ""
    """The time of the day when it began."""

    @property
    def told(self) -> str:
        """As a message names it: `check of queue-lag (process 4711, since 12:03:04)`."""
        return f"{self.purpose or 'run'} of {self.slug or self.project} (process {self.process}, since {self.since})"


@contextlib.contextmanager
def door() -> Iterator[None]:
    """While it is held nobody else claims a name, or looks who lives: no lock is seen before it is locked."""
    with _said():
        paths.locks().mkdir(parents=True, exist_ok=True)
        handle = os.open(paths.locks(), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """A folder that cannot be used is one message: which, why, what helps."""
    try:
        yield
    except OSError as problem:
        raise places.explained(problem, paths.locks()) from problem


def take(note: Note) -> IO[str]:
    """A new lock with this note, held as long as the file is open; call it with the door held."""
    with _said():
        file = _lock(note.project).open("x", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        json.dump(asdict(note), file)
        file.flush()
    return file


def note_of(project: str) -> Note:
    """What the run has noted; a note of nothing where its lock is gone or was not written to its end."""
    try:
        said = json.loads(_lock(project).read_text(encoding="utf-8"))
        return Note(**(said | {"project": project}))
    except (OSError, ValueError, TypeError):
        return Note(project)


def known() -> list[str]:
    """Runs that have a lock, alive or not, the oldest name first."""
    return sorted(path.stem for path in paths.locks().glob("*.lock") if path.is_file())


def alive(project: str) -> bool:
    """The process of this run lives; call it with the door held."""
    try:
        with _lock(project).open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def living(slug: str | None = None) -> list[Note]:
    """The runs that live, of one lab or of all; call it with the door held."""
    notes = [note_of(project) for project in known() if alive(project)]
    return [note for note in notes if slug in (None, note.slug)]


def live(slug: str | None = None) -> list[Note]:
    """The runs that live, of one lab or of all."""
    if not paths.locks().is_dir():
        return []
    with door():
        return living(slug)


def keep(project: str, slug: str) -> None:
    """Mark the run's stack as left up on purpose."""
    with _said():
        _mark(project).write_text(slug, encoding="utf-8")


def is_kept(project: str) -> bool:
    """The run's stack was left up on purpose."""
    return _mark(project).exists()


def kept(slug: str | None = None) -> list[str]:
    """Projects that were left up on purpose, of one lab or of all, oldest first."""
    marks = [path for path in paths.locks().glob("*.kept") if path.is_file()]
    marks.sort(key=lambda path: path.stat().st_mtime)
    return [path.stem for path in marks if slug is None or path.read_text(encoding="utf-8", errors="replace") == slug]


def forget(project: str) -> None:
    """Remove the run's lock and mark."""
    for path in (_mark(project), _lock(project)):
        path.unlink(missing_ok=True)


def _lock(project: str) -> Path:
    return paths.locks() / f"{project}.lock"


def _mark(project: str) -> Path:
    return paths.locks() / f"{project}.kept"
