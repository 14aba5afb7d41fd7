"""What is the student's own: the copy of broken/ in work/<slug>/, and what was changed in it?"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from pathlib import Path

from harness import paths
from harness.errors import OutageError
from harness.lab import files, patches
from harness.lab.manifest import Lab

SHIPPED = ".shipped"
"""In work/<slug>/: a digest of broken/ as it was when the copy was made."""


def shown(lab: Lab, name: str) -> str:
    """The student's file of this name, as the student would type it."""
    return paths.shown(lab.work / name)


def prepare(lab: Lab) -> bool:
    """Make work/<slug> from broken/ if it is not there; whether it was made. What is there is never overwritten."""
    if lab.work.exists() or lab.work.is_symlink():
        return False
    draft = lab.work.with_name(f".{lab.slug}-{os.getpid()}")
    with files.explained(paths.work_root()):
        shutil.rmtree(draft, ignore_errors=True)
        _copy_shipped(lab, draft)
        try:
            draft.rename(lab.work)
        except OSError:
            if not lab.work.is_dir():  # else another command was quicker
                raise
            shutil.rmtree(draft)
    return True


def _copy_shipped(lab: Lab, to: Path) -> None:
    for name in files.editable(lab):
        files.replace(to / name, (lab.broken / name).read_bytes())
    files.replace(to / SHIPPED, digest(lab).encode())
    files.open_folders(to)


def digest(lab: Lab) -> str:
    """Changes when a file of broken/ does."""
    shipped = ((name, (lab.broken / name).read_bytes()) for name in files.editable(lab))
    said = b"".join(hashlib.sha256(name.encode() + b"\0" + content).digest() for name, content in shipped)
    return hashlib.sha256(said).hexdigest()


def shipped_has_changed(lab: Lab) -> bool:
    """Whether broken/ is not as it was when the student's copy was made: an update, or an edit in the wrong place."""
    try:
        return (lab.work / SHIPPED).read_text(encoding="ascii") != digest(lab)
    except (OSError, ValueError):
        return False


def told_of_shipped(lab: Lab) -> str:
    """What to say where it has changed."""
    mine, shipped = paths.shown(lab.work), paths.shown(lab.broken)
    return (
        f"{shipped} has changed since your copy was made: by an update, or by an edit in the wrong place. "
        f"Put it back if it was an edit. Your files are in {mine}."
    )


def require_present(lab: Lab) -> None:
    """OutageError if one of the student's files is gone, is no file, or cannot be read by the services."""
    for name in files.editable(lab):
        content = files.read(lab.work, name)
        if content is None:
            raise _gone(lab, name)
        if not (lab.work / name).stat().st_mode & 0o004:
            raise OutageError(
                f"{shown(lab, name)}: only you may read this file, but the service runs as another user. "
                f"What next: chmod -R o+rX {paths.shown(lab.work)}"
            )


def _gone(lab: Lab, name: str) -> OutageError:
    return OutageError(
        f"{shown(lab, name)} is gone.\nWhat next: cp {paths.shown(lab.broken / name)} {shown(lab, name)} brings it "
        f"back as shipped (make reset-{lab.slug} does so with all of your files)."
    )


def strangers(lab: Lab) -> list[str]:
    """Files beside the student's own that no service gets."""
    return sorted(set(files.names(lab.work)) - set(files.editable(lab))) if lab.work.is_dir() else []


def changed(lab: Lab) -> list[str]:
    """Names of the student's files that differ from broken/."""
    return [name for name in files.editable(lab) if _content(lab, name) != (lab.broken / name).read_bytes()]


def _content(lab: Lab, name: str) -> bytes | None:
    """The file's content; None also where it is a link, or something else that no service gets."""
    try:
        return files.read(lab.work, name)
    except OutageError:
        return None


def as_shipped(lab: Lab) -> bool:
    """Whether the student's files are those of broken/."""
    return not changed(lab)


def diff(lab: Lab) -> str:
    """What the student has changed, as a unified diff; empty where that is nothing."""
    contents = {name: _content(lab, name) for name in files.editable(lab)}
    after = {name: content.decode(errors="replace") for name, content in contents.items() if content is not None}
    return patches.difference(files.texts(lab.broken), after)


def reset(lab: Lab, keep_in: Path) -> tuple[list[str], Path]:
    """Copy broken/ over the student's files; the names that had changed, and the folder in which all are kept.

    The folders stay the same, so that a stack that is up serves the files as shipped.
    """
    differing = changed(lab)
    with files.explained(lab.work):
        kept = keep_in / f"reset-{time.strftime('%Y%m%d-%H%M%S')}"
        shutil.copytree(lab.work, kept, symlinks=True, ignore=_special, dirs_exist_ok=True)
        for name in files.editable(lab):
            _clear_way(lab.work, name)
        _copy_shipped(lab, lab.work)
    return differing, kept


def own(lab: Lab) -> dict[str, bytes]:
    """The student's files; OutageError if one of them is gone, is no file, or if all are too large together."""
    found = {}
    for name in files.editable(lab):
        content = files.read(lab.work, name)
        if content is None:
            raise _gone(lab, name)
        found[name] = content
    return found


def _special(folder: str, entries: list[str]) -> list[str]:
    """Pipes and sockets, which cannot be copied."""
    modes = {name: os.lstat(os.path.join(folder, name)).st_mode for name in entries}  # noqa: PTH118
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [name for name, mode in modes.items() if not any(kind(mode) for kind in kinds)]


def _clear_way(root: Path, name: str) -> None:
    """Take away links among the folders on the way to this file, and whatever stands in its place."""
    parts = Path(name).parts
    for depth in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        last = depth == len(parts)
        if path.is_symlink() or (path.exists() and path.is_dir() == last):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
