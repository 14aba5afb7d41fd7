"""Would a colleague say it like that: the words that readers stumbled over stay away from what people read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import paths

STUMBLED = re.compile(r"\b(mend(s|ed|ing)?|anew|whom|thereof|himself|he|him|his)\b", re.IGNORECASE)
WITHOUT_A_NOUN = re.compile(r"(^|[.:;!?|] )(Who|Whoever) [a-z][^.?!|\n]*[.!|\n]", re.MULTILINE)
"""A statement that begins with who; a question may."""
PLACES = (
    "*.md", "labs/**/*.md", "labs/**/*.toml", "labs/**/*.patch", "labs/**/*.py", "labs/**/*.yaml", "labs/**/*.sql",
    "labs/**/*.conf", "harness/**/*.py", "harness/**/*.md", "harness/**/*.toml", "loadtests/*.py", "compose/*.yaml",
    "services/**/*.py", "services/**/*.sql", "tests/**/*.py", "Makefile",
)  # fmt: skip
TEXTS = sorted({path for place in PLACES for path in paths.ROOT.glob(place) if path != Path(__file__)})


@pytest.mark.parametrize("path", TEXTS, ids=[str(path.relative_to(paths.ROOT)) for path in TEXTS])
def test_texts_are_plain(path: Path) -> None:
    """No words of another century, no he for a person, no sentence of a who without a noun."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [line.strip() for line in lines if STUMBLED.search(line) or WITHOUT_A_NOUN.search(f"{line}\n")]

    assert found == []
