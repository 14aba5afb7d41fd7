"""What does the recording say of orders, customers, testers and the tool? Pure functions of it."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from harness import Picture, Recording

TTL_SECONDS, FOLLOW_SECONDS = 1.0, 3.0
"""The zone's TTL, and how long after it a service may take to follow a right change."""
PRODUCTION, STAGING = ("db-prod", "db-prod-new"), ("db-staging",)
DATABASES = PRODUCTION + STAGING
FIRST_IN_STAGING, TESTERS = 900_000_000, "staging "
"""The orders of staging's testers have numbers from here on, and the names of their requests begin like this."""
MOST_CLOSED, CLOCKS_SECONDS = 8, 0.02
"""One error in a hundred is allowed, and one for each of so many closed connections; so far apart may two clocks be."""
REFUSED, LATE, IN_WORDS = "HTTP 503", "timeout", {"timeout": "no answer in 3 s", "connection": "connection broken off"}
IN_WORDS |= {REFUSED: "refused with 503", "ended with the load": "no answer before the drill ended"}
NIGHT = ("misdirected", "new connections", "rolled back")
EXCUSED = dict.fromkeys(NIGHT, (REFUSED, LATE)) | dict.fromkeys(("moving", "moving back"), (REFUSED,))
"""Errors that are no fault in these phases; but of each kind of request, less than half may be late."""
DONE, NOT_DONE = "done, with exit code 0", "refused, with a reason"
TIMED_OUT = (124, 137)


class Order(NamedTuple):
    """One that was accepted, or written to a database, at this second of the drill."""

    at: float
    number: int
    product: int
    database: str = ""


class Request(NamedTuple):
    """One of a customer or tester, begun at this second of the drill."""

    at: float
    ms: int
    name: str
    error: str | None


class Saw(NamedTuple):
    """What some customers or testers saw."""

    when: str
    requests: list[Request]
    errors: Counter[str]
    """How often each kind."""
    failed: int
    """How many of them are of a kind that is not excused; `allowed`: how many of those are no fault."""
    allowed: float

    @property
    def silent(self) -> float:
        """The share of one kind of requests, the worst, that got neither its answer nor a refusal."""
        by_name = Counter(request.name for request in self.requests)
        bad = Counter(request.name for request in self.requests if request.error not in (None, REFUSED))
        return max((bad[name] / count for name, count in by_name.items()), default=0.0)

    def __str__(self) -> str:
        """How many requests failed, and how."""
        if not self.requests:
            return f"{self.when}: no request began, all customers waited for earlier answers"
        kinds = ", ".join(f"{count} × {IN_WORDS.get(kind, kind)}" for kind, count in self.errors.most_common())
        failed = f"{self.errors.total()} of {len(self.requests)} requests failed"
        return f"{self.when}: {failed} ({kinds})" if kinds else f"{self.when}: {failed}"


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def orders(columns: dict[str, list[Any]], *databases: str, ours: bool = True) -> list[Order]:
    """What these columns tell (of these databases): orders of customers (`ours`), or of staging's testers."""
    found = [Order(**row) for row in _rows(columns)]
    mine = [order for order in found if (order.number < FIRST_IN_STAGING) is ours]
    return [order for order in mine if not databases or order.database in databases]


def lost(seen: Recording, *, ours: bool = True) -> int:
    """Accepted orders (number and product) that are in no database of their environment when all is over."""
    there = {order[1:3] for order in orders(seen.written, *(PRODUCTION if ours else STAGING), ours=ours)}
    return len({order[1:3] for order in orders(seen.accepted, ours=ours)} - there)


def promised_too_early(seen: Recording) -> list[float]:
    """By how many seconds production's orders were written later than they were accepted, for those that were."""
    since = {order[1:3]: order.at for order in sorted(orders(seen.written, *PRODUCTION), reverse=True)}
    late = [since[order[1:3]] - order.at for order in orders(seen.accepted) if order[1:3] in since]
    return [seconds for seconds in late if seconds > CLOCKS_SECONDS]


def spans(seen: Recording, *wanted: str) -> dict[str, tuple[float, float]]:
    """Each phase from its begin to that of the next one; NotJudgedError if one that is wanted is not among them."""
    starts = [0.0, *(each.start for each in seen.phases[1:]), math.inf]
    found = dict(zip([each.name for each in seen.phases], pairwise(starts), strict=False))
    seen.require(found.keys() >= set(wanted), f"the drill did not come to all of these phases: {', '.join(wanted)}")
    return found


def went(seen: Recording, phase: str, until: str = "") -> Counter[str]:
    """To which databases production's orders were written from this phase on, before that one began; how many."""
    start, end = spans(seen, phase)[phase][0], spans(seen).get(until, (math.inf,))[0]
    return Counter(order.database for order in orders(seen.written) if start < order.at < end)


def requests(seen: Recording, *, ours: bool) -> list[Request]:
    """Those of customers (`ours`), or of testers."""
    return [each for row in _rows(seen.requests) if (each := Request(**row)).name.startswith(TESTERS) is not ours]


def saw(seen: Recording, *phases: str, ours: bool = True) -> Saw:
    """What customers, or testers, saw in these phases: they asked then, or were told what is excused only then."""
    found, excuses = spans(seen, *phases), EXCUSED if ours else dict.fromkeys(NIGHT, EXCUSED[NIGHT[0]])

    def belongs(request: Request) -> str:
        until = request.at + request.ms / 1000
        met = [name for name, (start, end) in found.items() if start <= until and request.at < end]
        return next((name for name in met if request.error in excuses.get(name, ())), met[0])

    theirs, end = [each for each in requests(seen, ours=ours) if belongs(each) in phases], found[phases[-1]][1]
    closed = sum(row["count"] for row in seen.closed if row["at"] < end and (row["database"] in PRODUCTION) is ours)
    allowed = min(0.01 * len(theirs) + min(closed, MOST_CLOSED), len(theirs) - 1)
    when = "while the name was right" if len(phases) > 1 else phases[0]
    errors = Counter(request.error for request in theirs if request.error)
    failed = sum(count for kind, count in errors.items() if kind not in excuses.get(phases[0], ()))
    return Saw(when if ours else f"in staging, {when}", theirs, errors, failed, allowed)


def look_ups(seen: Recording) -> list[tuple[float, float]]:
    """How often the name server was asked, and how many seconds long: in the whole drill, then sample by sample."""
    samples = seen.samples.get("look-ups so far", [])
    seen.require(len(samples) > 1, "the look-ups were not counted")
    return [(now - then, at - ago) for (ago, then), (at, now) in [(samples[0], samples[-1]), *pairwise(samples)]]


def misdone(seen: Recording) -> list[str]:
    """Calls of the tool that did not end as they should: which, how they ended, and how they should have."""
    told = []
    for call in seen.calls:
        ended, wanted = _ending(call), {True: DONE, False: NOT_DONE, None: f"{DONE}, or {NOT_DONE}"}[call["right"]]
        last = (call["said"].strip().splitlines() or ["nothing"])[-1][:200]
        what = f"`zonectl {call['verb']} {call['record']} {call['machine']}` was {ended}"
        told += [f"{what}, wanted it {wanted} (its last line: {last})"] * (ended not in wanted.split(", or "))
    return told


def _ending(call: dict[str, Any]) -> str:
    """How a call ended, by its exit code and by what was said beside the diff, and what came of it."""
    code, said = call["code"], call["said"]
    right = not code if call["right"] is None else call["right"]
    changes = call["verb"] == "apply" and right
    if code in TIMED_OUT:
        return "ended after a time, for it did not end by itself"
    if code and ("Traceback" in said or not any(line.strip() and line[0] not in "-+@ " for line in said.splitlines())):
        return f"broken off (exit code {code}) without a reason"
    ended, as_wanted = NOT_DONE if code else DONE, bool(code) != right
    if as_wanted and call["served"] != (call["means"] if changes else call["before"]):
        return f"{ended}, but {call['record']} leads to {call['served'] or 'nothing'} after it"
    return f"{ended}, but the zone's file was changed" if as_wanted and call["file_changed"] and not changes else ended


def pictures(seen: Recording) -> list[Picture]:
    """Where orders went."""
    lines = {f"production → {name}": orders(seen.written, name) for name in DATABASES}
    lines["staging → db-staging"] = orders(seen.written, *STAGING, ours=False)
    halves = {name: Counter(int(order.at * 2) for order in found) for name, found in lines.items()}
    last = range(int(seen.phases[-1].end * 2))
    drawn = {name: [[half / 2, count[half] * 2] for half in last] for name, count in halves.items()}
    return [Picture("Orders written per second, and where", "series", {"lines": drawn, "y_title": "orders/s"})]
