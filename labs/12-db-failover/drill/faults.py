"""What is done to the machines of the order database, and to the services that use them?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from harness import Run

from .judge import MACHINES
from .nights import MISSED, STANDBYS, Databases, Facts

WALK_SECONDS, GIVEN_UP_SECONDS, FLOW_SECONDS, HIDDEN_SECONDS = 5.5, 2.5, 2.5, 4.0
END_SESSIONS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s"


def clean_up(run: Run, databases: Databases) -> None:
    """Emptied carts are swept away once no order, new session or report sees them; both standbys know of it."""
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
    led, asked = databases.primaries(), databases.asked()
    written = databases.state("db-a").get("written", 0)
    run.fault("db-a is killed", run.container("db-a").exec, ["bash", "-c", "kill -KILL -1"])
    killed = run.clock()
    received = [databases.state(name).get("received", 0) for name in STANDBYS]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: run.container(name).sees_again(), STANDBYS))
    return {"led": led, "asked": asked, "killed": killed, "written": written, "received": received}


def refuse(run: Run, databases: Databases, name: str) -> Callable[[], object]:
    """A firewall's rule: this machine refuses the controller alone, and ends what it has open. Returns the way back."""
    controller = run.container("failover")
    undo = controller.divert(name, 5432, "console", 1) if controller.running() else lambda: None
    run.fault(f"{name} refuses failover", databases.rows, name, END_SESSIONS, "failover")
    return lambda: run.healed(f"{name} answers failover", undo) if controller.running() else None


def come_back(run: Run, databases: Databases) -> None:
    """Somebody starts db-a's server again, if the machine has power; until it answers, or is seen to be kept down."""
    run.healed("db-a comes back", run.container("db-a").kill, "SIGUSR1")
    run.patiently(lambda: databases.state("db-a") or databases.page("console", "/machines").get("db-a") == "off", 3.0)


def walk_to_the_plug(run: Run, databases: Databases, order: tuple[str, ...], paged: Callable[[], int]) -> None:
    """Somebody is on the way, and db-a is back before they are there; at last only the first standby receives from it.

    They are later than a client that waits five seconds: a controller that takes its time-out for an answer promotes.
    When the plug is out, that standby refuses the controller for a while. That is no reason to take the other one.
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
        fall_behind(run, databases, order[1:])
        pages, answers_again = paged(), refuse(run, databases, order[0])
        run.tell("console", "open")
        run.patiently(lambda: databases.succeeded() or paged() > pages, HIDDEN_SECONDS)
        run.patiently(databases.succeeded, 1.0)
        answers_again()


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
