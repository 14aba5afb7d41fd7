"""What follows from the looks at the wire, the ledger of the CA, the rings of the pager, and what customers got?"""

from __future__ import annotations

from itertools import groupby, pairwise
from math import inf
from typing import Any, NamedTuple

from harness import Picture, Recording

DAYS, LIFETIME_SECONDS, NEIGHBOURS = 90, 12.0, ("partners", "suppliers")
DAY_SECONDS = LIFETIME_SECONDS / DAYS  # compose.yaml tells the containers
SERVED_WITHIN_DAYS, EARLY_DAYS, PAGED_DAYS, AVERTED_DAYS, FINE_DAYS, BY_HAND_DAYS = 15, 15, 12, 6, 36, 40
CHANGING_SECONDS, RETRIED_SECONDS, LAST_SECONDS = 0.6, 2.0, 3.0  # what is issued in the last ones is not waited for
Facts = dict[str, Any]


class State(NamedTuple):
    """From a moment on, when the certificate on an endpoint's wire ends, and whether its file has a newer one."""

    at: float
    end: float
    stale: bool = False


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
    """What was on the shop's wire, and what its renewer ordered. The facts may be those of half a drill."""

    def __init__(self, facts: Facts) -> None:
        """`served`: since when, and which certificate of the CA's; `strangers`: when another one was seen.

        It has come on the wire after the look before the first that shows it: a look takes long on a busy machine.
        """
        known, moments = {one["fingerprint"]: one for one in facts["certificates"]}, [at for at, _ in facts["looks"]]
        after = zip([*moments[:1], *moments], facts["looks"], strict=False)
        looks = [(before, known[shown]) for before, (_, shown) in after if shown in known]
        self.ordered = [one for one in facts["certificates"] if one["serial"] not in facts["by_hand"]]
        self.served = [next(same) for _, same in groupby(looks, key=lambda look: look[1]["serial"])]
        self.strangers = [at for at, shown in facts["looks"] if shown and shown not in known]


def states(facts: Facts) -> dict[str, list[State]]:
    """By endpoint, in their order."""
    by_hand = [one for one in facts["certificates"] if one["serial"] in facts["by_hand"]]
    put = min((one["issued"] for one in by_hand), default=inf)
    shop = [State(at, one["not_after"], at > put and one not in by_hand) for at, one in Wire(facts).served]
    shop += [State(put, state_at(put, shop).end, stale=True)] * bool(by_hand)
    theirs = {name: [State(at, end, file > end) for at, file, end in of] for name, of in facts["neighbours"].items()}
    return {"shop": sorted(shop)} | theirs


def state_at(at: float, known: list[State]) -> State:
    """The last one that had begun."""
    return next((one for one in reversed(known) if one.at <= at), State(0.0, 0.0))


def newest(facts: Facts) -> State:
    """The shop's last certificate on the wire: an old worker may answer once more after it."""
    return max(states(facts)["shop"], key=lambda state: (state.end, -state.at), default=State(0.0, 0.0))


def is_reason(facts: Facts, at: float, known: list[State]) -> bool:
    """At that moment few days were left, or the file had a newer one, or the CA had turned the last order away."""
    state = state_at(at, known)
    granted, refused = (max((x for x in facts["orders"][how] if x < at), default=-1) for how in ("granted", "refused"))
    return state.stale or state.end - at <= FINE_DAYS * DAY_SECONDS or refused > granted


def calls(facts: Facts) -> list[tuple[str, float, float | None]]:
    """Each end so near that somebody had to be told (the shop may avert one later): whose, when, and the first ring."""
    found = list[tuple[str, float, float | None]]()
    for whose, known in states(facts).items():
        for end in dict.fromkeys(state.end for state in known):  # an old worker may answer once more
            served = [nth for nth, state in enumerate(known) if state.end == end]
            over = next((state.at for state in known[served[-1] + 1 :]), inf)
            rang = [at for at, other, _ in facts["rings"] if other == whose and known[served[0]].at < at < over]
            if end and over > end - (AVERTED_DAYS if whose == "shop" else PAGED_DAYS) * DAY_SECONDS:
                found.append((whose, end, min((at for at in rang if is_reason(facts, at, known)), default=None)))
    return found


def is_over(facts: Facts, now: float) -> bool:
    """Whether somebody was told of each end, or it is too late for that."""
    soon = {whose: at + RETRIED_SECONDS for whose, at in facts["missed"].items()}
    silent = [(whose, end - PAGED_DAYS * DAY_SECONDS) for whose, end, rang in calls(facts) if rang is None]
    return all(now > max(late, soon.get(whose, 0.0)) for whose, late in silent)


def waits(seen: Recording) -> tuple[list[float], list[str]]:
    """Days from each new certificate's issue until it, or a newer one, was served; and what was wrong with that."""
    wire, took, late = Wire(seen.facts), list[float](), list[str]()
    for one in (one for one in wire.ordered[1:] if one["issued"] < seen.until - LAST_SECONDS):
        shown = [start for start, other in wire.served if other["issued"] >= one["issued"]]
        older = [start for start, other in wire.served if other["issued"] < one["issued"]]
        took.append(days(min(shown, default=seen.until) - one["issued"]))
        if not shown or took[-1] > SERVED_WITHIN_DAYS:
            how = "came on the wire only" if shown else "was not on the wire"
            late.append(f"serial {one['serial']} {how} {took[-1]:g} days after its issue")
        elif (back := days(max(older, default=0.0) - one["issued"])) > SERVED_WITHIN_DAYS:
            late.append(f"an older one than serial {one['serial']} was on the wire {back:g} days after its issue")
    return took, late


def changes(seen: Recording) -> list[tuple[float, Facts, float]]:
    """Each time when one certificate of the CA's followed another: when, which, and the days that the old one had."""
    served = Wire(seen.facts).served
    return [(at, new, days(old["not_after"] - at)) for (_, old), (at, new) in pairwise(served)]


def outage(seen: Recording) -> tuple[str, float | None]:
    """What was seen of the CA's first outage, and how many days before the end of the old one a new one was served."""
    (fell, back), served = seen.outages[0], Wire(seen.facts).served
    after = [start for start, one in served if one["issued"] >= back and one["serial"] not in seen.by_hand]
    end = max((one["not_after"] for _, one in served if one["issued"] < back), default=0.0)
    lost = "when the CA went away no good certificate was on the wire any more"
    away = f"the CA was away for {days(back - fell):.0f} days" if end > fell else lost
    if not after:
        return f"{away}; no certificate was ordered and served after that", None
    spare = days(end - after[0])
    return f"{away}; the new one was served {before(spare, 'the end of the old one')}", spare


def false_alarms(seen: Recording) -> list[str]:
    """The rings without a reason while nothing was being changed, as words."""
    rings = [(at, whose, states(seen.facts)[whose]) for at, whose, _ in seen.rings]
    calm = [ring for ring in rings if all(abs(state.at - ring[0]) >= CHANGING_SECONDS for state in ring[2])]
    return [f"{whose} at {at:.1f} s" for at, whose, known in calm if not is_reason(seen.facts, at, known)]


def pictures(seen: Recording) -> list[Picture]:
    """What was served, bad from its end on; below it failed requests, the CA, the neighbours, the pager."""
    rows: list[tuple[str, float, float, str, bool]] = []
    known = {one["fingerprint"]: one for one in seen.certificates}
    for shown, same in groupby(seen.looks, key=lambda look: look[1]):
        start, *_, end = [at for at, _ in same] * 2
        one = known.get(shown)
        name = f"serial {one['serial']}" if one else "none of the CA's" if shown else "no TLS"
        good = min(end, max(start, one["not_after"])) if one else start
        rows += [(name, start, good, f"{name} served", False), (name, good, end, f"{name}: bad", True)]
    rows += [("failed", at, at + 0.1, "requests that failed", True) for at in seen.failed_at]
    rows += [("CA away", fell, min(back, seen.until), "no certificate to be had", True) for fell, back in seen.outages]
    for name, theirs in list(states(seen.facts).items())[1:]:
        for (at, end, _), over in zip(theirs, [*(later.at for later in theirs[1:]), seen.until], strict=True):
            rows += [(name, max(at, 0.0), min(end, over), "good", False), (name, max(at, end), over, "not good", True)]
    rows += [(f"pager: {endpoint}", at, at + 0.1, reason[:60], False) for at, endpoint, reason in seen.rings]
    drawn = [dict(zip(("row", "start", "end", "label", "bad"), row, strict=True)) for row in rows if row[1] < row[2]]
    return [Picture("What was served, and for how long it was good", "spans", {"rows": drawn})]
