"""Which runs are alive, which are kept, and what did dead ones leave behind?"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

from harness import paths
from harness.run import engine
from harness.paths import VERDICT_FILE


class Claim:
    """A live run's hold on its name: a locked file that the system lets go of when the process dies."""

    def __init__(self, slug: str) -> None:
        """Choose a name for a run of this lab and hold it."""
        self.slug = slug
        self.run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        self.project = f"outage-{slug}-{self.run_id}"
        self._file = _locked(_lock_file(self.project))

    def own(self, folder: Path) -> None:
        """Note the run's folder: it is removed with the run if the process dies before the verdict is written."""
        self._file.write(str(folder))
        self._file.flush()

    def keep(self) -> None:
        """Let the stack stay up after this process: `down` or the next `lab` removes it."""
        _kept_file(self.project).write_text(self.slug, encoding="utf-8")

    def release(self) -> None:
        """End the hold; what is not kept is fair game for the next sweep."""
        if not _kept_file(self.project).exists():
            _remove_unfinished(_lock_file(self.project))
            _lock_file(self.project).unlink(missing_ok=True)
        self._file.close()


def _locked(path: Path) -> IO[str]:
    """A new file that nobody ever sees unlocked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    file = draft.open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    draft.rename(path)
    return file


def _lock_file(project: str) -> Path:
    return paths.locks() / f"{project}.lock"


def _kept_file(project: str) -> Path:
    return paths.locks() / f"{project}.kept"


def home() -> str:
    """What marks everything made from this checkout, and nothing else."""
    return str(paths.runs_root())


def kept(slug: str | None = None) -> list[str]:
    """Projects that were left up on purpose, of one lab or of all, oldest first."""
    files = sorted(paths.locks().glob("*.kept"), key=lambda path: path.stat().st_mtime)
    return [path.stem for path in files if slug is None or path.read_text(encoding="utf-8") == slug]


def bring_down(project: str) -> None:
    """Remove everything of this run and forget it; its record too, if it never came to a verdict."""
    engine.remove(outage_home=home(), outage_run=project)
    _remove_unfinished(_lock_file(project))
    _kept_file(project).unlink(missing_ok=True)
    _lock_file(project).unlink(missing_ok=True)


def _remove_unfinished(lock: Path) -> None:
    folder = lock.read_text(encoding="utf-8") if lock.exists() else ""
    if folder and not (Path(folder) / VERDICT_FILE).exists():
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> list[str]:
    """Remove what dead runs of this checkout left; the runs' names."""
    dead = [project for project in sorted(_projects()) if not _kept_file(project).exists() and not _alive(project)]
    for project in dead:
        bring_down(project)
    _forget_vanished()
    return dead


def _projects() -> set[str]:
    networks = engine.client().api.networks(filters={"label": f"{engine.LABEL_HOME}={home()}"})
    locked = {path.stem for path in paths.locks().glob("*.lock")}
    return locked | _runs_of(networks) | _runs_of(engine.containers(outage_home=home()))


def _runs_of(things: list[dict[str, Any]]) -> set[str]:
    """The runs that they belong to; a helper that is there for a blink belongs to none."""
    return {thing["Labels"][engine.LABEL_RUN] for thing in things if engine.LABEL_RUN in thing["Labels"]}


def _alive(project: str) -> bool:
    try:
        with _lock_file(project).open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _forget_vanished() -> None:
    """Kept marks whose containers somebody removed by hand."""
    there = _runs_of(engine.containers(outage_home=home()))
    for project in kept():
        if project not in there:
            bring_down(project)


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
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Clean-up that a second Ctrl-C does not stop half-way."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
