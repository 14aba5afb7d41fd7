"""Which changes of a file can be loaded and say something else than the file as it is?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from harness.errors import OutageError
from harness.lab.changes import meaning, settings

MISSING = """`outage mutate` changes Python with libcst, which is not installed: it comes with what `make test` needs.
What next: `make mutate-<lab>` installs it; so does `python3 -I harness/setup/__main__.py ready --dev`."""


@lru_cache(maxsize=256)
def changes(name: str, text: str) -> tuple[tuple[str, str], ...]:
    """Each change's operator, and the file with it, no file twice; OutageError where libcst is missing."""
    before, unset = meaning.of(name, text), meaning.unset(name, text)
    found: dict[str, str] = {}
    for operator, changed in _python(text) if name.endswith(".py") else settings.changes(name, text):
        if changed in found or meaning.of(name, changed) in (None, before) or meaning.unset(name, changed) - unset:
            continue
        found[changed] = operator
    return tuple((operator, changed) for changed, operator in found.items())


def _python(text: str) -> Iterator[tuple[str, str]]:
    try:
        from harness.lab.changes import python  # noqa: PLC0415 - what it needs is there for authors only
    except ModuleNotFoundError as problem:
        if problem.name != "libcst":
            raise
        raise OutageError(MISSING) from None
    return python.changes(text)
