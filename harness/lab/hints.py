"""What helps a student who is stuck, check by check, from a question to nearly the answer?"""

from __future__ import annotations

from pathlib import Path

from harness.errors import ManifestError
from harness.lab.manifest import Lab, parse

Hints = dict[str, tuple[str, ...]]


def of(lab: Lab) -> Hints:
    """Per check its hints; ManifestError names file and check where they are not well-formed."""
    path = lab.solution / "hints.toml"
    return {check: _texts(path, check, texts) for check, texts in parse(path).items()}


def _texts(path: Path, check: str, texts: object) -> tuple[str, ...]:
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise ManifestError(f"{path}: `{check}` must be a list of texts, not empty, but is {texts!r}.")
    return tuple(texts)
