"""Do a lab's checks tell right from wrong, variant by variant and again and again?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import paths
from harness.errors import ManifestError, OutageError
from harness.judge import checks, store
from harness.judge.verdict import BROKEN, FIXED, Verdict, judge
from harness.lab import variants
from harness.lab.manifest import Lab
from harness.lab.variants import Variant

ERROR = "ERROR"
SUFFIX = ".json.gz"


@dataclass(frozen=True)
class Case:
    """One variant of a lab and what must come of it."""

    variant: Variant

    @property
    def lab(self) -> Lab:
        """The lab."""
        return self.variant.lab

    @property
    def check(self) -> str | None:
        """The check that must be among the failed ones; None if the verdict must be FIXED, or any may fail."""
        return self.variant.caught_by

    @property
    def wanted(self) -> str:
        """FIXED or BROKEN."""
        return FIXED if self.variant.kind == "fix" else BROKEN

    @property
    def expectation(self) -> str:
        """`BROKEN on flush_stays_bounded`."""
        return f"{self.wanted} on {self.check}" if self.check else self.wanted

    @property
    def recording(self) -> Path:
        """Where the kept recording of this variant stands."""
        return paths.recordings_of(self.lab.slug) / f"{self.variant.file_name}{SUFFIX}"


@dataclass(frozen=True)
class Result:
    """What came of one run of a case."""

    case: Case
    seen: str
    failed: tuple[str, ...]
    """Names of the checks that failed."""
    why: str
    """Reasons and messages of the run, for a verdict that is not as wanted."""
    seconds: float
    unstarted: str = ""
    """What of the stack did not start: `code` of the student's, another part of the `stack`, or none."""
    folder: Path | None = None
    """The run's record; it is removed where the verdict is as wanted."""

    @property
    def right(self) -> bool:
        """Whether the verdict is as wanted."""
        return self.seen == self.case.wanted and (self.case.check is None or self.case.check in self.failed)


def cases(lab: Lab, *, quick: bool = False) -> list[Case]:
    """As shipped, every fix, every decoy; quick: as shipped and the first fix."""
    known = (*checks.names(lab), checks.NOTHING_DIES)
    if lab.symptom not in known:
        near = f"{lab.folder / 'lab.toml'}: symptom: {lab.symptom!r} is no check of this lab."
        raise ManifestError(f"{near} It has {', '.join(known)}.")
    every = [Case(variant) for variant in variants.of(lab)]
    return [*every[:1], *(case for case in every if case.wanted == FIXED)][:2] if quick else every


def of_verdict(case: Case, judged: Verdict, seconds: float, folder: Path | None = None) -> Result:
    """The result that a verdict makes."""
    why = " | ".join([*judged.reasons, *(f"{check.name}: {check.message}" for check in judged.failed)])
    failed = tuple(check.name for check in judged.failed)
    return Result(case, judged.outcome, failed, why, seconds, judged.unstarted, folder)


# --- kept recordings ----------------------------------------------------------------------------------------------


def keep(case: Case, recorded: Path) -> None:
    """Keep this run's recording as that of its variant; it says no more than the judge needs."""
    content = json.loads(recorded.read_text(encoding="utf-8"))
    for name in ("started_at", "versions", "host", "load", "memory"):
        content.pop(name, None)
    store.save(content | {"run": "recorded", "purpose": "prove"}, case.recording)


def judged_again(case: Case) -> Result:
    """What the checks as they are now make of the variant's kept recording."""
    if not case.recording.is_file():
        why = f"there is no recording of it; make prove-{case.lab.slug} RECORD=1 makes them"
        return Result(case, ERROR, (), why, 0.0)
    try:
        return of_verdict(case, judge(case.lab, store.load(case.recording)), 0.0)
    except OutageError as problem:
        return Result(case, ERROR, (), str(problem), 0.0)


def strays(lab: Lab) -> list[Path]:
    """Kept recordings of variants that there are no more."""
    known = {case.recording for case in cases(lab)}
    return sorted(set(paths.recordings_of(lab.slug).glob(f"*{SUFFIX}")) - known)


# --- what it adds up to -------------------------------------------------------------------------------------------


def proven(results: Iterable[Result]) -> bool:
    """Whether there were results, and all were as wanted."""
    rights = [result.right for result in results]
    return bool(rights) and all(rights)


def summed(results: list[Result]) -> list[dict[str, object]]:
    """One row per variant: wanted, seen how often, how many false, median seconds."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.case.lab.slug, result.case.variant.name), []).append(result)
    return [_row(group) for _, group in sorted(groups.items())]


def _row(group: list[Result]) -> dict[str, object]:
    case = group[0].case
    verdicts = sorted({result.seen for result in group})
    seconds = sorted(result.seconds for result in group)
    failed = sorted({name for result in group for name in result.failed})
    return {
        "lab": case.lab.slug,
        "variant": case.variant.name,
        "wanted": case.expectation,
        "seen": f"{'/'.join(verdicts)} ×{len(group)}",
        "false": sum(not result.right for result in group),
        "failed": failed,
        "seconds": round(seconds[len(seconds) // 2], 1),
    }
