"""What do the three nights have in common: how does each begin, how do orders flow, how does it end?"""

from __future__ import annotations

from typing import Any

from . import order_ledger
from .order_databases import MACHINES, STANDBYS, STREAMING, Databases
from .order_faults import MISSED
from .order_ledger import Night, Write

from harness.drill import Run

SETTLED_SECONDS, READY_SECONDS, AGREE_SECONDS = 8.0, 12.0, 3.0
FLOW_SECONDS, GOOD_FLOW = 1.5, 0.5


def begin(run: Run, databases: Databases, name: str) -> Night:
    """A normal day: orders are taken, a report is read, the controller says how it sees things."""
    if run.phases:
        run.phase(f"{name}, fresh")
        make_fresh(run, databases)
    streaming = run.patiently(lambda: len(databases.machine["db-a"].rows(STREAMING)) == len(STANDBYS), SETTLED_SECONDS)
    open_at = run.clock()
    run.patiently(lambda: databases.acknowledged(open_at), SETTLED_SECONDS)
    run.phase(f"{name}, normal")
    night = Night(run.clock())
    ready = run.patiently(databases.ready, READY_SECONDS)
    run.patiently(lambda: databases.acknowledged(night.began) >= 2 * MISSED, 2.0)
    night.normal_seconds, night.normal = run.clock() - night.began, databases.acknowledged(night.began)
    report = databases.page("orders", "/reports/sales").get("orders", 0)
    night.facts = {"streaming": streaming, "ready": ready, "report": report, "normal": night.normal}
    return night


def make_fresh(run: Run, databases: Databases) -> None:
    """All machines begin as on their first day, and controller and application know nothing of before."""
    times = sum(phase["name"].endswith("fresh") for phase in run.phases)
    databases.controller("kill")
    for name in MACHINES:
        if not run.container(name).running():
            run.container(name).start()
    run.container("console").kill("SIGUSR1")
    run.wait_until(lambda: databases.page("console", "/fresh").get("made_fresh") == times, 15, "fresh machines")
    # The application last: one that begins anew while the old machines run meets their timelines, and remembers them.
    run.container("orders").exec(["sh", "-c", "rm -rf /tmp/* /tmp/.[!.]*"])
    run.container("orders").kill("SIGHUP")
    run.container("failover").start()


def orders_flow(run: Run, databases: Databases, night: Night) -> None:
    """Until orders are acknowledged for a while as is usual; they are given 4 s to come back."""
    since = run.clock()

    def flow() -> float:
        return databases.acknowledged(run.clock() - FLOW_SECONDS) / FLOW_SECONDS / usual(night)

    run.patiently(lambda: run.clock() > since + FLOW_SECONDS and flow() >= GOOD_FLOW, FLOW_SECONDS + 4.0)
    night.flowed = (since, run.clock())


def usual(night: Night) -> float:
    """Orders acknowledged in a second of the day before."""
    return max(night.normal / night.normal_seconds, 1.0)


def flow_of(night: Night, took: list[Write]) -> float:
    """Orders acknowledged in that time or in the last of it, by the customers' notes, as a part of what is usual."""
    since, until = night.flowed

    def rate(begin: float) -> float:
        return sum(begin <= write.acknowledged <= until for write in took) / max(until - begin, FLOW_SECONDS)

    return round(max(rate(since), rate(until - FLOW_SECONDS)) / usual(night), 2)


def ready_for_nothing(run: Run, databases: Databases) -> str:
    """The newest primary if the controller goes on to say ready and no standby receives from there; else nothing."""

    def look() -> str:
        leader = max(databases.primaries(), key=databases.timeline, default="")
        receives = bool(leader and databases.machine[leader].rows(STREAMING))
        return "" if receives or databases.ready() is not True else leader or "any primary"

    run.patiently(lambda: not look(), AGREE_SECONDS)
    return look()


def end(run: Run, databases: Databases, night: Night) -> Night:
    """What each machine has, as far as one can still read it."""
    night.ended = run.clock()
    night.timelines = {name: databases.timeline(name) for name in databases.primaries()}
    code = run.container("failover").exit_code()
    night.facts["died"] = "" if code is None else f"; the controller had ended by itself (exit code {code})"
    night.tables = databases.all_taken()
    return night


def tell(run: Run, nights: dict[str, Night]) -> None:
    """Record the nights for the checks, and draw them, once the customers' ledger is complete."""
    told = {name: run.notes(name) for name in ("sent", "acknowledged")}
    took: dict[str, list[Write]] = {name: order_ledger.writes(night, told) for name, night in nights.items()}
    facts: dict[str, Any] = {name: order_ledger.judged(night, took[name]) for name, night in nights.items()}
    for name, night in nights.items():
        facts[name]["flow"] = flow_of(night, took[name])
    run.record(nights=facts, sent=len(told["sent"]))
    rows = [row for name in took for row in order_ledger.spans(took[name], facts[name]["two_at_once"])]
    run.evidence("Which machine acknowledged orders, and when", "spans", rows=rows)
    lost = [len(fact["lost"]) for fact in facts.values()]
    run.evidence("Acknowledged orders that are lost", "bars", x=list(facts), y=lost, limit=0, y_title="orders")
