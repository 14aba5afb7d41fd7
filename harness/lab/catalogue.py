"""Which labs are there?"""

from __future__ import annotations

import difflib
import itertools
from pathlib import Path

from harness import paths
from harness.errors import ManifestError, UnknownLabError
from harness.lab import manifest
from harness.lab.manifest import Lab


def folders() -> list[Path]:
    """Every folder that is meant as a lab: it has a lab.toml or a lab's name."""
    found = sorted(path for path in paths.labs_root().glob("*") if path.is_dir())
    return [path for path in found if (path / "lab.toml").exists() or manifest.NAME.match(path.name)]


def labs() -> list[Lab]:
    """All labs by number; ManifestError where one of them is not well-formed."""
    found = [manifest.read(folder) for folder in folders()]
    _refuse_doubles(found)
    return found


def lab(name: str) -> Lab:
    """The lab of this slug, number or folder name; UnknownLabError names the nearest."""
    by_name = {alias: folder for folder in folders() for alias in _aliases(folder)}
    if name in by_name:
        return manifest.read(by_name[name])
    near = difflib.get_close_matches(name, by_name, n=1, cutoff=0.4)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UnknownLabError(f"There is no lab called {name!r}.{guess} `make list` shows all.")


def _aliases(folder: Path) -> list[str]:
    match = manifest.NAME.match(folder.name)
    if not match:
        return [folder.name]
    return [match["slug"], folder.name, match["number"], str(int(match["number"]))]


def _refuse_doubles(found: list[Lab]) -> None:
    for one, other in itertools.combinations(found, 2):
        if one.number == other.number or one.slug == other.slug:
            raise ManifestError(f"{one.folder} and {other.folder} have the same number or slug.")
