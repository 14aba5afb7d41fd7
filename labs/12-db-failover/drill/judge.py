"""Which machine took the orders that customers were told are taken, and which of them are lost?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness import Picture, Recording

MACHINES, NIGHTS, NOWHERE = ("db-a", "db-b", "db-c"), ("crash", "blind", "stale"), "nowhere"
RESUME_SECONDS, FLOW_SECONDS, GAP_SECONDS, IN_FLIGHT_SECONDS = 10.0, 1.5, 1.0, 0.5


class Write(NamedTuple):
    """An order that a customer was told is taken. Times are seconds of the drill."""

    sent: float
    told: float
    writer: str  # the machine that wrote it (the last one, if several did), and its timeline then: `db-a (timeline 1)`
    written: float
    on: set[str]  # the machines that have it when the night is over


@dataclass(frozen=True)
class Night:
    """One scenario on a fresh cluster, with its facts as nights.py has noted them."""

    name: str
    facts: dict[str, Any]
    sent: int  # orders that customers sent
    refused: tuple[int, int]  # orders that were not taken while all databases were well, and all that were sent then
    writes: list[Write]  # the confirmed ones, in the order in which they were sent
    normal: int  # how many were confirmed on the day before

    @property
    def report_ended_after(self) -> float | None:
        """Seconds after which the long report was broken off although no failover was needed; None if it was not."""
        report, until = self.facts["long_report"], self.facts.get("killed", self.facts["ended"])
        broken_off = report["ended"] is not None and not report["given"] and report["ended"] <= until
        return float(report["ended"] - report["begun"]) if broken_off else None

    @property
    def needless(self) -> list[str]:
        """What was done to a cluster whose primary was well."""
        done = [f"the console was asked for `{verb}` of db-a" for verb in self.facts["asked"][:1]]
        led = {name: timeline for name, timeline in self.facts["led"].items() if (name, timeline) != (MACHINES[0], 1)}
        asked = [name for name, state in self.facts["states"].items() if "asked" in state.get("words", "")]
        return done + [f"{name} was promoted" for name in (*led, *(asked if self.name == "blind" else ()))]

    def rate(self, since: float, until: float) -> float:
        """Orders confirmed in this time, as a part of what is usual."""
        usual = self.normal / float(self.facts["normal_until"] - self.facts["began"])
        return sum(since <= w.told <= until for w in self.writes) / max(until - since, FLOW_SECONDS) / max(usual, 1.0)

    def flow(self, since: float, until: float) -> float:
        """The same, or that of the last of this time: orders have to come back."""
        return max(self.rate(since, until), self.rate(until - FLOW_SECONDS, until))

    def lacking(self, name: str | None) -> list[Write]:
        """The confirmed orders that this machine does not have at the end; none where there is no machine."""
        return [write for write in self.writes if name and name not in write.on]

    @property
    def kept_on(self) -> str | None:
        """The machine that customers are to use at the end: the newest primary, of two equally new ones the worse."""
        timelines = self.facts["timelines"]
        return max(timelines, key=lambda name: (timelines[name], len(self.lacking(name))), default=None)

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
    for machine, table in facts["tables"].items():
        for number, at_ms, writer in zip(*(table[key] or [] for key in ("number", "at_ms", "writer")), strict=True):
            known[number].append((at_ms / 1000, writer))
            on[number].add(machine)
    asked, writes = [], []
    for number, sent_ms, told_ms in zip(*(seen.orders[key] for key in ("number", "sent_ms", "told_ms")), strict=True):
        if facts["began"] <= sent_ms / 1000 <= facts["ended"]:
            asked.append((sent_ms / 1000, told_ms is not None))
            if told_ms is not None and told_ms / 1000 <= facts["ended"]:
                written, writer = max(known[number], default=(0.0, NOWHERE))
                writes.append(Write(sent_ms / 1000, told_ms / 1000, writer, written, on[number]))
    well = [told for sent, told in asked if sent <= facts.get("harmed", facts["ended"]) - IN_FLIGHT_SECONDS]
    normal = sum(write.told <= facts["normal_until"] for write in writes)
    return Night(name, facts, len(asked), (well.count(False), len(well)), sorted(writes), normal)


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
