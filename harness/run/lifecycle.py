"""How does a run begin and end so that nothing of it is left, whatever ends it, and nothing of another is touched?"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from harness import paths
from harness.errors import DockerError, OutageError
from harness.paths import VERDICT_FILE
from harness.run import engine, locks
from harness.run.locks import Note, kept, live
from harness.run.signals import unbroken, undisturbed

LAB = "lab"
PROCESSES = Path("/proc")
ASKED_SECONDS = 0.5
"""So long Docker may still be at what a helper had asked for before it was ended."""


class Claim:
    """A live run's hold on its name and on the folder of its record."""

    _held: ClassVar[list[Claim]] = []
    """Those of this process."""

    def __init__(self, slug: str, purpose: str = "check", within: Path | None = None) -> None:
        """Choose a name for a run of this lab and hold it. `within`: where its record goes, if not among the lab's own.

        Of a lab one stack is kept at a time: while another process brings one up this raises OutageError, and what was
        kept before is taken down.
        """
        self.slug = slug
        self.run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        self.project = f"outage-{slug}-{self.run_id}"
        self.folder = (within or paths.runs_of(slug)) / self.run_id
        note = Note(self.project, slug, purpose, str(self.folder), os.getpid(), time.strftime("%H:%M:%S"))
        with unbroken(), locks.door():
            if purpose == LAB:
                _require_free(slug)
            self._file = locks.take(note)
            self._held.append(self)
        if purpose == LAB:
            for project in kept(slug):
                bring_down(project)

    def keep(self) -> None:
        """Let the stack stay up after this process: `down` or the next `lab` removes it."""
        locks.keep(self.project, self.slug)

    def release(self) -> None:
        """End the hold; what is not kept is fair game for the next sweep."""
        if not locks.is_kept(self.project):
            _remove_unfinished(self.project)
            locks.forget(self.project)
        self._file.close()
        if self in self._held:
            self._held.remove(self)

    @classmethod
    def release_all(cls) -> None:
        """What this process still holds when it ends, because something ended a run before it had begun."""
        for claim in list(cls._held):
            with contextlib.suppress(DockerError):
                if not locks.is_kept(claim.project):
                    bring_down(claim.project)
                claim.release()


def _require_free(slug: str) -> None:
    for note in locks.living(slug):
        if note.purpose == LAB:
            raise OutageError(
                f"A stack of {slug} is coming up already: {note.told}.\n"
                "What next: look around in that one when it is up, or end it with Ctrl-C where it was started."
            )


def home() -> str:
    """What marks everything made from this checkout, and nothing else."""
    return str(paths.runs_root())


def bring_down(project: str) -> None:
    """Remove everything of this run and forget it; its record too, if it never came to a verdict."""
    ended = _end_helpers(project)
    _remove(project)
    if _end_helpers(project) or ended:
        time.sleep(ASKED_SECONDS)
        _remove(project)
    _remove_unfinished(project)
    locks.forget(project)


def _remove(project: str) -> None:
    engine.remove(outage_home=home(), outage_helps=project)
    engine.remove(outage_home=home(), outage_run=project)


def _end_helpers(project: str) -> bool:
    """End what still works for this run, as the `docker compose` of one that was killed; whether there was any.

    A program that is just being started has no environment yet, for a blink: it is found when you look again.
    """
    mark, ended = f"OUTAGE_RUN={project}\0".encode(), False
    for path in PROCESSES.glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)
                ended = True
    return ended


def _remove_unfinished(project: str) -> None:
    folder = locks.note_of(project).folder
    if folder and not (Path(folder) / VERDICT_FILE).exists():
        shutil.rmtree(folder, ignore_errors=True)


_tidied: list[str] = []


def sweep() -> list[str]:
    """Remove what dead runs of this checkout left; the names of those that this command has removed."""
    dead = _dead(_projects())
    for project in dead:
        bring_down(project)
    _forget_vanished()
    return [*_tidied, *dead]


def _forget_vanished() -> None:
    """Kept stacks whose containers somebody removed by hand."""
    if not kept():
        return
    with locks.door():
        left = [project for project in kept() if not locks.alive(project)]
    there = _runs_of(engine.containers(outage_home=home()))
    for project in left:
        if project not in there:
            bring_down(project)


def tidy() -> list[str]:
    """The same before any command: Docker is asked only where a lock tells of a dead run, and it may be away."""
    dead = _dead(set(locks.known())) if paths.locks().is_dir() else []
    try:
        for project in dead:
            bring_down(project)
    except (OutageError, OSError):
        return []
    _tidied[:] = dead
    return dead


def _dead(projects: set[str] | list[str]) -> list[str]:
    """Those that nobody works on and nobody has kept. A run is first kept and then let go of: asked in this order."""
    if not projects:
        return []
    with locks.door():
        return [project for project in sorted(projects) if not locks.alive(project) and not locks.is_kept(project)]


def _projects() -> set[str]:
    things = [*engine.networks(outage_home=home()), *engine.containers(outage_home=home())]
    return set(locks.known()) | _runs_of(things)


def _runs_of(things: list[dict[str, Any]]) -> set[str]:
    """The runs that they belong to, or that they help for a blink."""
    names = (engine.LABEL_RUN, engine.LABEL_HELPS)
    return {thing["Labels"][name] for thing in things for name in names if name in thing["Labels"]}


def clear() -> list[Note]:
    """Remove every stack that was kept, and every record but those of runs that live; the runs that live."""
    sweep()
    for project in kept():
        bring_down(project)
    with locks.door():
        living = locks.living()
        spared = {Path(note.folder) for note in living}
        for path in paths.runs_root().glob("*"):
            if path != paths.locks() and not _set_up_is_at_work(path):
                _remove_but(spared, path)
    return living


def _remove_but(spared: set[Path], path: Path) -> None:
    if path in spared:
        return
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    elif any(folder.is_relative_to(path) for folder in spared):
        for inner in path.iterdir():
            _remove_but(spared, inner)
    else:
        shutil.rmtree(path)


def _set_up_is_at_work(path: Path) -> bool:
    lock = path / "lock"
    if path.name != ".setup" or not lock.exists():
        return False
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end a run the way Ctrl-C does: through its clean-up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        with undisturbed():
            Claim.release_all()
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


__all__ = ["Claim", "bring_down", "clear", "home", "interruptible", "kept", "live", "sweep", "tidy", "undisturbed"]
