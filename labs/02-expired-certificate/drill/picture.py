"""What does the report draw: which certificate was served when, what failed, and when the pager rang?"""

from __future__ import annotations

from itertools import groupby
from typing import Any

Row = dict[str, Any]


def lifetimes(facts: dict[str, Any]) -> list[Row]:
    """A row for each certificate on the wire, bad from its end on; then failed handshakes, the CA, the pager."""
    rows = [row for span in facts["wire"] for row in _served(span)]
    rows += [_away(facts["fell"], facts["back"]), _away(facts["fell_again"], facts["until"])]
    rows += [_moment("failed", "handshakes that failed", at) for at in _seconds(at for at, _ in facts["failed"])]
    return rows + [_ring(ring) for ring in facts["rings"]]


def _served(span: Row) -> list[Row]:
    if not span["certificate"]:
        nothing = "not of our CA" if span["shown"] else "no TLS at all"
        return [{"row": nothing, "start": span["start"], "end": span["end"], "label": nothing, "bad": True}]
    name, end = f"no. {span['certificate']['no']}", span["certificate"]["not_after"]
    good = {"row": name, "start": span["start"], "end": min(span["end"], end), "label": f"{name} served"}
    bad = {"row": name, "start": max(span["start"], end), "end": span["end"], "label": f"{name} expired", "bad": True}
    return [*([good] if span["start"] < end else []), *([bad] if span["end"] > end else [])]


def _seconds(moments: Any) -> list[float]:
    """Tenths of a second in which there was at least one."""
    return [tenth / 10 for tenth, _ in groupby(sorted(int(at * 10) for at in moments))]


def _moment(row: str, label: str, at: float) -> Row:
    return {"row": row, "start": at, "end": at + 0.1, "label": label, "bad": True}


def _away(fell: float, back: float) -> Row:
    return {"row": "CA away", "start": fell, "end": back, "label": "no certificate to be had"}


def _ring(ring: Row) -> Row:
    row = f"pager: {ring['endpoint']}"
    return {"row": row, "start": ring["at"], "end": ring["at"] + 0.1, "label": f"{row}: {ring['reason'][:60]}"}
