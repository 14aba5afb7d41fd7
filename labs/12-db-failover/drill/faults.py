"""What is done to the machines of the order database, and to the services that use them?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from harness import Run

from .judge import MACHINES
from .nights import MISSED, STANDBYS, Databases, Facts

WALK_SECONDS, GIVEN_UP_SECONDS, FLOW_SECONDS = 5.5, 2.5, 2.5
END_SESSIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s"


def clean_up(run: Run, databases: Databases) -> None:
    """Emptied carts are swept away, and both standbys know of it.

    Nothing is swept as long as somebody may still see it: an order, a session that is just connecting, the report.
    """
    run.patiently(lambda: any(state.get("reports") for state in databases.states().values()), 2.0)
    databases.rows("db-a", "DELETE FROM lab.carts")
    run.patiently(lambda: databases.rows("db-a", "VACUUM lab.carts") or databases.state("db-a").get("swept"), 1.5)
    logged = databases.state("db-a").get("logged", 0)
    known = "SELECT true FROM lab.state WHERE held_back OR replayed >= %s"
    run.patiently(lambda: all(databases.rows(name, known, logged) for name in STANDBYS), 1.5)
    run.mark("old carts are cleaned up")


def fall_behind(run: Run, databases: Databases, order: tuple[str, ...]) -> float:
    """First one standby no longer receives, then the other neither, while orders go on; when the second was cut off."""
    for name in order:
        run.fault(f"{name} receives nothing more", run.container(name).blind_to, "db-a")
        run.patiently(partial(databases.confirmed, cut := run.clock(), MISSED), 1.5)
    return cut


def kill_the_primary(run: Run, databases: Databases) -> Facts:
    """Gone without a word; when, how far it was, and how far the standbys were, which then see its address again."""
    before = {"led": databases.primaries(), "asked": databases.asked()}
    written = databases.state("db-a").get("written", 0)
    run.fault("db-a is killed", run.container("db-a").exec, ["bash", "-c", "kill -KILL -1"])
    killed = run.clock()
    received = [databases.state(name).get("received", 0) for name in STANDBYS]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: run.container(name).sees_again(), STANDBYS))
    return before | {"killed": killed, "written": written, "received": received}


def come_back(run: Run, databases: Databases) -> None:
    """Somebody starts db-a's server again, if the machine has power; until it answers, or is seen to be kept down."""
    run.healed("db-a comes back", run.container("db-a").kill, "SIGUSR1")
    run.patiently(lambda: databases.state("db-a") or databases.page("console", "/machines").get("db-a") == "off", 3.0)


def walk_to_the_plug(run: Run, databases: Databases, behind: str) -> None:
    """Somebody is on the way, and db-a is back before they are there; at last only one standby receives from it.

    They are later than a client that waits five seconds. A controller that takes its time-out for an answer promotes.
    """
    asked, fewest = run.clock(), run.random.randrange(MISSED, 2 * MISSED)
    come_back(run, databases)
    run.patiently(databases.succeeded, asked + WALK_SECONDS - run.clock())
    # If nobody waits for the answer any more, the controller does now what it does without one.
    run.patiently(lambda: databases.succeeded() or run.tell("console", "waiting"), GIVEN_UP_SECONDS)
    since = run.clock() if (promoted := databases.succeeded()) else asked
    run.patiently(partial(databases.confirmed, since, fewest), FLOW_SECONDS)
    if not promoted:
        run.patiently(lambda: databases.state("db-a").get("followers") == len(STANDBYS), FLOW_SECONDS)
        fall_behind(run, databases, (behind,))


def make_fresh(run: Run, night: str) -> None:
    """All machines begin as on their first day, and controller and application know nothing of before."""
    run.phase(f"{night}, fresh")
    controller = run.container("failover")
    if controller.running():
        controller.kill()
    for name in MACHINES:
        run.container(name).start()  # does nothing where it runs
    run.tell("console", "fresh")
    # The application last: one that begins again while the old machines run meets their timelines, and remembers them.
    run.container("orders").exec(["sh", "-c", "rm -rf /tmp/* /tmp/.[!.]*"])
    run.container("orders").kill("SIGHUP")
    controller.start()
