"""How does a new lab begin: as a small one that runs and proves itself, for its author to change?"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from harness import paths
from harness.errors import OutageError
from harness.lab import catalogue, index, manifest

TEMPLATE = Path(__file__).parent / "template" / "00-my-story"
SLUG, TITLE = "my-story", "My story"
SLUG_FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
STORIES, LAST_NUMBER = 17, 99
"""The first numbers are those of the seventeen stories."""


def write(slug: str, number: int | None = None) -> Path:
    """Write the lab's folder, by default with the next number; OutageError if name or number cannot be taken."""
    if not SLUG_FORM.fullmatch(slug):
        raise OutageError(
            f"{slug!r} cannot be a lab's name. Use a-z, 0-9 and hyphens after a first letter, like cache-stampede."
        )
    taken = [match for folder in catalogue.folders() if (match := manifest.NAME.match(folder.name))]
    if slug in [match["slug"] for match in taken]:
        raise OutageError(f"There is a lab called {slug} already. Choose another name.")
    numbers = {int(match["number"]) for match in taken}
    number = number or max({STORIES} | numbers) + 1
    if number in numbers or number > LAST_NUMBER:
        raise OutageError(f"A lab cannot have the number {number}: it is taken, or above {LAST_NUMBER}.")
    folder = paths.labs_root() / f"{number:02}-{slug}"
    _copy(folder, slug)
    lab = manifest.read(folder)
    lab.debrief.write_text(index.debrief(lab), encoding="utf-8")
    return folder


def _copy(folder: Path, slug: str) -> None:
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    title = slug.replace("-", " ").capitalize()
    compose = f"{paths.COMPOSE}/" if folder.parent != paths.ROOT / "labs" else "../../compose/"
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace(SLUG, slug).replace(TITLE, title)
            text = text.replace(TITLE.lower(), title.lower()).replace("../../compose/", compose)
            path.write_text(text, encoding="utf-8", newline="\n")
