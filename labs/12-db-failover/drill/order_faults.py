"""What is done to the machines of the order database, and to those who use them?"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from .order_databases import LOGGED, RECEIVED, REPLAYED, STANDBYS, WRITTEN, Databases

from harness.drill import Run

REPORTING = "SELECT 1 AS found FROM pg_stat_activity WHERE usename = 'app' AND wait_event = 'PgSleep'"
SWEPT = "SELECT 1 AS found WHERE pg_relation_size('lab.carts') = 0"
REPLAY_WAITS = """
    SELECT 1 AS found FROM pg_stat_activity WHERE backend_type = 'startup' AND wait_event LIKE 'RecoveryConflict%'
"""
MISSED = 10
REPORT_SECONDS, AGAIN_SECONDS, SEEN_SECONDS, SENT_SECONDS = 2.0, 1.0, 1.5, 1.5


def begin_report(run: Run, databases: Databases) -> dict[str, bool]:
    """Finance begins a long report, and the nightly job cleans up what it may still want to see.

    `reporting`: whether it was seen to run; `broken_off`: whether it was not any more after that, nor soon again.
    """
    path, machines = "/reports/sales?seconds=60", databases.machine.values()
    ask = run.http("orders").get
    threading.Thread(target=ask, args=(path,), kwargs={"timeout": 40.0}, daemon=True).start()

    def runs() -> bool:
        return any(machine.rows(REPORTING) for machine in machines)

    reporting = run.patiently(runs, REPORT_SECONDS)
    clean_up(run, databases)
    return {"reporting": reporting, "broken_off": reporting and not run.patiently(runs, AGAIN_SECONDS)}


def clean_up(run: Run, databases: Databases) -> None:
    """Emptied carts are swept away, and both standbys know of it.

    Nothing is swept as long as somebody may still see it: an order that is being placed, whoever is just connecting
    (`pg_stat_activity` does not have him yet), or the report, if it runs on the primary or is known there.
    Otherwise replay waits for the report, on the standby where it runs (or breaks it off, if it is told not to wait);
    the other one has gone on.
    """
    primary = databases.machine["db-a"]
    primary.rows("DELETE FROM lab.carts")

    def swept() -> bool:
        primary.rows("VACUUM lab.carts")
        return bool(primary.rows(SWEPT))

    run.patiently(swept, SEEN_SECONDS)
    written, standbys = primary.bytes(LOGGED), [databases.machine[name] for name in STANDBYS]

    def known() -> bool:
        replayed = [standby.bytes(REPLAYED) >= written for standby in standbys]
        if not any(replayed) or not all(standby.bytes(RECEIVED) >= written for standby in standbys):
            return False
        return all(replayed) or any(standby.rows(REPLAY_WAITS) for standby in standbys)

    run.patiently(known, SENT_SECONDS)


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


@contextlib.contextmanager
def plugs_are_slow(run: Run) -> Iterator[None]:
    """A plug that is pulled while another machine takes writes is held meanwhile: who pulls it first never waits."""
    run.container("console").kill("SIGUSR2")
    yield
    run.container("console").kill("SIGHUP")
