"""Which versions of a lab's editable files are there: as shipped, each right fix, each decoy?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ManifestError, OutageError
from harness.lab import files, patches
from harness.lab.manifest import Lab
from harness.lab.patches import Decoy, Files

AS_SHIPPED, STUDENT = "as shipped", "student"
BROKEN, FIXES = "broken", "fixes/"


@dataclass(frozen=True)
class Variant:
    """One version of a lab's editable files."""

    lab: Lab
    kind: str
    """`shipped`, `fix` or `decoy`."""
    short: str
    """The name of the fix or decoy; empty as shipped."""

    @property
    def name(self) -> str:
        """`as shipped`, `fix lease`, `decoy bigger-pool`."""
        return f"{self.kind} {self.short}" if self.short else AS_SHIPPED

    @property
    def file_name(self) -> str:
        """The same as a part of a file's name."""
        return self.name.replace(" ", "-")

    @property
    def caught_by(self) -> str | None:
        """The check that must fail; None if none may."""
        if self.kind == "fix":
            return None
        return decoy(self.lab, self.short).caught_by if self.kind == "decoy" else self.lab.symptom

    def files(self) -> Files:
        """All of the lab's editable files in this version."""
        if self.kind == "decoy":
            found = decoy(self.lab, self.short)
            path = _patch(self.lab, self.short)
            return patches.applied(base(self.lab, found.base, path), found.diff, path)
        return base(self.lab, FIXES + self.short if self.kind == "fix" else BROKEN, self.lab.folder)


def of(lab: Lab) -> list[Variant]:
    """As shipped, every fix, every decoy."""
    fixes = [Variant(lab, "fix", path.name) for path in sorted(lab.fixes.glob("*")) if path.is_dir()]
    decoys = [Variant(lab, "decoy", path.stem) for path in sorted(lab.decoys.glob("*.patch"))]
    return [Variant(lab, "shipped", ""), *fixes, *decoys]


def named(lab: Lab, name: str) -> Variant:
    """The variant of this name (`fix lease`, `lease`, `broken`); OutageError names the nearest."""
    spelled = name.replace("_", "-").replace("/", " ").strip()
    known = {alias: variant for variant in of(lab) for alias in _aliases(variant)}
    if spelled in known:
        return known[spelled]
    near = difflib.get_close_matches(spelled, known, n=1, cutoff=0.4)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    every = ", ".join(variant.name for variant in of(lab))
    raise OutageError(f"{lab.slug} has no variant {name!r}.{guess} It has: {every}.")


def _aliases(variant: Variant) -> Iterator[str]:
    yield from (variant.name, variant.file_name)
    if variant.short:
        yield from (variant.short, f"{variant.kind}es {variant.short}", f"{variant.kind}s {variant.short}")
    else:
        yield from (BROKEN, "shipped")


def decoy(lab: Lab, name: str) -> Decoy:
    """What the decoy's patch says."""
    return patches.read(_patch(lab, name))


def _patch(lab: Lab, name: str) -> Path:
    return lab.decoys / f"{name}.patch"


def base(lab: Lab, name: str, where: Path) -> Files:
    """The files that a patch starts from: `broken`, or a fix laid over it; ManifestError if there is no such base."""
    shipped = files.texts(lab.broken)
    if name == BROKEN:
        return shipped
    folder = lab.fixes / name.removeprefix(FIXES)
    if not name.startswith(FIXES) or not folder.is_dir():
        raise ManifestError(f"{where}: the base {name!r} is neither `broken` nor `fixes/<name>` of a known fix.")
    return shipped | files.texts(folder)


def write(found: Files, to: Path) -> None:
    """Write these files below a folder."""
    for name, text in found.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        (to / name).write_text(text, encoding="utf-8", newline="\n")
