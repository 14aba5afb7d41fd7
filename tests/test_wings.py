"""Does each wing of the engine import only what stands before it, and each module answer one question?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness import paths

HARNESS = paths.ROOT / "harness"
WINGS = ("setup", "lab", "judge", "run", "report", "commands")
"""In the order in which they stand."""
MODULES = sorted(path for path in HARNESS.rglob("*.py") if "template" not in path.parts)
MOST_LINES = 250


def wing(path: Path) -> str:
    """The wing of a module; empty for what stands before all wings."""
    return path.relative_to(HARNESS).parts[0] if path.parent != HARNESS else ""


def imported(path: Path) -> set[str]:
    """Wings that the module imports from, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "harness":
            parts = (node.module or "").split(".")[1:]
            found |= {parts[0]} if parts else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                name.split(".")[1] for name in (alias.name for alias in node.names) if name.startswith("harness.")
            }
    return found & set(WINGS)


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(HARNESS)) for path in MODULES])
def test_a_wing_imports_what_stands_before_it(path: Path) -> None:
    """setup, lab, judge, run, report, commands: nobody looks forward; the front door alone imports lazily."""
    if path in (HARNESS / "__init__.py", HARNESS / "__main__.py"):
        return
    own = wing(path)
    allowed = set(WINGS[: WINGS.index(own) + 1]) if own else set()

    assert imported(path) - allowed == set()


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(HARNESS)) for path in MODULES])
def test_a_module_is_short_and_says_what_it_answers(path: Path) -> None:
    """At most 250 lines, and a docstring."""
    text = path.read_text()

    assert len(text.splitlines()) <= MOST_LINES
    assert ast.get_docstring(ast.parse(text))
