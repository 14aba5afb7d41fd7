"""What follows from the looks at the wire, the ledger of the CA, the rings of the pager, and what customers got?"""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any, NamedTuple

from harness import Picture, Recording

DAYS, LIFETIME_SECONDS = 90, 12.0
DAY_SECONDS = LIFETIME_SECONDS / DAYS  # compose.yaml tells the containers
SERVED_WITHIN_DAYS, EARLY_DAYS, PAGED_DAYS, FINE_DAYS = 15, 15, 12, 36
CHANGING_SECONDS, LAST_SECONDS = 0.6, 3.0  # what is issued in the last seconds of the drill is not waited for
Facts = dict[str, Any]


class Span(NamedTuple):
    """A stretch in which all looks at the wire saw the same, in seconds of the drill."""

    start: float
    end: float
    shown: str | None
    certificate: Facts | None
    """`serial`, `fingerprint`, `issued`, `not_before`, `not_after`; None if the CA has not issued it to the shop."""


def days(seconds: float) -> float:
    """Those of the lab, to a tenth."""
    return round(seconds / DAY_SECONDS, 1)


def before(left_days: float, what: str) -> str:
    """`3 days before its end`, or after it."""
    return f"{abs(left_days):g} days {'before' if left_days >= 0 else 'after'} {what}"


def most(moments: list[float], seconds: float) -> int:
    """How many of them fall into a window of so many seconds, where most do."""
    return max((sum(start <= at < start + seconds for at in moments) for start in moments), default=0)


class Wire:
    """What was on the shop's wire, what its CA issued, when the pager rang. The facts may be those of half a drill."""

    def __init__(self, facts: Facts) -> None:
        """`facts`: certificates, looks, orders and rings."""
        self.issued: list[Facts] = facts["certificates"]
        known = {one["fingerprint"]: one for one in self.issued}
        looked = [(shown, [at for at, _ in same]) for shown, same in groupby(facts["looks"], key=lambda look: look[1])]
        self.spans = [Span(at[0], at[-1], shown, known.get(shown or "")) for shown, at in looked]
        self.served = [(span.start, span.certificate) for span in self.spans if span.certificate]
        self.strangers = [span.start for span in self.spans if span.shown and not span.certificate]
        self._rings, self._orders = facts["rings"], facts["orders"]

    def newest(self) -> tuple[float, float]:
        """Since when the last of the CA's certificates that came on the wire was there, and when it ends."""
        last = max((one["issued"] for _, one in self.served), default=0.0)
        first = [(start, one["not_after"]) for start, one in self.served if one["issued"] == last]
        return first[0] if first else (0.0, 0.0)  # an old worker may answer once more after it

    def ends_at(self, at: float) -> float:
        """When what was on the wire at that moment ends; 0 if that was nothing of the CA's."""
        begun = [span.certificate for span in self.spans if span.start <= at]
        return float(begun[-1]["not_after"]) if begun and begun[-1] else 0.0

    def is_reason(self, at: float, end: float) -> bool:
        """Few days were left at that moment, or the CA had turned the last order away."""
        granted, refused = (max((x for x in self._orders[how] if x < at), default=-1) for how in ("granted", "refused"))
        return end - at <= FINE_DAYS * DAY_SECONDS or refused > granted

    def warnings(self) -> list[float]:
        """When the pager rang with a reason for the shop's newest certificate, not only because that had just come."""
        since, end = self.newest()
        rang = [at for at, endpoint, _ in self._rings if endpoint == "shop" and at > since + CHANGING_SECONDS]
        return [at for at in rang if self.is_reason(at, end)]


def waits(seen: Recording) -> tuple[list[float], list[str]]:
    """Days from each new certificate's issue until it, or a newer one, was served; and which waits were too long."""
    wire = Wire(seen.facts)
    took: list[float] = []
    late: list[str] = []
    for number, one in enumerate(wire.issued):
        if number and one["issued"] < seen.until - LAST_SECONDS:
            shown = [start for start, other in wire.served if other in wire.issued[number:]]
            took.append(days(min(shown, default=seen.until) - one["issued"]))
            if not shown or took[-1] > SERVED_WITHIN_DAYS:
                how = "came on the wire only" if shown else "was not on the wire"
                late.append(f"serial {one['serial']} {how} {took[-1]:g} days after its issue")
    return took, late


def changes(seen: Recording) -> list[tuple[float, Facts, float]]:
    """Each time when one certificate of the CA's followed another: when, which, and the days that the old one had."""
    pairs = [(old, new, at) for (_, old), (at, new) in pairwise(Wire(seen.facts).served) if old != new]
    return [(at, new, days(old["not_after"] - at)) for old, new, at in pairs]


def outage(seen: Recording) -> tuple[str, float | None]:
    """What was seen of the CA's first outage, and how many days before the end of the old one a new one was served."""
    (fell, back), served = seen.outages[0], Wire(seen.facts).served
    after = [start for start, one in served if one["issued"] >= back]
    end = max((one["not_after"] for _, one in served if one["issued"] < back), default=0.0)
    away = f"the CA was away for {days(back - fell):.0f} days"
    away = away if end > fell else "when the CA went away no good certificate was on the wire any more"
    if not after:
        return f"{away}; no certificate was ordered and served after that", None
    spare = days(end - after[0])
    return f"{away}; the new one was served {before(spare, 'the end of the old one')}", spare


def partners(facts: Facts) -> tuple[float, float, float]:
    """Since when they serve the certificate that they keep; since when their file is newer; when that one ends."""
    fresh, serial = facts["partners_shown"][-1]
    [end] = [one["not_after"] for one in facts["partners"] if one["serial"] == serial]
    return fresh, facts["partners"][-1]["issued"], end


def paged(seen: Recording) -> dict[str, tuple[float | None, str]]:
    """By endpoint how many days before its end the pager rang first with a reason (None: never); the same in words."""
    wire, (_, stale, end) = Wire(seen.facts), partners(seen.facts)
    theirs = [at for at, endpoint, _ in seen.rings if endpoint == "partners" and at > stale]  # reason enough
    found: dict[str, tuple[float | None, str]] = {}
    for endpoint, rings, ends in (("shop", wire.warnings(), wire.newest()[1]), ("partners", theirs, end)):
        left = days(ends - min(rings)) if rings else None
        earlier = " when there was reason to" * any(other == endpoint for _, other, _ in seen.rings)
        none = f"the pager did not ring for {endpoint}{earlier}"
        found[endpoint] = left, none if left is None else f"for {endpoint} the pager rang {before(left, 'the end')}"
    return found


def false_alarms(seen: Recording) -> list[str]:
    """The rings without a reason while nothing was being changed, as words."""
    wire, (fresh, stale, end) = Wire(seen.facts), partners(seen.facts)
    changing = {"partners": [fresh, stale], "shop": [span.start for span in wire.spans[1:]]}
    rang = [(at, whose) for at, whose, _ in seen.rings if at > fresh]
    calm = [(at, whose) for at, whose in rang if all(abs(x - at) >= CHANGING_SECONDS for x in changing[whose])]
    ends = [end if whose == "partners" else wire.ends_at(at) for at, whose in calm]
    return [
        f"{whose} at {at:.1f} s" for (at, whose), end in zip(calm, ends, strict=True) if not wire.is_reason(at, end)
    ]


def pictures(seen: Recording) -> list[Picture]:
    """What was served, bad from its end on; below it failed requests, the CA, the pager."""
    rows: list[tuple[str, float, float, str, bool]] = []
    for start, end, shown, one in Wire(seen.facts).spans:
        name = f"serial {one['serial']}" if one else "none of the CA's" if shown else "no TLS"
        good = min(end, max(start, one["not_after"])) if one else start
        rows += [(name, start, good, f"{name} served", False), (name, good, end, f"{name}: bad", True)]
    rows += [("failed", at, at + 0.1, "requests that failed", True) for at in seen.failed_at]
    rows += [("CA away", fell, min(back, seen.until), "no certificate to be had", True) for fell, back in seen.outages]
    rows += [(f"pager: {endpoint}", at, at + 0.1, reason[:60], False) for at, endpoint, reason in seen.rings]
    drawn = [dict(zip(("row", "start", "end", "label", "bad"), row, strict=True)) for row in rows if row[1] < row[2]]
    return [Picture("What was served, and for how long it was good", "spans", {"rows": drawn})]
