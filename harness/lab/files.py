"""How are a lab's files found, read and written without following a link?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from harness import paths
from harness.errors import OutageError
from harness.lab.manifest import Lab
from harness.lab.patches import Files

READABLE_FILE, READABLE_FOLDER = 0o644, 0o755
MOST_BYTES = 1024 * 1024
"""Of one file, and of all files of a submission together."""
NOT_CODE = ("__pycache__", ".ipynb_checkpoints", ".idea", ".vscode")
NOT_CODE_ENDS = ("~", ".pyc", ".swp", ".swo", ".bak", ".orig", ".tmp")


def names(folder: Path) -> list[str]:
    """Names of what lies below the folder and is no folder, with forward slashes; no editor's or system's files."""
    return sorted(path.relative_to(folder).as_posix() for path in _walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") or entry.name in NOT_CODE or entry.name.endswith(NOT_CODE_ENDS):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def texts(folder: Path) -> Files:
    """The texts of the files below a folder of the lab."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in names(folder)}


def editable(lab: Lab) -> list[str]:
    """Names of the files that a student may edit: those of broken/."""
    return names(lab.broken)


def read(root: Path, name: str) -> bytes | None:
    """A plain file's content; None if it is not there, OutageError if it is something else or too large."""
    path = root / name
    for part in [*reversed(path.parents[: len(Path(name).parts) - 1]), path]:
        if part.is_symlink():
            raise OutageError(f"{paths.shown(part)} is a link. What next: put a plain file there.")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise OutageError(f"{paths.shown(path)} cannot be read: {problem.strerror}. What next: ls -l it.") from problem
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OutageError(f"{paths.shown(path)} is no plain file. What next: put a plain file there.")
    with os.fdopen(handle, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OutageError(f"{paths.shown(path)} is larger than 1 MiB. Code of a lab is a few hundred lines.")
    return content


def replace(path: Path, content: bytes) -> None:
    """Put a new file there; a link, or a link among its folders, makes way and what it leads to is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.write_bytes(content)
    draft.chmod(READABLE_FILE)
    draft.replace(path)


def open_folders(top: Path) -> None:
    """Let every user read the folders below `top`, and `top` itself: services run as users of their own."""
    for folder in [top, *(path for path in top.rglob("*") if path.is_dir() and not path.is_symlink())]:
        folder.chmod(READABLE_FOLDER)


class explained:  # noqa: N801 - used as a verb
    """Errors of the file system become one message: what, where, what next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, OSError) and not isinstance(problem, OutageError):
            where = paths.shown(Path(str(problem.filename or self._folder)))
            raise OutageError(
                f"{where}: {problem.strerror}. What next: see that you own {paths.shown(self._folder)} and that the "
                "disk has room (make doctor)."
            ) from problem
