"""What does the recording say of orders, customers, testers and the tool? Pure functions of it."""

from __future__ import annotations

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
CLOSED_IN = dict.fromkeys(("recovered", "moved", "no name server", "normal again"), "db-prod")
CLOSED_IN["moved back"] = "db-prod-new"
"""Where it may come out that the lab has closed connections to this database: an error for each is no fault."""
MOST_CLOSED, CLOCKS_SECONDS = 8, 0.02
"""So many of them are excused at most; so far apart may two clocks be that were compared when the drill began."""
REFUSED, IN_WORDS = "HTTP 503", {"timeout": "no answer in 3 s", "connection": "connection broken off"}
IN_WORDS |= {REFUSED: "refused with 503", "ended with the load": "no answer before the drill ended"}
DONE, NOT_DONE = "done, with exit code 0", "refused, with a reason"
TIMED_OUT = (124, 137)
"""Exit codes of a call that had to be ended."""


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
    closed: int
    """So many connections had the lab closed."""

    @property
    def errors(self) -> Counter[str]:
        """How often each kind."""
        return Counter(request.error for request in self.requests if request.error)

    @property
    def allowed(self) -> float:
        """How many errors are no fault: one in a hundred, and one for each closed connection. Never all."""
        return min(0.01 * len(self.requests) + min(self.closed, MOST_CLOSED), len(self.requests) - 1)

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


def went(seen: Recording, phase: str, until: str) -> Counter[str]:
    """To which databases production's orders were written from this phase to the end of that one, and how many."""
    start, end = span(seen, phase)[0], span(seen, until)[1]
    return Counter(order.database for order in orders(seen.written) if start < order.at < end)


def span(seen: Recording, phase: str) -> tuple[float, float]:
    """From when to when it was; NotJudgedError if the drill did not come to it."""
    spans = [(each.start, each.end) for each in seen.phases if each.name == phase]
    seen.require(spans, f"the drill did not come to the phase {phase!r}")
    return spans[0]


def requests(seen: Recording, *, ours: bool) -> list[Request]:
    """Those of customers or testers, but for those that both wrong names met on their way, and that were refused."""
    wrong = span(seen, "misdirected")[0]
    sent = [request for row in _rows(seen.requests) if (request := Request(**row)).name.startswith(TESTERS) is not ours]
    return [each for each in sent if not (each.error == REFUSED and each.at < wrong <= each.at + each.ms / 1000)]


def customers(seen: Recording, phase: str) -> Saw:
    """What production's customers saw in this phase."""
    start, end = span(seen, phase)
    closed = seen.closed[CLOSED_IN[phase]] if phase in CLOSED_IN else 0
    return Saw(phase, [each for each in requests(seen, ours=True) if start <= each.at < end], closed)


def testers(seen: Recording) -> Saw:
    """What staging's testers saw while their name was right: all but the night, until code may have followed."""
    start, end = span(seen, "misdirected")[0], seen.staging_is_right + TTL_SECONDS + FOLLOW_SECONDS
    theirs = [each for each in requests(seen, ours=False) if not start <= each.at < end]
    return Saw("in staging, while its name was right", theirs, seen.closed[STAGING[0]])


def misdone(seen: Recording) -> list[str]:
    """Calls of the tool that did not end as they should: which, how they ended, and how they should have."""
    told = []
    for call in seen.calls:
        ended, wanted = _ending(call), DONE if call["right"] else NOT_DONE
        last = (call["said"].strip().splitlines() or ["nothing"])[-1][:200]
        what = f"`zonectl {call['verb']} {call['record']} {call['machine']}` was {ended}"
        told += [f"{what}, wanted it {wanted} (its last line: {last})"] * (ended != wanted)
    return told


def _ending(call: dict[str, Any]) -> str:
    """How a call ended, by its exit code and by what was said beside the diff, and what came of it."""
    code, said, right, changes = call["code"], call["said"], call["right"], call["verb"] == "apply" and call["right"]
    if code in TIMED_OUT:
        return "ended after a time, for it did not end by itself"
    if code and ("Traceback" in said or not any(line.strip() and line[0] not in "-+@ " for line in said.splitlines())):
        return f"broken off (exit code {code}) without a reason"
    ended, as_wanted = NOT_DONE if code else DONE, bool(code) != right
    if as_wanted and call["served"] != (call["machine"] if changes else call["before"]):
        return f"{ended}, but {call['record']} leads to {call['served'] or 'nothing'} after it"
    return f"{ended}, but the zone's file was changed" if as_wanted and call["file_changed"] and not changes else ended


def pictures(seen: Recording) -> list[Picture]:
    """Where orders went, and how often the name server was asked."""
    lines = {f"production → {name}": _per_second(seen, orders(seen.written, name)) for name in DATABASES}
    lines["staging → db-staging"] = _per_second(seen, orders(seen.written, *STAGING, ours=False))
    counts = seen.samples["look-ups so far"]
    asked = [[at, (now - then) / (at - ago)] for (ago, then), (at, now) in pairwise(counts)]
    return [
        Picture("Orders written per second, and where", "series", {"lines": lines, "y_title": "orders/s"}),
        Picture("Look-ups of the name server", "series", {"lines": {"look-ups": asked}, "y_title": "look-ups/s"}),
    ]


def _per_second(seen: Recording, orders: list[Order]) -> list[list[float]]:
    found = Counter(int(order.at * 2) for order in orders)
    return [[half / 2, found[half] * 2] for half in range(int(seen.phases[-1].end * 2))]
