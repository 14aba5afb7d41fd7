"""Which files does a run judge: the student's own, or a submission laid over the shipped ones?"""

from __future__ import annotations

from pathlib import Path

from harness.errors import OutageError
from harness.lab import files, work
from harness.lab.manifest import Lab


def snapshot(lab: Lab, to: Path, overlay: Path | None = None) -> Path:
    """Copy the files that are judged to a folder: the student's own, or a submission laid over broken/."""
    source = submitted(lab, overlay) if overlay else work.own(lab)
    for name, content in source.items():
        files.replace(to / name, content)
    files.open_folders(to)
    return to


def submitted(lab: Lab, overlay: Path) -> dict[str, bytes]:
    """A submission's files over those of broken/; OutageError if it holds anything else, or nothing."""
    if not overlay.is_dir():
        raise OutageError(f"{overlay}: there is no such folder of files to check.")
    allowed = files.editable(lab)
    given = files.names(overlay)
    strange = sorted(set(given) - set(allowed))
    if strange or not given:
        what = f"has {strange[0]!r}" if strange else "is empty"
        raise OutageError(f"{overlay}: a submission may hold {', '.join(allowed)}, and nothing else. This one {what}.")
    found = {name: (lab.broken / name).read_bytes() for name in allowed}
    for name in given:
        content = files.read(overlay, name)
        if content is not None:
            found[name] = content
    if sum(map(len, found.values())) > files.MOST_BYTES:
        raise OutageError(f"{overlay}: the files are larger than 1 MiB together. Code of a lab is a few hundred lines.")
    return found
