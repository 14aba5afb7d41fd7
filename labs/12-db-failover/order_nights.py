"""What do the three nights have in common: how does each begin, what is done to the standbys, how does it end?"""

from __future__ import annotations

import threading
from typing import Any

import order_ledger
from order_databases import RECEIVED, REPLAYED, STANDBYS, WRITTEN, Databases
from order_ledger import Night, Write

from harness.drill import Run

REPORTING = "SELECT 1 AS found FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%%sales_report%%'"
READY_SECONDS, TELL_SECONDS = 12.0, 6.0
MISSED = 10
SETTLE_SECONDS, GOOD_FLOW = 1.5, 0.5


def begin(run: Run, databases: Databases, name: str) -> Night:
    """A normal day: orders are taken, a report is read, the controller says how it sees things."""
    if run.phases:
        run.phase(f"{name}, fresh")
        databases.make_fresh()
    streaming = databases.settled()
    run.phase(f"{name}, normal")
    night = Night(run.clock())
    ready = run.patiently(databases.ready, READY_SECONDS)
    run.patiently(lambda: databases.acknowledged(night.began) >= 2 * MISSED, 2.0)
    night.normal_seconds, night.normal = run.clock() - night.began, databases.acknowledged(night.began)
    report = databases.page("orders", "/reports/sales").get("orders", 0)
    night.facts = {"streaming": streaming, "ready": ready, "report": report, "normal": night.normal}
    return night


def begin_report(run: Run, databases: Databases) -> bool:
    """Finance begins a long report, and the nightly job cleans up what it may still want to see; whether it runs."""
    path, machines = "/reports/sales?seconds=60", databases.machine.values()
    ask = run.http("orders").get
    threading.Thread(target=ask, args=(path,), kwargs={"timeout": 40.0}, daemon=True).start()
    runs = run.patiently(lambda: any(machine.rows(REPORTING) for machine in machines), 2.0)
    for part in range(3):
        databases.machine["db-a"].rows("DELETE FROM lab.carts WHERE cart %% 3 = %s", part)
        databases.machine["db-a"].rows("VACUUM lab.carts")
    return runs


def fall_behind(run: Run, databases: Databases) -> int:
    """First db-c no longer receives, then db-b neither; how many orders are acknowledged that neither can have."""
    cut = 0.0
    for name in reversed(STANDBYS):
        run.fault(f"{name} receives nothing more", run.container(name).blind_to, "db-a")
        cut = run.clock()
        run.patiently(lambda since=cut: databases.acknowledged(since) >= MISSED, 1.5)
    return databases.acknowledged(cut)


def kill_the_primary(run: Run, databases: Databases, missed: int) -> float:
    """Gone without a word; when that was."""
    written = databases.machine["db-a"].bytes(WRITTEN)
    run.fault("db-a is killed", run.container("db-a").exec, ["bash", "-c", "kill -KILL -1"])
    killed = run.clock()
    received = [databases.machine[name].bytes(RECEIVED) for name in STANDBYS]
    run.require(not missed or max(received) < written, "the standbys went on receiving: the fault did not take")
    for name in STANDBYS:
        run.container(name).sees_again()
    return killed


def come_back(run: Run, databases: Databases) -> None:
    """Somebody starts db-a's server again, if the machine has power; until it answers, or is seen to be kept down."""
    run.healed("db-a comes back", run.container("db-a").kill, "SIGUSR1")
    run.patiently(
        lambda: (
            databases.machine["db-a"].rows("SELECT 1") or databases.page("console", "/machines").get("db-a") == "off"
        ),
        3.0,
    )


def move_the_partition(run: Run, databases: Databases) -> None:
    """Two machines take writes: now the application loses sight of the one that it uses, for a while."""
    run.patiently(lambda: databases.acknowledged(run.clock() - 0.5) >= 1, 1.5)
    used = databases.last_writer()
    run.fault(f"orders does not see {used}", run.container("orders").blind_to, used)
    run.patiently(lambda: databases.last_writer() != used, 4.0)
    run.patiently(lambda: databases.acknowledged(run.clock() - 0.5) >= 1, 0.5)
    run.healed(f"orders sees {used}", run.container("orders").sees_again)
    run.patiently(lambda: databases.last_writer() == used, 3.0)


def replay_is_held_back(databases: Databases) -> bool:
    """Whether a standby has received what it has not replayed."""
    machines = [databases.machine[name] for name in STANDBYS]
    return any(machine.bytes(RECEIVED) > machine.bytes(REPLAYED) for machine in machines)


def orders_flow(run: Run, databases: Databases, night: Night) -> float:
    """Orders acknowledged in the last of some seconds, as a part of what is usual; they are given 4 s to come back."""
    since, usual = run.clock(), max(night.normal / night.normal_seconds, 1.0)

    def flow() -> float:
        return databases.acknowledged(run.clock() - 1.0) / usual

    run.patiently(lambda: run.clock() > since + SETTLE_SECONDS and flow() >= GOOD_FLOW, SETTLE_SECONDS + 4.0)
    return round(flow(), 2)


def end(run: Run, databases: Databases, night: Night) -> Night:
    """What each machine has, as far as one can still read it."""
    night.ended, night.primaries = run.clock(), databases.primaries()
    code = run.container("failover").exit_code()
    night.facts["died"] = "" if code is None else f"; the controller had ended by itself (exit code {code})"
    night.tables = {name: databases.taken(name) for name in databases.machine}
    return night


def tell(run: Run, nights: dict[str, Night]) -> None:
    """Record the nights for the checks, and draw them, once the customers' ledger is complete."""
    told = {name: run.notes(name) for name in ("sent", "acknowledged")}
    took: dict[str, list[Write]] = {name: order_ledger.writes(night, told) for name, night in nights.items()}
    facts: dict[str, Any] = {name: order_ledger.judged(night, took[name]) for name, night in nights.items()}
    run.record(nights=facts, sent=len(told["sent"]))
    rows = [row for name in took for row in order_ledger.spans(took[name], facts[name]["two_at_once"])]
    run.evidence("Which machine acknowledged orders, and when", "spans", rows=rows)
    lost = [len(fact["lost"]) for fact in facts.values()]
    run.evidence("Acknowledged orders that are lost", "bars", x=list(facts), y=lost, limit=0, y_title="orders")
