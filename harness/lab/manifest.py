"""What does a lab say of itself, and is it well-formed?"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import paths
from harness.errors import ManifestError

NAME = re.compile(r"^(?P<number>\d{2})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)$")
CHECK_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Lab:
    """One lab, as its folder's name and its lab.toml describe it. Every path of a lab is computed here."""

    folder: Path
    """Absolute path of the lab's folder."""
    number: int
    slug: str
    title: str
    summary: str
    level: int
    """1 (first labs) to 3 (hard)."""
    minutes: int
    """How long a student needs, roughly."""
    symptom: str
    """The check that must fail as shipped."""
    entry: str
    """Service, or service/path, whose address is shown under "Look around"; `{fact}` stands for a recorded fact."""
    memory_mib: int
    """What the stack may use under load."""
    limit_seconds: float
    """After so many seconds a drill is ended."""
    may_end: tuple[str, ...] = ()
    """Services whose end is judged by the lab's own checks, and not by the promise that all labs share."""

    @property
    def compose(self) -> Path:
        """The lab's compose file."""
        return self.folder / "compose.yaml"

    @property
    def locustfile(self) -> Path:
        """What the lab's customers do."""
        return self.folder / "locustfile.py"

    @property
    def broken(self) -> Path:
        """The files that a student may edit, as shipped."""
        return self.folder / "broken"

    @property
    def stack(self) -> Path:
        """The files of the stack that a student may not edit."""
        return self.folder / "stack"

    @property
    def drill(self) -> Path:
        """The package with the incident, the judge and the checks."""
        return self.folder / "drill"

    @property
    def checks(self) -> Path:
        """The lab's checks."""
        return self.drill / "checks.py"

    @property
    def solution(self) -> Path:
        """The folder that a student opens last."""
        return self.folder / "solution"

    @property
    def fixes(self) -> Path:
        """The folder with a folder for each right fix."""
        return self.solution / "fixes"

    @property
    def decoys(self) -> Path:
        """The folder with a patch for each wrong fix."""
        return self.solution / "decoys"

    @property
    def debrief(self) -> Path:
        """The cause, the fixes compared, the real cases."""
        return self.solution / "DEBRIEF.md"

    @property
    def work(self) -> Path:
        """The student's own copy of broken/."""
        return paths.work_of(self.slug)


class _Reader:
    """Takes typed values out of a TOML table and remembers which file to name in an error."""

    def __init__(self, path: Path, table: dict[str, Any]) -> None:
        self.path, self.table = path, table

    def fail(self, key: str, wanted: str) -> ManifestError:
        seen = repr(self.table[key]) if key in self.table else "nothing"
        return ManifestError(f"{self.path}: `{key}` must be {wanted}, but is {seen}.")

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "a text")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        value = self.table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.fail(key, "a whole number above 0")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.fail(key, "a list of texts, not empty")
        return tuple(value)


KEYS = {
    "title", "summary", "level", "minutes", "symptom", "entry", "memory_mib", "limit_seconds", "may_end",
}  # fmt: skip


def read(folder: Path) -> Lab:
    """The lab in this folder; ManifestError names file, key and what was expected."""
    path = folder / "lab.toml"
    name = NAME.match(folder.name)
    if not name:
        raise ManifestError(f"{folder}: a lab's folder is named like 07-cache-stampede.")
    reader = _Reader(path, parse(path))
    _no_strangers(reader)
    return Lab(
        folder=folder.resolve(),
        number=int(name["number"]),
        slug=name["slug"],
        title=reader.text("title"),
        summary=reader.text("summary"),
        level=_level(reader),
        minutes=reader.whole("minutes"),
        symptom=_check_name(reader, "symptom"),
        entry=reader.text("entry"),
        memory_mib=reader.whole("memory_mib"),
        limit_seconds=float(reader.whole("limit_seconds", 60)),
        may_end=reader.texts("may_end") if "may_end" in reader.table else (),
    )


def parse(path: Path) -> dict[str, Any]:
    """The table in a lab's TOML file; ManifestError names the file where there is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"{path}: a lab needs this file; copy one from another lab.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ManifestError(f"{path}: not valid TOML: {problem}.") from None


def _no_strangers(reader: _Reader) -> None:
    strangers = sorted(set(reader.table) - KEYS)
    if strangers:
        known = ", ".join(sorted(KEYS))
        raise ManifestError(f"{reader.path}: `{strangers[0]}` is no key of a lab; the keys are {known}.")


def _level(reader: _Reader) -> int:
    if (level := reader.whole("level")) not in LEVELS:
        raise reader.fail("level", "1, 2 or 3")
    return level


def _check_name(reader: _Reader, key: str) -> str:
    if not CHECK_NAME.match(name := reader.text(key)) or name.startswith("test_"):
        raise reader.fail(key, "a check's name without test_")
    return name
