"""Which machine took the orders that customers were told are taken, and which of them are lost?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

NOWHERE = "on no machine that still runs"
GAP_SECONDS = 1.0
EARLY_SECONDS = 0.5


class Taken(NamedTuple):
    """An order as a machine has it."""

    writer: str
    """The machine that wrote it, and on which timeline."""
    at: float
    """When, in seconds of the drill's clock."""


@dataclass
class Night:
    """One scenario on a fresh cluster, as the drill saw it."""

    began: float
    normal: int = 0
    """Orders acknowledged before anything happened, and in which time."""
    normal_seconds: float = 1.0
    ended: float = 0.0
    returned: float = 0.0
    flowed: tuple[float, float] = (0.0, 0.0)
    """When the old primary came back, and from when to when orders were counted after that, if it did."""
    tables: dict[str, dict[int, Taken]] = field(default_factory=dict)
    """At the end: machine to its orders, and who wrote each."""
    timelines: dict[str, int] = field(default_factory=dict)
    """At the end: each machine that takes writes, and its timeline."""
    met: dict[str, dict[int, Taken]] = field(default_factory=dict)
    """The same, while two machines took writes."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Write:
    """An order that was acknowledged."""

    number: int
    sent: float
    acknowledged: float
    writer: str
    early: bool
    """Whether it was acknowledged before any machine had it."""


def writes(night: Night, notes: dict[str, list[dict[str, Any]]]) -> list[Write]:
    """The night's acknowledged orders, in their order."""
    sent = {note["order"]: note["at"] for note in notes["sent"]}
    tables = (*night.met.values(), *night.tables.values())
    known = {number: taken for table in tables for number, taken in table.items()}
    told = [(note["order"], sent[note["order"]], note["at"]) for note in notes["acknowledged"]]
    mine = [each for each in told if night.began <= each[1] and each[2] <= night.ended]
    nowhere = Taken(NOWHERE, 0.0)
    return [
        Write(number, begun, at, known.get(number, nowhere).writer, known.get(number, nowhere).at > at + EARLY_SECONDS)
        for number, begun, at in mine
    ]


def judged(night: Night, took: list[Write]) -> dict[str, Any]:
    """What the checks need to know of the night."""
    missing = {name: lacking(night, took, name) for name in night.timelines}
    # Customers are to use the newest primary; of two equally new ones the worse is judged.
    kept = max(missing, key=lambda name: (night.timelines[name], len(missing[name])), default=None)
    after = [w.writer for w in took if night.returned and w.sent >= night.returned]
    return night.facts | {
        "acknowledged": len(took),
        "primaries": list(night.timelines),
        "promoted": {name: before(night, name, missing[name]) for name in missing if night.timelines[name] > 1},
        "kept_on": kept,
        "lost": sorted(w.number for w in missing[kept])[:1000] if kept else [],
        "early": sum(w.early for w in took),
        "writers": sorted({w.writer for w in took} - {NOWHERE}),
        "two_at_once": two_at_once(took),
        "after_return": len(after),
        "old_after_return": sum(by in (writer("db-a", 1), NOWHERE) for by in after),
    }


def lacking(night: Night, took: list[Write], name: str) -> list[Write]:
    """The acknowledged orders that this machine does not have."""
    return [write for write in took if write.number not in night.tables[name]]


def before(night: Night, name: str, missing: list[Write]) -> int:
    """How many of these orders were sent before this machine took its first one as the primary that it is."""
    own = [taken.at for taken in night.tables[name].values() if taken.writer == writer(name, night.timelines[name])]
    return sum(write.sent < min(own, default=night.ended) for write in missing)


def writer(name: str, timeline: int) -> str:
    """A primary of this timeline, as it is called here and in TAKEN."""
    return f"{name} (timeline {timeline})"


def two_at_once(took: list[Write]) -> list[str]:
    """Pairs of writers of which each acknowledged an order before the other began one that it acknowledged too."""
    first = {w.writer: w.acknowledged for w in sorted(took, key=lambda w: -w.acknowledged)}
    last = {w.writer: w.sent for w in sorted(took, key=lambda w: w.sent)}
    names = sorted(set(first) - {NOWHERE})
    pairs = [(one, two) for one in names for two in names if one < two]
    return [f"{one} and {two}" for one, two in pairs if first[one] < last[two] and first[two] < last[one]]


def spans(took: list[Write], crowd: list[str]) -> list[dict[str, Any]]:
    """Who acknowledged orders when, as rows of a picture."""
    rows: list[dict[str, Any]] = []
    for write in sorted(took, key=lambda w: w.acknowledged):
        mine = [row for row in rows if row["label"] == write.writer]
        if mine and write.acknowledged - mine[-1]["end"] < GAP_SECONDS:
            mine[-1]["end"] = write.acknowledged
        else:
            bad = write.writer == NOWHERE or any(write.writer in pair for pair in crowd)
            row = {"row": write.writer.partition(" (")[0], "label": write.writer, "bad": bad}
            rows.append(row | {"start": write.sent, "end": write.acknowledged})
    return rows
