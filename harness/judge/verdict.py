"""What do a lab's checks say of a recording?"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.judge import pytest_plugin
from harness.judge.pytest_plugin import FAILED, PASSED, UNKNOWN_OUTCOME, CheckResult
from harness.judge.recording import Recording

FIXED, BROKEN, UNKNOWN = "FIXED", "BROKEN", "UNKNOWN"
EXIT_CODES = {FIXED: 0, BROKEN: 1, UNKNOWN: 2}

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Verdict:
    """FIXED, BROKEN or UNKNOWN, and why."""

    outcome: str
    reasons: tuple[str, ...]
    """Why it is UNKNOWN; empty otherwise."""
    checks: tuple[CheckResult, ...]

    @property
    def exit_code(self) -> int:
        """0 FIXED, 1 BROKEN, 2 UNKNOWN."""
        return EXIT_CODES[self.outcome]

    @property
    def failed(self) -> list[CheckResult]:
        """The checks that failed, in the order of the file."""
        return [check for check in self.checks if check.outcome == FAILED]

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints and verdict.json keeps."""
        return {
            "verdict": self.outcome,
            "exit_code": self.exit_code,
            "reasons": list(self.reasons),
            "checks": [asdict(check) for check in self.checks],
        }


def of(checks: Sequence[CheckResult], reasons: Sequence[str] = ()) -> Verdict:
    """The verdict that follows from the checks, and from what kept the drill from being judged."""
    reasons = list(reasons)
    if not checks and not reasons:
        reasons.append("the lab has no check")
    if not reasons and any(check.outcome == FAILED for check in checks):
        return Verdict(BROKEN, (), tuple(checks))
    reasons += [f"{check.name}: {check.message}" for check in checks if check.outcome == UNKNOWN_OUTCOME]
    return Verdict(UNKNOWN if reasons else FIXED, tuple(reasons), tuple(checks))


def judge(checks_file: Path, recording: dict[str, Any]) -> Verdict:
    """Run the lab's checks over a recording (the parsed JSON)."""
    unknown = recording["unknown"]
    if unknown:
        return of((), unknown)
    results, problem = run_checks(checks_file, Recording(recording))
    return of(results, [problem] if problem else [])


def run_checks(checks_file: Path, seen: Recording) -> tuple[list[CheckResult], str | None]:
    """Each check's result, and what kept the file from being run at all."""
    plugin = pytest_plugin.Judge(seen)
    said = io.StringIO()
    sys.modules.pop(checks_file.stem, None)  # else pytest takes the last lab's checks for this one's
    with _one_at_a_time, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        pytest.main(_arguments(checks_file), plugins=[plugin])
    return plugin.results, plugin.problem


def _arguments(checks_file: Path) -> list[str]:
    return [
        str(checks_file),
        f"--rootdir={checks_file.parent}",
        f"-c{os.devnull}",
        "--noconftest",
        "--import-mode=importlib",
        "--capture=no",
        "-pno:cacheprovider",
        "-pno:terminal",
        "-pno:xdist",
        "-pno:unraisableexception",
        "-pno:threadexception",
    ]


__all__ = ["BROKEN", "FAILED", "FIXED", "PASSED", "UNKNOWN", "CheckResult", "Verdict", "judge", "of", "run_checks"]
