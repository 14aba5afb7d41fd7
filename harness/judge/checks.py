"""What does each promise of a lab say of a recording?

A check is a plain function `test_…(seen)` in the lab's drill/checks.py. It asserts, and returns a sentence of what was
seen. It is called here, by nothing else and with nothing else than the recording: no test runner, whose settings
could come from anywhere, stands between a recording and its verdict.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import NotJudgedError, OutageError
from harness.judge.recording import Picture, Recording
from harness.lab.manifest import Lab

PASSED, FAILED, UNKNOWN_OUTCOME = "passed", "failed", "unknown"
PREFIX = "test_"
NOTHING_DIES = "nothing_dies"
Check = Callable[[Recording], "str | None"]

_loading = threading.Lock()


@dataclass(frozen=True)
class CheckResult:
    """What one check said."""

    name: str
    """Without test_."""
    outcome: str
    """`passed`, `failed` or `unknown`."""
    promise: str
    """What a right fix keeps: the docstring's first paragraph."""
    why: str
    """Why that matters: the rest of the docstring."""
    message: str = ""
    """What was seen and what was wanted; empty if it passed."""
    seen: str = ""
    """What was seen, if it passed."""


def package(lab: Lab, module: str) -> ModuleType:
    """A module of the lab's drill/, imported as part of a package of its own; OutageError says what does not load."""
    name = f"outage_lab_{lab.folder.name.replace('-', '_')}"
    with _loading:
        stale = sys.modules.get(name)
        if stale is not None and list(stale.__path__) != [str(lab.drill)]:
            for known in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
                del sys.modules[known]
        if name not in sys.modules:
            _load(name, lab.drill / "__init__.py", [str(lab.drill)])
        try:
            return importlib.import_module(f"{name}.{module}")
        except ModuleNotFoundError as problem:
            if problem.name == f"{name}.{module}":
                raise OutageError(f"{lab.drill / module}.py: a lab needs this file.") from problem
            raise


def _load(name: str, file: Path, places: list[str]) -> None:
    if not file.is_file():
        raise OutageError(f"{file}: a lab's drill is a package and needs this file.")
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=places)
    if spec is None or spec.loader is None:
        raise OutageError(f"{file}: cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def names(lab: Lab) -> list[str]:
    """The lab's own promises, read from the file without running it, in its order."""
    tree = ast.parse(lab.checks.read_text(encoding="utf-8"))
    tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith(PREFIX)]
    return [name.removeprefix(PREFIX) for name in tests]


def run_all(lab: Lab, seen: Recording) -> list[CheckResult]:
    """Each promise's result in the order of the file, and last the one that all labs share."""
    return [*(run_one(lab, name, seen) for name in names(lab)), _asked(NOTHING_DIES, _nothing_dies(lab), seen)]


def run_one(lab: Lab, name: str, seen: Recording) -> CheckResult:
    """What this promise says."""
    if name == NOTHING_DIES:
        return _asked(name, _nothing_dies(lab), seen)
    try:
        check: Check = getattr(package(lab, "checks"), PREFIX + name)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - a checks.py that does not load is the lab's fault, never the student's
        return CheckResult(name, UNKNOWN_OUTCOME, "", "", f"the checks could not be loaded: {_named(problem)}")
    return _asked(name, check, seen)


def _asked(name: str, check: Check, seen: Recording) -> CheckResult:
    promise, _, why = (" ".join(part.split()) for part in (inspect.getdoc(check) or "").partition("\n\n"))
    try:
        said = check(seen)
    except AssertionError as broken:
        return CheckResult(name, FAILED, promise, why, message=str(broken) or "the promise was not kept")
    except NotJudgedError as reason:
        return CheckResult(name, UNKNOWN_OUTCOME, promise, why, message=str(reason))
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - the lab's own failing, told as such
        text = f"the check itself failed with {_named(problem)}"
        return CheckResult(name, UNKNOWN_OUTCOME, promise, why, message=text)
    if not isinstance(said, str) or not said.strip():
        text = "the check passed and said nothing: it has to return what was seen, in a sentence"
        return CheckResult(name, UNKNOWN_OUTCOME, promise, why, message=text)
    return CheckResult(name, PASSED, promise, why, seen=said)


def _named(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}"


def _nothing_dies(lab: Lab) -> Check:
    """A container or process that dies without the drill's doing is a fact, in every lab."""

    def nothing_dies(seen: Recording) -> str:
        """No service ends by itself, and none is killed for the memory that it takes.

        A restart hides a fault from the customers for a while, and loses whatever was under way.
        """
        counted = [death for death in seen.deaths if death.out_of_memory or death.service not in lab.may_end]
        told = "; ".join(f"{death.service} {death.what}, {death.at:.1f} s into the drill" for death in counted[:3])
        more = f" (and {len(counted) - 3} more times)" if len(counted) > 3 else ""  # noqa: PLR2004
        assert not counted, f"{told}{more}, wanted every service to stay up"  # noqa: S101
        return "every service stayed up"

    return nothing_dies


def pictures(lab: Lab, seen: Recording) -> list[Picture]:
    """What the lab has to show in the report; nothing where its judge.py draws nothing."""
    draw: Callable[[Recording], Any] | None = getattr(package(lab, "judge"), "pictures", None)
    return list(draw(seen)) if draw else []
