"""What is the verdict on a recording?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.judge import checks
from harness.judge.checks import FAILED, PASSED, UNKNOWN_OUTCOME, CheckResult
from harness.judge.recording import Recording
from harness.lab.manifest import Lab
from harness.text import named

FIXED, BROKEN, UNKNOWN = "FIXED", "BROKEN", "UNKNOWN"
EXIT_CODES = {FIXED: 0, BROKEN: 1, UNKNOWN: 2}


@dataclass(frozen=True)
class Verdict:
    """FIXED, BROKEN or UNKNOWN, and why."""

    outcome: str
    reasons: tuple[str, ...]
    """Why it is UNKNOWN; empty otherwise."""
    checks: tuple[CheckResult, ...]
    unstarted: str = ""
    """`code` where it is UNKNOWN since the student's code does not start, `stack` where something else did not."""

    @property
    def exit_code(self) -> int:
        """0 FIXED, 1 BROKEN, 2 UNKNOWN."""
        return EXIT_CODES[self.outcome]

    @property
    def failed(self) -> list[CheckResult]:
        """The checks that failed, in the order of the file."""
        return [check for check in self.checks if check.outcome == FAILED]

    @property
    def of_one_cause(self) -> bool:
        """Whether failed checks say the same, word for word: something is missing without which none can be kept."""
        messages = [check.message for check in self.failed]
        return len(set(messages)) < len(messages)

    def told(self, first: str | None = None) -> list[CheckResult]:
        """All checks as they are told: failed ones before the others, and the one that is named here before all failed.

        A failed one that says the same as one before it points there, and has no promise and no why of its own.
        """
        named_by: dict[str, str] = {}
        ordered = sorted(self.checks, key=lambda check: (check.outcome != FAILED, check.name != first))
        before = [named_by.setdefault(check.message, check.name) for check in ordered]
        return [
            replace(check, message=f"the same as under “{named(other)}”", promise="", why="")
            if check.outcome == FAILED and other != check.name
            else check
            for check, other in zip(ordered, before, strict=True)
        ]

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints and verdict.json keeps."""
        return {
            "verdict": self.outcome,
            "exit_code": self.exit_code,
            "reasons": list(self.reasons),
            "unstarted": self.unstarted,
            "checks": [asdict(check) for check in self.checks],
        }


def of(results: Sequence[CheckResult], reasons: Sequence[str] = ()) -> Verdict:
    """The verdict that follows from the checks, and from what kept the drill from being judged."""
    reasons = list(reasons)
    if not results and not reasons:
        reasons.append("the lab has no check")
    if not reasons and any(result.outcome == FAILED for result in results):
        return Verdict(BROKEN, (), tuple(results))
    reasons += [f"{result.name}: {result.message}" for result in results if result.outcome == UNKNOWN_OUTCOME]
    return Verdict(UNKNOWN if reasons else FIXED, tuple(reasons), tuple(results))


def judge(lab: Lab, seen: Recording) -> Verdict:
    """What the lab's promises make of the recording. Depends on nothing but these two."""
    if not __debug__:
        return of((), ["Python runs without assertions (-O), so no promise can fail. Run it without -O"])
    if seen.unknown:
        return of((), seen.unknown)
    if seen.broken_off:
        return _of_death(lab, seen)
    if not checks.names(lab):
        return of(())
    return of(checks.run_all(lab, seen))


def _of_death(lab: Lab, seen: Recording) -> Verdict:
    """A drill that broke off says nothing, but a service that had died by then has broken it off."""
    death = checks.run_one(lab, checks.NOTHING_DIES, seen)
    if death.outcome != FAILED:
        return replace(of((), seen.broken_off), unstarted=seen.unstarted)
    return of([replace(death, message=f"{death.message}. The drill could not go on: {seen.broken_off[0]}")])


__all__ = ["BROKEN", "FAILED", "FIXED", "PASSED", "UNKNOWN", "CheckResult", "Verdict", "judge", "of"]
