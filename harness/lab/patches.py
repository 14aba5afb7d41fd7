"""How does a small change of a lab's files become a patch, and a patch a change again?

A decoy's patch is a header of four lines, an empty line, and a unified diff of the files below broken/:

    Base: fixes/lease
    Caught-by: customers_are_served
    Looks-like: the lease; without it, answer at once with an empty product
    Because: customers see pages without a name, at no price
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import whatthepatch
from whatthepatch.exceptions import WhatThePatchException

from harness.errors import ManifestError

Files = dict[str, str]
"""Texts of a lab's editable files by their names relative to broken/, with forward slashes."""

HEADER = ("Base", "Caught-by", "Looks-like", "Because")
NOWHERE = "/dev/null"
CONTEXT_LINES = 2


@dataclass(frozen=True)
class Decoy:
    """A plausible wrong fix, as its patch tells it."""

    name: str
    base: str
    """What the diff starts from: `broken` or `fixes/<name>`."""
    caught_by: str
    """The check that must fail."""
    looks_like: str
    """Why a good engineer might do it."""
    because: str
    """Why it is wrong."""
    diff: str


def read(path: Path) -> Decoy:
    """The decoy in this file; ManifestError names the header line that is missing."""
    head, _, diff = path.read_text(encoding="utf-8").partition("\n\n")
    lines = head.split("\n")
    said = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    if missing := [key for key in HEADER if not said.get(key)]:
        raise ManifestError(f"{path}: the header has no line `{missing[0]}: …`. It needs {', '.join(HEADER)}.")
    if strange := [key for key in said if key not in HEADER]:
        raise ManifestError(f"{path}: the header has a line {strange[0]!r}. It may have {', '.join(HEADER)}.")
    base, caught_by, looks_like, because = (said[key] for key in HEADER)
    return Decoy(path.stem, base, caught_by, looks_like, because, diff)


def write(decoy: Decoy, path: Path) -> None:
    """Keep the decoy in this file."""
    values = (decoy.base, decoy.caught_by, decoy.looks_like, decoy.because)
    head = "".join(f"{key}: {value}\n" for key, value in zip(HEADER, values, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}\n{decoy.diff}", encoding="utf-8")


def difference(base: Files, changed: Files) -> str:
    """The unified diff that turns one into the other; empty where they are the same."""
    return "".join(_file_difference(name, base.get(name), changed.get(name)) for name in sorted({*base, *changed}))


def _file_difference(name: str, before: str | None, after: str | None) -> str:
    old, new = (NOWHERE if text is None else f"{side}/{name}" for side, text in (("a", before), ("b", after)))
    lines = difflib.unified_diff(
        (before or "").splitlines(), (after or "").splitlines(), old, new, lineterm="", n=CONTEXT_LINES
    )
    text = "".join(f"{line}\n" for line in lines)
    return f"diff --git a/{name} b/{name}\n{text}" if text else ""


def applied(base: Files, diff: str, where: Path) -> Files:
    """The base with the diff's changes; ManifestError says which file of `where` no longer fits."""
    changed = dict(base)
    for name, part, stays in _parts(diff, where):
        try:
            lines = whatthepatch.apply_diff(part, changed.get(name, ""))
        except (WhatThePatchException, IndexError) as problem:
            raise ManifestError(f"{where}: no longer fits {name}: {problem}. `outage decoy` makes it again.") from None
        changed[name] = "".join(f"{line}\n" for line in lines)
        if not stays:
            del changed[name]
    return changed


def _parts(diff: str, where: Path) -> Iterable[tuple[str, whatthepatch.patch.diffobj, bool]]:
    """Each file's name, its changes, and whether it is still there after them."""
    found = [(part.header, part) for part in whatthepatch.parse_patch(diff) if part.header and part.changes]
    if not found:
        raise ManifestError(f"{where}: has no diff below its header. `outage decoy` writes one.")
    for header, part in found:
        stays = f"+++ {NOWHERE}\n" not in part.text.partition("@@")[0]
        path = header.new_path if stays else header.old_path
        yield path.removeprefix("a/").removeprefix("b/"), part, stays
