"""What follows from the looks at the wire, the ledger of the CA and the rings of the pager?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from onlooker import DAY_SECONDS, LIFETIME_SECONDS

Facts = dict[str, Any]
BROKEN = ("broken off", "wrong answer")
SERVED_WITHIN_DAYS, FINE_DAYS, CHANGING_SECONDS = 15, 36, 0.6
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
        "paged": {"shop": _shop_paged(raw, ours), "partners": _partners_paged(raw)},
        "false_alarms": sum(_false(ring, raw, ours) for ring in raw["rings"]),
    }


def _days(seconds: float) -> float:
    return round(seconds / DAY_SECONDS, 1)


def _judged(raw: Facts) -> list[Facts]:
    return [entry for entry in raw["certificates"][1:] if entry["issued"] < raw["until"] - LAST_SECONDS]


def _renewal(entry: Facts, ours: list[Facts], until: float) -> Facts:
    """How many days after its issue this certificate, or a newer one, was on the wire."""
    shown = [span["start"] for span in ours if span["certificate"]["no"] >= entry["no"]]
    days = _days(min(shown, default=until) - entry["issued"])
    said = f"{'only' if shown else 'not even'} {days:g} days later"
    return {"no": entry["no"], "late": not shown or days > SERVED_WITHIN_DAYS, "said": said}


def _rotation(old: Facts, new: Facts, fell: float) -> Facts:
    """How much the old one had left, and whether that was before the outage of the CA."""
    left = _days(old["certificate"]["not_after"] - new["start"])
    issued = new["certificate"]["issued"]
    return {"issued": issued, "at": new["start"], "left_days": left, "normal": issued < fell}


def _outage(raw: Facts, ours: list[Facts]) -> Facts:
    """`gap_days`: from the end of what was served to the first that was issued afterwards; None if none came."""
    after = [span["start"] for span in ours if span["certificate"]["issued"] > raw["back"]]
    ends = [span["certificate"]["not_after"] for span in ours if span["certificate"]["issued"] <= raw["back"]]
    gap = _days(after[0] - max(ends, default=0.0)) if after else None
    return {"away_days": _days(raw["back"] - raw["fell"]), "refused": raw["refused"], "gap_days": gap}


def _exports(exports: list[tuple[float, float, str | None]], changes: list[Facts]) -> Facts:
    """`under_way`: those that had begun before the new certificate was seen, and ended after its issue."""
    under_way = sum(any(begun < new["at"] and new["issued"] < ended for new in changes) for begun, ended, _ in exports)
    broken = sum(error in BROKEN for _, _, error in exports)
    return {"begun": len(exports), "under_way": under_way, "broken": broken}


def _most(moments: list[float], seconds: float) -> int:
    """How many of them fall into a window of so many seconds, where most do."""
    return max((sum(start <= at < start + seconds for at in moments) for start in moments), default=0)


def _shop_paged(raw: Facts, ours: list[Facts]) -> float | None:
    return _paged(raw, "shop", ours[-1]["start"], ours[-1]["certificate"]["not_after"]) if ours else None


def _partners_paged(raw: Facts) -> float | None:
    return _paged(raw, "partners", raw["partners_stale"], raw["partners_end"])


def _paged(raw: Facts, endpoint: str, since: float, end: float) -> float | None:
    """How many days before the end the pager rang first; None if it did not ring."""
    rings = [ring["at"] for ring in raw["rings"] if ring["endpoint"] == endpoint and ring["at"] > since]
    return _days(end - min(rings)) if rings else None


def _false(ring: Facts, raw: Facts, ours: list[Facts]) -> bool:
    """It rang while the CA was there, what was served had many days left, and was not just being changed."""
    if ring["endpoint"] == "partners":
        return bool(raw["partners_fresh"] < ring["at"] < raw["partners_stale"])
    served = [span for span in ours if span["start"] <= ring["at"] <= span["end"]]
    changing = any(abs(span["start"] - ring["at"]) < CHANGING_SECONDS for span in ours[1:])
    left = max((_days(span["certificate"]["not_after"] - ring["at"]) for span in served), default=0.0)
    return not changing and 0 < ring["at"] < raw["fell"] and left > FINE_DAYS
