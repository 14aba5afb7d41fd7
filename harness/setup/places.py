"""May this be written where it stands, and if not, what is in the way and what helps?"""

from __future__ import annotations

import errno
import os
import pwd
import resource
import shutil
import stat
from pathlib import Path
from typing import TypeGuard

from harness import paths
from harness.errors import OutageError

FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM)
TOO_MANY = (errno.EMFILE, errno.ENFILE)


class PlaceError(OutageError):
    """A file or folder cannot be used: which, why, and what to do next."""


def explained(problem: OSError, where: Path | None = None) -> PlaceError:
    """The one message for a file or folder that could not be used; `where` in case the error names none."""
    path = Path(os.fsdecode(problem.filename)) if problem.filename else where or paths.runs_root()
    return PlaceError(_explanation(problem, path))


def is_of_a_place(problem: Exception) -> TypeGuard[OSError]:
    """Whether it is about a file, a folder or the output; connections that fail are OSErrors too."""
    known = (*FULL, *REFUSED, *TOO_MANY, errno.EROFS, errno.EPIPE)
    return isinstance(problem, OSError) and (problem.filename is not None or problem.errno in known)


def _explanation(problem: OSError, path: Path) -> str:
    if problem.errno == errno.EPIPE:
        return "Nobody reads the output any more: the program behind the pipe has ended."
    name, at = paths.shown(path), _nearest(path)
    if problem.errno in REFUSED:
        return f"{name} cannot be used: {_owned(at)}.\nWhat next: {_way_in(at)}."
    if problem.errno == errno.EROFS:
        return (
            f"{name} cannot be written: its file system is read-only.\n"
            "What next: name folders that can be written: "
            "OUTAGE_RUNS=/folder/for/runs OUTAGE_WORK=/folder/for/your/files before the command."
        )
    if problem.errno in FULL:
        return (
            f"{name} cannot be written: the disk is full ({_free_mib(at)} MiB are free at {at}).\n"
            "What next: make room. `make clean` removes the records of runs, `docker system df` shows what Docker uses."
        )
    if problem.errno in TOO_MANY:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return f"Too many files are open: this shell allows {soft}.\nWhat next: `ulimit -n 4096`, then again."
    return f"{name}: {problem.strerror or problem}."


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    return next((one for one in (path, *path.parents) if os.access(one, os.F_OK)), Path("/"))


def _owned(at: Path) -> str:
    owner, user = owner_of(at), user_name(os.geteuid())
    mode = f"{at.stat().st_mode & 0o777:o}"
    if owner != user:
        return f"{paths.shown(at)} belongs to {owner} (mode {mode}), and you are {user}"
    return f"{paths.shown(at)} is yours, but its mode {mode} does not allow it"


def _way_in(at: Path) -> str:
    """What lets this user in: the whole of our folder, not file after file."""
    folder = next((one for one in _ours() if at.is_relative_to(one) and one.exists()), at)
    user = user_name(os.geteuid())
    if owner_of(at) == user:
        return f"`chmod -R u+rwX {paths.shown(folder)}`, then again"
    return f"`sudo chown -R {user} {paths.shown(folder)}`, or {_other(at)}; then again"


def _ours() -> tuple[Path, ...]:
    return paths.runs_root(), paths.work_root(), paths.ROOT / ".venv", paths.ROOT


def _other(at: Path) -> str:
    """Where this user may work without taking anything over."""
    if at.is_relative_to(paths.runs_root()):
        return "name a folder of your own with OUTAGE_RUNS=…"
    if at.is_relative_to(paths.work_root()):
        return "name a folder of your own with OUTAGE_WORK=…"
    return "work in a checkout of your own"


def owner_of(path: Path) -> str:
    """The name of the user that a file belongs to; the number where it has no name here."""
    return user_name(path.stat().st_uid)


def user_name(number: int) -> str:
    """The name of a user, or the number where it has none on this machine."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _free_mib(at: Path) -> int:
    return shutil.disk_usage(at).free // 2**20


def require_mountable(*folders: Path) -> None:
    """PlaceError where a folder has a name that Docker Compose and Python's environments cannot take."""
    for folder in folders:
        if odd := next((sign for sign in (":", "\n", "\r") if sign in str(folder)), ""):
            raise PlaceError(
                f"{str(folder)!r} has {odd!r} in its name: Docker Compose cannot mount it, and Python makes no virtual "
                "environment there.\n"
                "What next: move or clone the repository to a folder without it, then again. Nothing was started."
            )


def require_readable(folder: Path) -> None:
    """PlaceError where a file that services read is closed to other users than its owner."""
    for path in (folder, *folder.rglob("*")):
        wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        if not path.is_symlink() and path.stat().st_mode & wanted != wanted:
            raise PlaceError(
                f"{paths.shown(path)} cannot be read by others, and services run as users of their own.\n"
                f"What next: `chmod -R o+rX {paths.shown(folder)}`, then again."
            )


def all_of_ours() -> tuple[Path, ...]:
    """The folders that are mounted or written: the checkout, labs, runs, the student's files."""
    return paths.ROOT, paths.labs_root(), paths.runs_root(), paths.work_root()


def require_writable(folder: Path) -> None:
    """PlaceError where this folder, or the one that it will be made in, cannot be written."""
    if problem := writable(folder):
        raise PlaceError(problem)


def writable(folder: Path) -> str:
    """Why this folder, or the one that it will be made in, cannot be written; empty if it can."""
    at = _nearest(folder)
    if os.statvfs(at).f_flag & os.ST_RDONLY:
        return str(explained(OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))))
    if not os.access(at, os.W_OK | os.X_OK):
        return str(explained(OSError(errno.EACCES, os.strerror(errno.EACCES), str(at))))
    return ""
