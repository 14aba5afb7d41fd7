"""What do the words and tables of the report say?"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.judge import recording
from harness.judge.checks import FAILED, PASSED, UNKNOWN_OUTCOME, CheckResult
from harness.judge.recording import Recording
from harness.judge.verdict import BROKEN, FIXED, UNKNOWN, Verdict
from harness.lab.variants import AS_SHIPPED, STUDENT
from harness.text import named

SIGNS = {FIXED: "✓", BROKEN: "✗", UNKNOWN: "?"}
OUTCOMES = {FAILED: ("✗", "broken"), UNKNOWN_OUTCOME: ("?", "unknown"), PASSED: ("✓", "fixed")}
BAD_PERCENT = 1.0
LONGEST_FACT = 600
NOTHING = "–"
WANTED = re.compile(r"(.*)[,;] wanted (.*)", re.DOTALL)


@dataclass(frozen=True)
class Promise:
    """A check as the page shows it."""

    result: CheckResult
    text: str
    """The promise; the check's name where its author wrote none."""
    sign: str
    style: str
    seen: str
    wanted: str
    """What was wanted, where a failed check tells it apart from what was seen."""
    symptom: bool


@dataclass(frozen=True)
class Row:
    """The figures of a phase, or of one kind of request in it, as texts; `bad` if too many requests failed."""

    seconds: str = NOTHING
    requests: str = NOTHING
    rate: str = NOTHING
    p95: str = NOTHING
    errors: str = NOTHING
    bad: bool = False


def promises(judged: Verdict, symptom: str) -> list[Promise]:
    """All checks: failed, then unknown, then kept ones; each group in the order of the lab."""
    order = list(OUTCOMES)
    return [_promise(each, symptom) for each in sorted(judged.told(), key=lambda each: order.index(each.outcome))]


def _promise(result: CheckResult, symptom: str) -> Promise:
    apart = WANTED.fullmatch(result.message)
    told = (apart[1], apart[2]) if apart else (result.message or result.seen, "")
    text = result.promise or named(result.name)
    return Promise(result, text, *OUTCOMES[result.outcome], *told, symptom=result.name == symptom)


def headline(seen: Recording, judged: Verdict, symptom: str) -> str:
    """What the verdict means, in one sentence."""
    failed, total = [each.name for each in judged.failed], len(judged.checks)
    if judged.outcome == FIXED:
        return f"All {total} promises are kept." if total > 1 else "The promise is kept."
    if judged.outcome != BROKEN:
        return "This run cannot be judged."
    if total == 1:
        return "The only promise that could be judged is broken."
    broken = f"{len(failed)} of {total} promises {'is' if len(failed) == 1 else 'are'} broken."
    return f"The outage is reproduced: {broken}" if seen.variant == AS_SHIPPED and symptom in failed else broken


def phases(seen: Recording | None) -> dict[str, Row]:
    """The figures of each phase by its name, in the order of time."""
    return {name: figures(seen.phase(name)) for name in seen.phase_names} if seen else {}


def by_name(seen: Recording) -> list[tuple[str, str, Row]]:
    """Phase, kind of request and figures for each kind of each phase."""
    told = [(phase, seen.phase(phase)) for phase in seen.phase_names]
    return [(phase, name, figures(each.named(name))) for phase, each in told for name in each.by_name]


def figures(each: recording.Figures) -> Row:
    """The figures as texts; without requests there is no latency and no share of errors."""
    seconds, requests = f"{each.seconds:.1f} s", str(each.requests)
    if not each.requests:
        return Row(seconds, requests, rate="0")
    percent = 100 * each.error_ratio
    rate = f"{each.rate:.0f}" if each.seconds else NOTHING
    return Row(seconds, requests, rate, milliseconds(each.p95_ms), _percent(percent), percent >= BAD_PERCENT)


def _percent(value: float) -> str:
    return "0 %" if value == 0 else f"{value:.2g} %" if value < 10 else f"{value:.0f} %"  # noqa: PLR2004 - digits worth showing


def milliseconds(ms: float) -> str:
    """A latency as people say it: 9 ms, 1.9 s."""
    if not ms:
        return NOTHING
    return f"{ms / 1000:.2g} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"  # noqa: PLR2004 - digits worth showing


def memory(seen: Recording) -> list[tuple[str, str, float]]:
    """Container, MiB and its share (0 to 100) of the largest, largest first."""
    rows = sorted(seen.memory.by_container.items(), key=lambda row: -row[1])
    largest = rows[0][1] if rows else 0.0
    return [(name, f"{mib:.0f} MiB", round(100 * mib / (largest or 1.0), 1)) for name, mib in rows]


def about(seen: Recording) -> list[tuple[str, str]]:
    """Where the run comes from and how to repeat it, as pairs of name and value."""
    cores = seen.host.get("cores")
    return [
        ("run", seen.run_id),
        ("code", seen.variant),
        ("the same choices again", f"make lab-{seen.lab} SEED={seen.seed}"),
        *([("machine", f"{cores} cores")] if cores else []),
        *seen.versions.items(),
        *((name.removesuffix("_seconds"), f"{value:.1f} s") for name, value in seen.durations.items()),
    ]


def masthead(seen: Recording) -> list[tuple[str, str]]:
    """The facts beside the verdict: code, time, length of the drill, seed."""
    took = seen.durations.get("drill_seconds")
    pairs = [
        ("Code", "yours" if seen.variant == STUDENT else seen.variant),
        ("Time", moment(seen.started_at)),
        ("Drill", f"{took:.0f} s" if took else ""),
        ("Seed", str(seen.seed)),
    ]
    return [(name, value) for name, value in pairs if value]


def moment(value: str) -> str:
    """An ISO time as 23 November 2026, 21:05 UTC; what it is if it is none."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{at.day} {at:%B %Y, %H:%M} {at:%Z}".strip()


def facts(seen: Recording) -> list[tuple[str, str]]:
    """Each recorded fact by its name as JSON, cut off where nobody reads on."""
    return [(name, _short(value)) for name, value in seen.facts.items()]


def _short(value: Any) -> str:
    whole = json.dumps(value, ensure_ascii=False, default=str)
    if len(whole) <= LONGEST_FACT:
        return whole
    return f"{whole[:LONGEST_FACT]} … ({len(whole):,} characters in all; the rest is in recording.json)"
