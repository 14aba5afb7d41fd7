"""How do plain pytest functions become checks of a recording?

The engine uses `Judge` directly. An author runs checks alone with
`pytest -p harness.pytest_plugin labs/…/checks.py --recording runs/…/recording.json`.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import NotJudgedError
from harness.judge.recording import Recording, load

PASSED, FAILED, UNKNOWN_OUTCOME = "passed", "failed", "unknown"
_SEVERITY = {PASSED: 0, UNKNOWN_OUTCOME: 1, FAILED: 2}


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
    message: str
    """What was seen and what was wanted; empty if it passed."""


class Judge:
    """A pytest plugin that hands the recording to each check and keeps what it said."""

    def __init__(self, seen: Recording) -> None:
        """Nothing is judged yet."""
        self.results: list[CheckResult] = []
        self.problem: str | None = None
        self._seen = seen

    @pytest.fixture
    def seen(self) -> Recording:
        """The recording that is judged."""
        return self._seen

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A checks.py that does not load is the lab's fault, and never a verdict on the student."""
        if report.failed:
            self.problem = f"the checks could not be loaded: {report.longreprtext.strip().splitlines()[-1]}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Turn what a check raised into its result."""
        report = yield
        if call.when == "call" or call.excinfo is not None:
            self._add(_result(item, call.excinfo.value if call.excinfo else None))
        return report

    def _add(self, result: CheckResult) -> None:
        """A check that is parametrised is one promise: it is as good as its worst case, and tells of each."""
        same = [one for one in self.results if one.name == result.name]
        if not same:
            self.results.append(result)
            return
        messages = "; ".join(part for part in (same[0].message, result.message) if part)
        worst = max(same[0], result, key=lambda one: _SEVERITY[one.outcome])
        self.results[self.results.index(same[0])] = replace(worst, message=messages)


def _result(item: pytest.Item, raised: BaseException | None) -> CheckResult:
    promise, why = _docstring(getattr(item, "function", None))
    outcome, message = _outcome(raised)
    name = getattr(item, "originalname", item.name)
    return CheckResult(name.removeprefix("test_"), outcome, promise, why, message)


def _outcome(raised: BaseException | None) -> tuple[str, str]:
    if raised is None:
        return PASSED, ""
    if isinstance(raised, AssertionError):
        return FAILED, _message(raised)
    if isinstance(raised, (NotJudgedError, pytest.skip.Exception)):
        return UNKNOWN_OUTCOME, str(raised)
    return UNKNOWN_OUTCOME, f"the check itself failed with {type(raised).__name__}: {raised}"


def _message(raised: AssertionError) -> str:
    """The author's sentence; pytest's own account of the comparison where there is none."""
    sentence, _, comparison = str(raised).partition("\nassert ")
    return sentence if comparison else sentence.removeprefix("assert ")


def _docstring(function: object) -> tuple[str, str]:
    promise, _, why = (inspect.getdoc(function) or "").partition("\n\n")
    return " ".join(promise.split()), " ".join(why.split())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--recording`."""
    parser.addoption("--recording", help="judge this recording.json")


def pytest_configure(config: pytest.Config) -> None:
    """Judge the recording that `--recording` names."""
    if path := config.getoption("--recording", None):
        config.pluginmanager.register(Judge(load(Path(path))))
