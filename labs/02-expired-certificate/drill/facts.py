"""What follows from the looks at the wire, the ledger of the CA and the rings of the pager?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from .onlooker import LIFETIME_SECONDS
from .pager import before, days, false_alarms, paged

Facts = dict[str, Any]
BROKEN = ("broken off", "wrong answer")
SERVED_WITHIN_DAYS = 15
LAST_SECONDS = 3.0
"""What is issued later than that before the end of the drill is not waited for."""


def derived(raw: Facts, exports: list[tuple[float, float, str | None]]) -> Facts:
    """The facts that the checks read; `raw` is what the drill has recorded so far. Days are those of the lab."""
    ours = [span for span in raw["wire"] if span["certificate"]]
    rotations = [_rotation(old, new, raw["fell"]) for old, new in pairwise(ours) if old["shown"] != new["shown"]]
    return {
        "renewals": [_renewal(entry, ours, raw["until"]) for entry in _judged(raw)],
        "rotations": rotations,
        "outage": _outage(raw, ours),
        "exports": _exports(exports, rotations),
        "strangers": [span["start"] for span in raw["wire"] if span["shown"] and not span["certificate"]],
        "plain_ports": sorted({port for look in raw["plain"] for port, orders in (look or {}).items() if orders}),
        "edge_served": bool(ours) and None not in raw["plain"],
        "most_issued": _most([entry["issued"] for entry in raw["certificates"][1:]], LIFETIME_SECONDS),
        "most_asked": _most([order["at"] for order in raw["orders"]], 1.0),
        "paged": paged(raw),
        "false_alarms": false_alarms(raw),
        "ended": "; edge/renew.py had ended, logs/edge.log has it" if raw["renewer_ended"] else "",
    }


def _judged(raw: Facts) -> list[Facts]:
    return [entry for entry in raw["certificates"][1:] if entry["issued"] < raw["until"] - LAST_SECONDS]


def _renewal(entry: Facts, ours: list[Facts], until: float) -> Facts:
    """How many days after its issue this certificate, or a newer one, was on the wire."""
    shown = [span["start"] for span in ours if span["certificate"]["no"] >= entry["no"]]
    took = days(min(shown, default=until) - entry["issued"])
    how = "came on the wire only" if shown else "was not on the wire"
    said = f"no. {entry['no']} {how} {took:g} days after its issue"
    return {"no": entry["no"], "late": not shown or took > SERVED_WITHIN_DAYS, "said": said}


def _rotation(old: Facts, new: Facts, fell: float) -> Facts:
    """How much the old one had left, and whether that was before the outage of the CA."""
    left = days(old["certificate"]["not_after"] - new["start"])
    issued = new["certificate"]["issued"]
    said = f"one was replaced {before(left, 'its end')}"
    return {"issued": issued, "at": new["start"], "left_days": left, "said": said, "normal": issued < fell}


def _outage(raw: Facts, ours: list[Facts]) -> Facts:
    """`survived`: what was issued afterwards was served before the end of what had been served until then.

    `away`: for how long the CA was, or that there was nothing to be lost any more when it went; `said`: what followed.
    """
    after = [span["start"] for span in ours if span["certificate"]["issued"] > raw["back"]]
    ends = [span["certificate"]["not_after"] for span in ours if span["certificate"]["issued"] <= raw["back"]]
    gap = days(after[0] - max(ends, default=0.0)) if after else None
    good = max(ends, default=0.0) > raw["fell"]
    away = f"the CA was away for {days(raw['back'] - raw['fell']):.0f} days"
    away = away if good else "when the CA went away no good certificate was on the wire any more"
    none = "no certificate was ordered and served after that"
    said = none if gap is None else f"the new one was served {before(-gap, 'the end of the old one')}"
    return {"away": away, "refused": raw["refused"], "survived": gap is not None and gap <= 0, "said": said}


def _exports(exports: list[tuple[float, float, str | None]], changes: list[Facts]) -> Facts:
    """`under_way`: those that had begun before the new certificate was seen, and ended after its issue."""
    under_way = sum(any(begun < new["at"] and new["issued"] < ended for new in changes) for begun, ended, _ in exports)
    broken = sum(error in BROKEN for _, _, error in exports)
    return {"begun": len(exports), "under_way": under_way, "broken": broken}


def _most(moments: list[float], seconds: float) -> int:
    """How many of them fall into a window of so many seconds, where most do."""
    return max((sum(start <= at < start + seconds for at in moments) for start in moments), default=0)
