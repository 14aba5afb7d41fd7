"""Which mutants of a lab does an author know to change nothing that a promise speaks of (solution/mutants.toml)?

    [[equivalent]]
    fixes = ["lease"]
    change = "3fa2b1c9"
    file = "catalog/app.py"
    line = "POLL_SECONDS = 0.02"
    why = "Waiters look again after 0.2 s, which is still sooner than the product is there."

`change` is the mutant's short hash, and holds as long as the change and two lines around it stay as they are. `line` is
for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ManifestError
from harness.lab.manifest import Lab, parse
from harness.lab.mutants import Mutant

KEYS = ("change", "file", "line", "why")
TABLE = "equivalent"


@dataclass(frozen=True)
class Equivalent:
    """A change that is none, in one fix or in several that hold the same file."""

    fixes: tuple[str, ...]
    change: str
    """The mutant's short hash."""
    file: str
    line: str
    """The line that is changed, for people."""
    why: str
    """Why no promise speaks of it, in a sentence."""

    def covers(self, mutant: Mutant) -> bool:
        """Whether this is the mutant's change."""
        return mutant.fix in self.fixes and (mutant.file, mutant.change) == (self.file, self.change)


def path_of(lab: Lab) -> Path:
    """Where they stand."""
    return lab.solution / "mutants.toml"


def of(lab: Lab) -> list[Equivalent]:
    """All that the lab knows, none without the file; ManifestError says which entry is not well-formed."""
    path = path_of(lab)
    if not path.exists():
        return []
    content = parse(path)
    entries = content.get(TABLE)
    if list(content) != [TABLE] or not isinstance(entries, list):
        raise ManifestError(f"{path}: holds [[{TABLE}]] entries and nothing else. `outage mutate` prints one to copy.")
    return [_entry(path, number, entry) for number, entry in enumerate(entries, 1)]


def _entry(path: Path, number: int, entry: Any) -> Equivalent:
    where = f"{path}: [[{TABLE}]] number {number}"
    if not isinstance(entry, dict) or set(entry) != {"fixes", *KEYS}:
        raise ManifestError(f"{where}: has to have the keys fixes, {', '.join(KEYS)} and no others.")
    for key in KEYS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise ManifestError(f"{where}: `{key}` must be a text, but is {entry[key]!r}.")
    fixes = entry["fixes"]
    if not isinstance(fixes, list) or not fixes or not all(isinstance(fix, str) for fix in fixes):
        raise ManifestError(f"{where}: `fixes` must be a list of names of fixes, but is {fixes!r}.")
    return Equivalent(tuple(fixes), *(entry[key].strip() for key in KEYS))


def known(found: Iterable[Equivalent], mutant: Mutant) -> Equivalent | None:
    """The entry that is about this mutant."""
    return next((one for one in found if one.covers(mutant)), None)


def stale(found: Iterable[Equivalent], mutants: Iterable[Mutant]) -> list[Equivalent]:
    """Entries about changes that a fix of theirs no longer has: its text there was edited."""
    there = {(mutant.fix, mutant.file, mutant.change) for mutant in mutants}
    return [one for one in found if any((fix, one.file, one.change) not in there for fix in one.fixes)]


def draft(mutant: Mutant) -> str:
    """An entry about this mutant, for an author to give the reason in."""
    values = {"change": mutant.change, "file": mutant.file, "line": mutant.line, "why": ""}
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items()]
    return "\n".join([f"[[{TABLE}]]", f"fixes = [{_quoted(mutant.fix)}]", *lines])


def _quoted(text: str) -> str:
    """As TOML writes a text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
