"""When did the pager ring, and was there a reason?"""

from __future__ import annotations

from typing import Any

from .onlooker import DAY_SECONDS

Facts = dict[str, Any]
FINE_DAYS, CHANGING_SECONDS = 36, 0.6


def days(seconds: float) -> float:
    """Those of the lab, to a tenth."""
    return round(seconds / DAY_SECONDS, 1)


def before(left_days: float, what: str) -> str:
    """`3 days before its end`, or after it."""
    return f"{abs(left_days):g} days {'before' if left_days >= 0 else 'after'} {what}"


def newest(wire: list[Facts]) -> tuple[float, float] | None:
    """Since when the last of the CA's certificates that were on the wire was there, and when it ends."""
    ours = [span for span in wire if span["certificate"]]
    if not ours:
        return None
    first = max(ours, key=lambda span: int(span["certificate"]["no"]))  # an old worker may answer once more after it
    return float(first["start"]), float(first["certificate"]["not_after"])


def warned(noted: Facts, wire: list[Facts]) -> list[float]:
    """When it rang with a reason for the shop's newest certificate, and not only because that had just come."""
    since, end = newest(wire) or (0.0, 0.0)
    rings = [ring["at"] for ring in noted["rings"] if ring["endpoint"] == "shop"]
    return [at for at in rings if at > since + CHANGING_SECONDS and _reason(at, end, noted["orders"])]


def _reason(at: float, end: float, orders: list[Facts]) -> bool:
    """Few days were left, or the CA had turned the last order away."""
    asked = [order for order in orders if order["at"] < at]
    return end - at <= FINE_DAYS * DAY_SECONDS or bool(asked and asked[-1]["refused"])


def paged(raw: Facts) -> Facts:
    """By endpoint how many days before its end the pager rang first, None if it did not, and the same as words.

    That the partners serve an old certificate when their file is new is a reason at once.
    """
    stale, end = raw["partners_stale"], raw["partners_end"]
    partners = [ring["at"] for ring in raw["rings"] if ring["endpoint"] == "partners" and ring["at"] > stale]
    _, shops_end = newest(raw["wire"]) or (0.0, 0.0)
    shop = warned(raw, raw["wire"])
    return {"shop": _told("shop", shop, shops_end, raw), "partners": _told("partners", partners, end, raw)}


def _told(endpoint: str, rings: list[float], end: float, raw: Facts) -> Facts:
    if rings:
        left = days(end - min(rings))
        return {"days": left, "said": f"for {endpoint} the pager rang {before(left, 'the end')}"}
    earlier = any(ring["endpoint"] == endpoint for ring in raw["rings"])
    return {"days": None, "said": f"the pager did not ring for {endpoint}{' when there was reason to' * earlier}"}


def false_alarms(raw: Facts) -> int:
    """How often it rang without a reason while nothing was being changed."""
    return sum(_false(ring["endpoint"], ring["at"], raw) for ring in raw["rings"])


def _false(endpoint: str, at: float, raw: Facts) -> bool:
    theirs = endpoint == "partners"
    changes = [raw["partners_fresh"], raw["partners_stale"]] if theirs else [span["start"] for span in raw["wire"][1:]]
    changing = any(abs(moment - at) < CHANGING_SECONDS for moment in changes)
    end = raw["partners_end"] if theirs else _served_until(at, raw["wire"])
    return at > raw["partners_fresh"] and not changing and not _reason(at, end, raw["orders"])


def _served_until(at: float, wire: list[Facts]) -> float:
    """When what was on the wire at that moment ends; 0 if that was nothing of the CA's."""
    begun = [span for span in wire if span["start"] <= at]
    return float(begun[-1]["certificate"]["not_after"]) if begun and begun[-1]["certificate"] else 0.0
