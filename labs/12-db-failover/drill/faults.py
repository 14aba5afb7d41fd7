"""What is done to the machines of the order database, and to the services that use them?"""

from __future__ import annotations

import threading
from functools import partial

from harness import Run

from .databases import Databases, Facts
from .judge import MACHINES

STANDBYS = MACHINES[1:]
MISSED = 10


def begin_report(run: Run, databases: Databases) -> Facts:
    """Finance asks for a report that takes longer than the night: if it ends, it was broken off (or is none)."""
    report: Facts = {"begun": run.clock(), "ended": None, "given": False}

    def ask() -> None:
        report.update(given=bool(databases.page("orders", "/reports/sales?seconds=60", 40.0)), ended=run.clock())

    threading.Thread(target=ask, daemon=True).start()
    run.mark("finance begins a long report")
    return report


def clean_up(run: Run, databases: Databases, report: Facts) -> None:
    """Emptied carts are swept away, and both standbys know of it.

    Nothing is swept as long as somebody may still see it: an order that is being placed, a session that is just
    connecting (`pg_stat_activity` does not have it yet), the report if it runs on the primary or is known there.
    """

    def reporting() -> bool:
        return any(state.get("reports") for state in databases.states().values())

    def known(state: Facts) -> bool:
        replayed = state.get("replayed", 0) >= logged or state.get("held_back")
        return bool(replayed and state.get("received", 0) >= logged)

    run.patiently(reporting, 2.0)
    databases.rows("db-a", "DELETE FROM lab.carts")
    run.patiently(lambda: databases.rows("db-a", "VACUUM lab.carts") or databases.state("db-a").get("swept"), 1.5)
    logged = databases.state("db-a").get("logged", 0)
    run.patiently(lambda: all(known(databases.state(name)) for name in STANDBYS), 1.5)
    run.mark("old carts are cleaned up")
    run.patiently(lambda: reporting() or report["ended"], 1.0)


def fall_behind(run: Run, databases: Databases) -> float:
    """First db-c no longer receives, then db-b neither, while orders go on; when the second was cut off."""
    for name in reversed(STANDBYS):
        run.fault(f"{name} receives nothing more", run.container(name).blind_to, "db-a")
        run.patiently(partial(databases.confirmed, cut := run.clock(), MISSED), 1.5)
    return cut


def kill_the_primary(run: Run, databases: Databases) -> Facts:
    """Gone without a word; when, how far it was, and how far the standbys were, which then see its address again."""
    written = databases.state("db-a").get("written", 0)
    run.fault("db-a is killed", run.container("db-a").exec, ["bash", "-c", "kill -KILL -1"])
    killed = run.clock()
    received = [databases.state(name).get("received", 0) for name in STANDBYS]
    for name in STANDBYS:
        run.container(name).sees_again()
    return {"killed": killed, "written": written, "received": received}


def come_back(run: Run, databases: Databases) -> None:
    """Somebody starts db-a's server again, if the machine has power; until it answers, or is seen to be kept down."""
    run.healed("db-a comes back", run.container("db-a").kill, "SIGUSR1")
    run.patiently(lambda: databases.state("db-a") or databases.page("console", "/machines").get("db-a") == "off", 3.0)


def move_the_partition(run: Run, databases: Databases) -> None:
    """Two machines take writes: now the application loses sight of the one that it uses, for a while."""
    orders, used = run.container("orders"), databases.last_writer
    run.patiently(lambda: databases.confirmed(run.clock() - 0.5), 1.5)
    lost = used()
    run.fault(f"orders does not see {lost}", orders.blind_to, lost)
    run.patiently(lambda: used() != lost, 4.0)
    run.patiently(lambda: databases.confirmed(run.clock() - 0.5), 0.5)
    run.healed(f"orders sees {lost}", orders.sees_again)
    run.patiently(lambda: used() == lost, 3.0)


def make_fresh(run: Run, databases: Databases, night: str) -> None:
    """All machines begin as on their first day, and controller and application know nothing of before."""
    run.phase(f"{night}, fresh")
    controller = run.container("failover")
    if controller.running():
        controller.kill()
    for name in MACHINES:
        run.container(name).start()  # does nothing where it runs
    run.wait_until(lambda: databases.tell_console("fresh").ok, 15, "fresh machines")
    # The application last: one that begins again while the old machines run meets their timelines, and remembers them.
    run.container("orders").exec(["sh", "-c", "rm -rf /tmp/* /tmp/.[!.]*"])
    run.container("orders").kill("SIGHUP")
    controller.start()
