"""Which mutants of right fixes do a lab's checks kill, and what share is that?

A mutant that is FIXED survives: no check sees its change. Where it is known to change nothing that a promise speaks of,
it is equivalent; otherwise a check is missing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from harness.errors import NotStartedError, OutageError, StudentCodeError
from harness.judge.proof import ERROR, Case, Result
from harness.judge.verdict import BROKEN, FIXED, UNKNOWN
from harness.lab import equivalents
from harness.lab.equivalents import Equivalent
from harness.lab.manifest import Lab
from harness.lab.mutants import Mutant
from harness.lab.variants import Variant

KILLED, SURVIVED, EQUIVALENT = "killed", "survived", "equivalent"
NOT_LOADED, NOT_JUDGED = "not loaded", "not judged"
NOT_COUNTED = (EQUIVALENT, NOT_LOADED, NOT_JUDGED)
FATES = (KILLED, SURVIVED, *NOT_COUNTED)
CODE, STACK = StudentCodeError.unstarted, NotStartedError.unstarted
SHOWN_CHARACTERS = 120
Runner = Callable[[list[Case]], list[Result]]


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    fate: str
    """`killed`, `survived`, `equivalent`; `not loaded`: a test of syntax sees it; `not judged`: nothing can be said."""
    why: str
    """What was seen, in a line."""
    result: Result | None = None
    """Its run; none of an equivalent one."""


def judged(drawn: Iterable[Mutant], known: list[Equivalent], run: Runner) -> list[Fate]:
    """Run all that are not known to be equivalent; where nothing can be said of one, once more."""
    mutants = list(drawn)
    results = {one.case.variant.name: one for one in twice([Case(one) for one in mutants if _unknown(one, known)], run)}
    return [_fate(one, known, results) for one in mutants]


def _unknown(mutant: Mutant, known: list[Equivalent]) -> bool:
    return equivalents.known(known, mutant) is None


def _fate(mutant: Mutant, known: list[Equivalent], results: dict[str, Result]) -> Fate:
    if equivalent := equivalents.known(known, mutant):
        return Fate(mutant, EQUIVALENT, equivalent.why)
    return of_result(mutant, results[mutant.name])


def of_result(mutant: Mutant, result: Result) -> Fate:
    """What the verdict on a mutant says about the checks."""
    if result.seen == FIXED:
        return Fate(mutant, SURVIVED, "FIXED", result)
    if result.seen == BROKEN:
        return Fate(mutant, KILLED, f"BROKEN on {', '.join(result.failed)} ({_first_message(result)})", result)
    if result.unstarted == STACK:
        return Fate(mutant, KILLED, f"UNKNOWN: it does not start: {_first_line(result)}", result)
    fate = NOT_LOADED if result.unstarted == CODE else NOT_JUDGED
    return Fate(mutant, fate, f"{result.seen}: {_first_line(result)}", result)


def _first_line(result: Result) -> str:
    return result.why.partition("\n")[0]


def _first_message(result: Result) -> str:
    """What the first check that failed said: of a mutant that changes nothing, that is a wrong verdict."""
    return textwrap.shorten(result.why.partition(" | ")[0].partition(": ")[2], SHOWN_CHARACTERS, placeholder=" …")


def twice(cases: list[Case], run: Runner) -> list[Result]:
    """The cases' results, of a second run where the first one says nothing: a busy machine, an error, a slow start."""
    first = run(cases) if cases else []
    again = [one.case for one in first if one.seen in (UNKNOWN, ERROR) and one.unstarted != CODE]
    second = {one.case.variant.name: one for one in (run(again) if again else [])}
    return [second.get(one.case.variant.name, one) for one in first]


def require_fixed(lab: Lab, fixes: Iterable[str], run: Runner) -> None:
    """OutageError if a fix is not FIXED here as it is: its mutants would tell nothing."""
    for result in twice([Case(Variant(lab, "fix", fix)) for fix in fixes], run):
        if not result.right:
            name = result.case.variant.name
            raise OutageError(
                f"{name} of {lab.slug} is {result.seen} on this machine as it is, so its mutants tell nothing: "
                f"{_first_line(result)}\nWhat next: make prove-{lab.slug} ONLY={result.case.variant.short}"
            )


# --- what it adds up to -------------------------------------------------------------------------------------------


def counts(fates: Iterable[Fate]) -> dict[str, Any]:
    """How many were counted, killed, equivalent, survived …, and the score: killed of all that change something."""
    of = [one.fate for one in fates]
    counted = of.count(KILLED) + of.count(SURVIVED)
    score = round(of.count(KILLED) / counted, 3) if counted else None
    numbers = {fate.replace(" ", "_"): of.count(fate) for fate in FATES}
    return {"sample": len(of), "counted": counted, **numbers, "score": score}


def by_operator(fates: Iterable[Fate]) -> dict[str, dict[str, int]]:
    """For each operator that was drawn, how many of its mutants had which fate."""
    every = list(fates)
    names = sorted({one.mutant.operator for one in every})
    return {
        name: {fate: sum((one.mutant.operator, one.fate) == (name, fate) for one in every) for fate in FATES}
        for name in names
    }


def survivors(fates: Iterable[Fate]) -> list[Fate]:
    """Those that no check sees and nobody has explained."""
    return [one for one in fates if one.fate == SURVIVED]


def as_json(fate: Fate) -> dict[str, Any]:
    """What `--json` prints of one."""
    mutant, result = fate.mutant, fate.result
    return {
        "name": mutant.short,
        "fix": mutant.fix,
        "file": mutant.file,
        "operator": mutant.operator,
        "fate": fate.fate,
        "why": fate.why,
        "failed": list(result.failed) if result else [],
        "seconds": result.seconds if result else None,
        "folder": str(result.folder) if result and result.folder and result.folder.exists() else None,
        "diff": mutant.diff,
    }
