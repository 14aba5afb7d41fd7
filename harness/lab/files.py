"""Which files does a run use: the student's own, or those of a submission laid over the lab?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from harness import paths
from harness.errors import OutageError
from harness.lab.manifest import Lab

NOT_MOUNTED = ("solution", "__pycache__", "README.md")
READABLE_FILE, READABLE_FOLDER = 0o644, 0o755


def snapshot(lab: Lab, to: Path, overlay: Path | None = None) -> Path:
    """Copy the lab's files to a folder (so that edits during the drill change nothing), an overlay laid over them."""
    shutil.copytree(lab.folder, to, ignore=shutil.ignore_patterns(*NOT_MOUNTED))
    if overlay:
        for name in overlaid(lab, overlay):
            shutil.copyfile(overlay / name, to / name)
    for path in [to, *to.rglob("*")]:
        path.chmod(READABLE_FOLDER if path.is_dir() else READABLE_FILE)
    return to


def overlaid(lab: Lab, overlay: Path) -> list[str]:
    """The names of a submission's files; OutageError if one of them is not editable, or if there is none."""
    if not overlay.is_dir():
        raise OutageError(f"{overlay}: there is no such folder of files to check.")
    everything = [path for path in sorted(overlay.rglob("*")) if "__pycache__" not in path.parts]
    found = [path for path in everything if path.is_symlink() or not path.is_dir()]
    names = [path.relative_to(overlay).as_posix() for path in found if not path.is_symlink()]
    strangers = sorted(set(names) - set(lab.editable)) + [str(path) for path in found if path.is_symlink()]
    if strangers or not names:
        what = f"has {strangers[0]}" if strangers else "is empty"
        raise OutageError(f"{overlay}: a submission holds {', '.join(lab.editable)} and nothing else; this one {what}.")
    return names


def require_present(lab: Lab) -> None:
    """OutageError if one of the student's files is gone, or if only its owner may read it."""
    for name in lab.editable:
        path = lab.folder / name
        if not path.is_file():
            raise OutageError(f"{paths.shown(path)} is gone. make reset-{lab.slug} brings it back as shipped.")
        if not path.stat().st_mode & 0o004:
            raise OutageError(
                f"{paths.shown(path)}: only you may read this file, but the service runs as another user. "
                f"`chmod -R o+rX {paths.shown(paths.labs_root())}` mends it."
            )


def changed(lab: Lab) -> list[str] | None:
    """The lab's files that differ from how the lab is shipped, relative to it; None where git cannot tell."""
    listed = _git(lab.folder, "diff", "--name-only", "--relative", _shipped(lab.folder) or "HEAD", "--", ".")
    return None if listed is None else sorted(listed.split("\n")) if listed else []


def strangers(lab: Lab) -> list[str]:
    """Files that were changed, added or removed and are not the student's to edit."""
    added = _git(lab.folder, "ls-files", "--others", "--exclude-standard") or ""
    return [name for name in sorted({*(changed(lab) or []), *added.split("\n")} - {""}) if name not in lab.editable]


def as_shipped(lab: Lab) -> bool:
    """Whether the student's files are as the lab ships them (True where git cannot tell)."""
    return not set(changed(lab) or []) & set(lab.editable)


def reset(lab: Lab) -> list[str]:
    """Put the editable files back as shipped; the names of those that were changed."""
    differing = changed(lab)
    if differing is None:
        raise OutageError(f"{paths.shown(lab.folder)}: git does not know how these files were; nothing was reset.")
    names = [name for name in differing if name in lab.editable]
    for name in names:
        content = _git_bytes(lab.folder, "show", f"{_shipped(lab.folder) or 'HEAD'}:./{name}")
        (lab.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (lab.folder / name).write_bytes(content)
    return names


def diff(lab: Lab) -> str:
    """The student's edits as git shows them; empty where there are none."""
    return _git(lab.folder, "diff", _shipped(lab.folder) or "HEAD", "--", *lab.editable) or ""


def _shipped(folder: Path) -> str | None:
    """The commit that the lab was shipped in: the newest one shared with upstream, so that own commits do not count."""
    return _git(folder, "merge-base", "HEAD", "@{upstream}")


def _git(folder: Path, *args: str) -> str | None:
    try:
        return _git_bytes(folder, *args).decode(errors="replace").strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def _git_bytes(folder: Path, *args: str) -> bytes:
    return subprocess.run(["git", "-C", str(folder), *args], capture_output=True, check=True, timeout=20).stdout
