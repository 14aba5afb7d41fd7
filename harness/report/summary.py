"""What do the words and tables of the report say?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from harness.report.course import number
from harness.report.drawing import Json

SIGNS = {"FIXED": "✓", "BROKEN": "✗", "UNKNOWN": "?"}
OUTCOMES = {"failed": ("✗", "broken"), "unknown": ("?", "unknown"), "passed": ("✓", "fixed")}
BAD_PERCENT = 1.0
LONGEST_FACTS = 20_000


@dataclass(frozen=True)
class Check:
    """A check as the page shows it."""

    name: str
    outcome: str
    sign: str
    style: str
    promise: str
    why: str
    seen: str
    wanted: str
    symptom: bool


@dataclass(frozen=True)
class Figures:
    """What one phase of one run came to, as texts; `bad` if too many requests failed."""

    seconds: str = "–"
    rate: str = "–"
    p95: str = "–"
    errors: str = "–"
    bad: bool = False


def checks(verdict: Json) -> list[Check]:
    """All checks, failed ones first, then unknown ones; each group in the order of the lab."""
    order = list(OUTCOMES)
    rows = [_check(row, verdict.get("symptom")) for row in verdict.get("checks") or []]
    return sorted(rows, key=lambda check: order.index(check.outcome) if check.outcome in order else len(order))


def _check(row: Json, symptom: object) -> Check:
    name, outcome = str(row.get("name", "")), str(row.get("outcome", "unknown"))
    sign, style = OUTCOMES.get(outcome, OUTCOMES["unknown"])
    seen, wanted = _split(str(row.get("message") or "").strip())
    promise, why = str(row.get("promise") or name), str(row.get("why") or "")
    return Check(name, outcome, sign, style, promise, why, seen, wanted, name == symptom)


def _split(message: str) -> tuple[str, str]:
    """What was seen and what was wanted, if the message tells them apart."""
    seen, comma, wanted = message.rpartition(", wanted ")
    return (seen, wanted) if comma else (message, "")


def headline(recording: Json, verdict: Json) -> str:
    """What the verdict means, in one sentence."""
    outcomes = [str(row.get("outcome")) for row in verdict.get("checks") or []]
    failed, total = outcomes.count("failed"), len(outcomes)
    word = verdict.get("verdict")
    if word == "FIXED":
        return f"All {total} promises are kept." if total > 1 else "The promise is kept."
    if word != "BROKEN":
        return "This run cannot be judged."
    broken = f"{failed} of {total} promises {'is' if failed == 1 else 'are'} broken"
    return f"The outage is reproduced: {broken}." if _reproduced(recording, verdict) else f"{broken}."


def _reproduced(recording: Json, verdict: Json) -> bool:
    failed = [row.get("name") for row in verdict.get("checks") or [] if row.get("outcome") == "failed"]
    return recording.get("variant") == "as shipped" and verdict.get("symptom") in failed


def reasons(recording: Json, verdict: Json) -> list[str]:
    """The verdict's reasons and the recording's, each once."""
    told = [*(verdict.get("reasons") or []), *(recording.get("unknown") or [])]
    return list(dict.fromkeys(str(reason) for reason in told))


def phase_figures(recording: Json | None) -> dict[str, Figures]:
    """The figures of each phase by its name, in the order of time."""
    rows = ((recording or {}).get("traffic") or {}).get("phases") or {}
    names = dict.fromkeys([str(phase.get("name")) for phase in (recording or {}).get("phases") or []] + list(rows))
    return {name: figures(rows.get(name) or {}) for name in names}


def figures(row: Json) -> Figures:
    """The figures of one phase, or of one name within it."""
    requests, seconds, bad = (number(row.get(key)) for key in ("requests", "seconds", "errors"))
    if not requests:
        return Figures(seconds=_seconds(seconds), rate="0" if seconds and requests == 0 else "–")
    percent = 100 * (bad or 0) / requests
    rate = f"{requests / seconds:.0f}" if seconds else "–"
    return Figures(_seconds(seconds), rate, milliseconds(row.get("p95_ms")), _percent(percent), percent >= BAD_PERCENT)


def names_of(recording: Json) -> list[tuple[str, str, str, Figures]]:
    """Phase, request name, requests and figures for each name of each phase."""
    phases = (recording.get("traffic") or {}).get("phases") or {}
    rows = [(phase, name, each) for phase, row in phases.items() for name, each in (row.get("by_name") or {}).items()]
    return [(str(phase), str(name), str(each.get("requests", "–")), figures(each)) for phase, name, each in rows]


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def _percent(value: float) -> str:
    return "0 %" if value == 0 else f"{value:.2g} %" if value < 10 else f"{value:.0f} %"  # noqa: PLR2004 - digits worth showing


def milliseconds(value: object) -> str:
    """A latency as people say it: 9 ms, 1.9 s."""
    ms = number(value)
    if not ms:
        return "–"
    return f"{ms / 1000:.2g} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"  # noqa: PLR2004 - digits worth showing


def memory(recording: Json) -> list[tuple[str, str, float]]:
    """Container, MiB and its share (0 to 100) of the largest, largest first."""
    known = [
        (str(name), number(mib)) for name, mib in ((recording.get("memory") or {}).get("by_container") or {}).items()
    ]
    rows = sorted(((name, mib) for name, mib in known if mib is not None), key=lambda row: -row[1])
    largest = rows[0][1] if rows else 1.0
    return [(name, f"{mib:.0f} MiB", round(100 * mib / (largest or 1.0), 1)) for name, mib in rows]


def provenance(recording: Json, verdict: Json) -> list[tuple[str, str]]:
    """Where the run comes from, as pairs of name and value."""
    host = recording.get("host") or {}
    pairs = [
        ("run", recording.get("run") or verdict.get("run")),
        ("purpose", recording.get("purpose")),
        ("code", recording.get("variant")),
        ("seed", recording.get("seed")),
        ("host", _host(host)),
        *((str(name), value) for name, value in (recording.get("versions") or {}).items()),
        *((str(name).replace("_", " "), value) for name, value in (recording.get("durations") or {}).items()),
        ("recording format", recording.get("format")),
    ]
    return [
        (name, f"{value:.2f}" if isinstance(value, float) else str(value))
        for name, value in pairs
        if value not in (None, "")
    ]


def _host(host: Json) -> str:
    memory_mib = number(host.get("memory_mib"))
    parts = [f"{host['cores']} cores" if "cores" in host else "", f"{memory_mib / 1024:.0f} GiB" if memory_mib else ""]
    return ", ".join(part for part in parts if part)


def masthead(recording: Json, verdict: Json) -> list[tuple[str, str]]:
    """The facts beside the verdict: lab, code, time, seed, duration."""
    took = number(verdict.get("seconds")) or number((recording.get("durations") or {}).get("drill_seconds"))
    pairs = [
        ("Code", recording.get("variant")),
        ("Time", moment(recording.get("started_at"))),
        ("Took", f"{took:.0f} s" if took else None),
        ("Seed", recording.get("seed")),
    ]
    return [(name, str(value)) for name, value in pairs if value is not None]


def moment(value: object) -> str | None:
    """A time as 23 November 2026, 21:05; what it is if it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value) if value else None
    return f"{at.day} {at:%B %Y, %H:%M} {at:%Z}".strip()


def facts(recording: Json) -> str:
    """The facts as indented JSON, cut off where nobody reads on."""
    if not recording.get("facts"):
        return ""
    whole = json.dumps(recording["facts"], indent=1, ensure_ascii=False, default=str)
    return whole if len(whole) <= LONGEST_FACTS else whole[:LONGEST_FACTS] + "\n… the rest stands in recording.json"


def title(recording: Json, slug: str) -> str:
    """The lab's title; where the recording has none, its name as a heading: cache-stampede → Cache stampede."""
    if recording.get("title"):
        return str(recording["title"])
    words = slug.replace("-", " ").strip()
    return words[:1].upper() + words[1:]
