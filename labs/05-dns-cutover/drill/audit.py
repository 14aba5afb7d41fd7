"""When all is over: what did customers see, where is each order, and which accepted ones are nowhere?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .shop import FIRST_IN_STAGING, PRODUCTION, Shop

from harness import figures
from harness.drill import Run

STEP_SECONDS = 0.5
FEWEST_PER_SECOND = 10
"""So many requests come even from customers who all give up after 3 s."""
PLACES = ("db-prod", "db-prod-new", "db-staging")
CLOSED_IN = {
    "recovered": "db-prod",
    "moved": "db-prod",
    "moved back": "db-prod-new",
    "no name server": "db-prod",
    "normal again": "db-prod",
}
"""Where it may come out that the lab has closed connections to this database: an error for each is no fault."""
MOST_CLOSED = 8

Written = list[dict[str, Any]]


def audit(run: Run, shop: Shop) -> None:
    """Record what the ledgers say, and draw it."""
    run.require(len(run.requests) > FEWEST_PER_SECOND * run.clock(), f"only {len(run.requests)} requests were sent")
    written = shop.written()
    ours = [each for each in written if each["number"] < FIRST_IN_STAGING]
    theirs = [each for each in written if each["number"] >= FIRST_IN_STAGING]
    moved, back = (next(phase for phase in run.phases if phase["name"] == name) for name in ("moved", "moved back"))
    after = {"db-prod-new": (moved["start"], moved["end"]), "db-prod": (back["start"], run.clock())}
    run.record(
        misplaced=[each["at"] for each in ours if each["database"] not in PRODUCTION],
        strays=[each["at"] for each in theirs if each["database"] in PRODUCTION],
        after_moves_to={database: _written_between(ours, *span) for database, span in after.items()},
        requests=len(run.requests),
        accepted=len(run.notes("accepted")),
        lost=_lost(run, shop, "accepted", PRODUCTION),
        lost_in_staging=_lost(run, shop, "accepted in staging", ("db-staging",)),
    )
    _record_figures(run, shop.closed)
    _draw(run, ours, theirs)


def _written_between(written: Written, begin: float, end: float) -> dict[str, int]:
    """To which databases, and how many."""
    return dict(Counter(each["database"] for each in written if begin < each["at"] < end))


def _record_figures(run: Run, closed: dict[str, int]) -> None:
    """What production's customers saw in each phase, and staging's testers in all."""
    ours = [each for each in run.requests if not each.name.startswith("staging")]
    theirs = [each for each in run.requests if each.name.startswith("staging")]
    after = {phase: closed[database] for phase, database in CLOSED_IN.items()}
    phases = {
        each["name"]: _seen(figures.of_phase(ours, each["start"], each["end"]), after.get(each["name"], 0))
        for each in run.phases
    }
    wrong, right = run.facts["staging_wrong_from"], run.facts["staging_wrong_until"]
    amiss = [each for each in theirs if wrong <= each.start < right]
    well = [each for each in theirs if not wrong <= each.start < right]
    told = {
        "staging": _seen(figures.summed(well), closed["db-staging"]),
        "staging misdirected": _seen(figures.summed(amiss), 0),
    }
    run.record(customers=phases | told)


def _seen(saw: dict[str, Any], closed: int) -> dict[str, Any]:
    """With the answers that were wrong, the share without one, and how many errors are no fault.

    One in a hundred is none, nor is one for each connection that the lab has closed; that all fail always is.
    """
    wrong = sum(times for kind, times in saw["by_error"].items() if kind.startswith("wrong answer"))
    silent = max((_unanswered(kind) for kind in saw.get("by_name", {}).values()), default=0.0)
    allowed = min(0.01 * saw["requests"] + min(closed, MOST_CLOSED), saw["requests"] - 1)
    told = ", ".join(f"{times} x {kind}" for kind, times in saw["by_error"].items())
    return saw | {"wrong": wrong, "silent": silent, "allowed": allowed, "told": told}


def _unanswered(kind: dict[str, Any]) -> float:
    """Of one kind of requests the share that got neither an answer nor a 503.

    Who waits for a better answer lets nearly all of them wait; on a busy machine some are late all the same.
    """
    return (kind["errors"] - kind["by_error"].get("HTTP 503", 0)) / kind["requests"]


def _lost(run: Run, shop: Shop, ledger: str, databases: tuple[str, ...]) -> int:
    """Orders that customers were told to be accepted, and that are in none of these databases."""
    return len({(note["number"], note["product"]) for note in run.notes(ledger)} - shop.have(databases))


def _draw(run: Run, ours: Written, theirs: Written) -> None:
    lines = {f"production → {place}": _per_second(run, ours, place) for place in PLACES}
    lines["staging → db-staging"] = _per_second(run, theirs, "db-staging")
    run.evidence("Orders written per second, and where", "series", lines=lines, y_title="orders/s")
    asked = {"look-ups": run.samples["look-ups per second"]}
    run.evidence("Look-ups that the name server answered", "series", lines=asked, y_title="look-ups/s")


def _per_second(run: Run, written: Written, database: str) -> list[list[float]]:
    found = Counter(int(each["at"] // STEP_SECONDS) for each in written if each["database"] == database)
    return [[step * STEP_SECONDS, found[step] / STEP_SECONDS] for step in range(int(run.clock() / STEP_SECONDS))]
