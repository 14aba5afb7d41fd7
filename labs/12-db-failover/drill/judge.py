"""Which machine took the orders that customers were told are taken, and which of them are lost?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness import Picture, Recording

MACHINES, NIGHTS = ("db-a", "db-b", "db-c"), ("crash", "blind", "stale")
NOWHERE = "nowhere"
RESUME_SECONDS, FLOW_SECONDS, GAP_SECONDS = 10.0, 1.5, 1.0
FAILOVER_SECONDS = 5.0
"""A failover may end reports for so long before its new primary is seen."""


class Write(NamedTuple):
    """An order that a customer was told is taken. Times are seconds of the drill."""

    sent: float
    told: float
    writer: str
    """The machine that wrote it (the last one, if several did), and its timeline then: `db-a (timeline 1)`."""
    written: float
    on: set[str]
    """The machines that have it when the night is over."""


@dataclass(frozen=True)
class Night:
    """One scenario on a fresh cluster, with its facts as nights.py has noted them."""

    name: str
    facts: dict[str, Any]
    sent: int
    """Orders that customers sent."""
    writes: list[Write]
    """The confirmed ones, in the order in which they were sent."""
    normal: int
    """How many were confirmed on the day before."""

    @property
    def report_ended_after(self) -> float | None:
        """Seconds after which the long report was broken off with no harm done and no failover; None if it was not."""
        facts, report, until = self.facts, self.facts["long_report"], self.facts["harmed"]
        if self.name == "blind":
            until = facts["ended"] if facts["succeeded"] is None else max(until, facts["succeeded"] - FAILOVER_SECONDS)
        broken_off = report["ended"] is not None and not report["given"] and report["ended"] <= until
        return float(report["ended"] - report["begun"]) if broken_off else None

    @property
    def flow(self) -> float:
        """Orders confirmed in the time that they had to come back, or in the last of it, as a part of what is usual."""
        since, until = self.facts["flowed"] or (0.0, 0.0)
        usual = max(self.normal / (self.facts["normal_until"] - self.facts["began"]), 1.0)
        counts = {begin: sum(begin <= w.told <= until for w in self.writes) for begin in (since, until - FLOW_SECONDS)}
        return float(max(count / max(until - begin, FLOW_SECONDS) for begin, count in counts.items()) / usual)

    def lacking(self, name: str | None) -> list[Write]:
        """The confirmed orders that this machine does not have at the end; none where there is no machine."""
        return [write for write in self.writes if name and name not in write.on]

    @property
    def kept_on(self) -> str | None:
        """The machine that customers are to use at the end: the newest primary, of two equally new ones the worse."""
        timelines = self.facts["timelines"]
        return max(timelines, key=lambda name: (timelines[name], len(self.lacking(name))), default=None)

    def lost_by(self, name: str) -> int:
        """The orders that this machine lacks, and that were sent before it took its first as the primary that it is."""
        writer = f"{name} (timeline {self.facts['timelines'][name]})"
        first = min((write.written for write in self.writes if write.writer == writer), default=self.facts["ended"])
        return sum(write.sent < first for write in self.lacking(name))

    @property
    def writers(self) -> list[str]:
        """Those that wrote confirmed orders."""
        return sorted({write.writer for write in self.writes} - {NOWHERE})

    @property
    def in_turn(self) -> list[tuple[str, str]]:
        """Writers of which each confirmed an order before the other began one that it confirmed too."""
        first = {write.writer: write.told for write in sorted(self.writes, key=lambda write: -write.told)}
        last = {write.writer: write.sent for write in self.writes}
        pairs = [(one, two) for one in self.writers for two in self.writers if one < two]
        return [(one, two) for one, two in pairs if first[one] < last[two] and first[two] < last[one]]

    def said(self, since: float, until: float) -> list[str]:
        """What `/status` gave as `ready` in this time, as JSON."""
        return [ready for at, ready in self.facts["status"] if since <= at <= until]

    @property
    def states(self) -> str:
        """How machines and controller stood when the drill had waited for orders."""
        told = [f"{name} {state.get('words', 'did not answer')}" for name, state in self.facts["states"].items()]
        code = self.facts["exit_code"]
        return "; ".join(told if code is None else [*told, f"the controller had ended by itself (exit code {code})"])


def night_of(seen: Recording, name: str) -> Night:
    """The night with its orders."""
    facts: dict[str, Any] = seen.nights[name]
    on, known = defaultdict(set), defaultdict(list)
    for machine, table in [("", table) for table in facts["met"].values()] + list(facts["tables"].items()):
        for number, at_ms, writer in zip(*(table[key] or [] for key in ("number", "at_ms", "writer")), strict=True):
            known[number].append((at_ms / 1000, writer))
            on[number].add(machine)
    sent, writes = 0, []
    for number, sent_ms, told_ms in zip(*(seen.orders[key] for key in ("number", "sent_ms", "told_ms")), strict=True):
        mine = facts["began"] <= sent_ms / 1000 <= facts["ended"]
        sent += mine
        if mine and told_ms is not None and told_ms / 1000 <= facts["ended"]:
            written, writer = max(known[number], default=(0.0, NOWHERE))
            writes.append(Write(sent_ms / 1000, told_ms / 1000, writer, written, on[number]))
    normal = sum(write.told <= facts["normal_until"] for write in writes)
    return Night(name, facts, sent, sorted(writes, key=lambda write: write.sent), normal)


def pictures(seen: Recording) -> list[Picture]:
    """Which machine confirmed orders in each second."""
    rows: list[dict[str, Any]] = []
    for night in (night_of(seen, name) for name in NIGHTS):
        bad = {NOWHERE, *(writer for pair in night.in_turn for writer in pair)}
        for write in sorted(night.writes, key=lambda write: write.told):
            about = {"row": write.writer.partition(" ")[0], "label": write.writer, "bad": write.writer in bad}
            same = [row for row in rows[-2:] if row["label"] == write.writer and write.told - row["end"] < GAP_SECONDS]
            rows += [] if same else [about | {"start": write.sent, "end": write.told}]
            (same or rows)[-1]["end"] = write.told
    return [Picture("Which machine confirmed orders, and when", "spans", {"rows": rows})]
