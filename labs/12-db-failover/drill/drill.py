"""Three nights of a database: the primary dies, the controller is refused, and only stale data are left."""

from __future__ import annotations

from functools import partial

from harness import Run

from . import faults
from .judge import MACHINES, RESUME_SECONDS
from .nights import FIRST, MISSED, STANDBYS, Databases, Facts, Night, notes

CUT_SECONDS, TELL_SECONDS = 4.0, 6.0  # until orders are taken without a standby; until `/status` tells of it
PAGED_SECONDS = 2.5  # until a controller that has paged somebody does what it does besides


def drill(run: Run) -> None:
    """Some thirty seconds, on two clusters: a controller that sees nothing leaves a healthy one as it is."""
    databases, sampled = Databases(run), Databases(run)
    with (
        run.traffic(users=8, service="orders", data={"first": run.random.randrange(1000) * 10**6}),
        run.sample("primaries", lambda: len(sampled.primaries()), 300, most=len(MACHINES)),
    ):
        nights = {"crash": (first := crash(run, databases))}
        faults.make_fresh(run, "blind")
        nights["blind"] = blind(run, databases, first["begun_after"])
        if databases.primaries() != FIRST or databases.asked():
            faults.make_fresh(run, "stale")
        # Then the other standby has more. It has more when the plug is out, if this controller pulls plugs.
        order = STANDBYS[::-1] if "off" in first["acted"] else STANDBYS
        nights["stale"] = stale(run, databases, first["acted_after"], order)
    run.record(nights=nights, orders=notes(run))


def crash(run: Run, databases: Databases) -> Facts:
    """A report holds back replay, the network goes before the primary does, and the primary comes back."""
    night = Night(run, databases, "crash")
    run.phase("crash, behind")
    faults.clean_up(run, databases)
    night.facts |= {"harmed": run.clock(), "cut": faults.fall_behind(run, databases, STANDBYS[::-1])}
    run.phase("crash, down")
    night.facts |= faults.kill_the_primary(run, databases)
    killed = night.facts["killed"]
    begun = run.patiently(lambda: databases.asked() or databases.confirmed(killed), RESUME_SECONDS)
    begun_after = run.clock() - killed if begun else 2.0
    resumed = run.patiently(lambda: databases.confirmed(killed), killed + RESUME_SECONDS - run.clock())
    acted_after = run.clock() - killed if resumed else begun_after
    night.facts |= {"states": databases.states(), "begun_after": begun_after, "acted_after": acted_after}
    run.patiently(lambda: databases.confirmed(killed, MISSED), 1.0 if resumed else 0.0)
    run.phase("crash, returned")
    faults.come_back(run, databases)
    if resumed:
        night.orders_flow()
    night.who_follows()
    return night.end() | {"acted": databases.asked()}


def blind(run: Run, databases: Databases, begun_after: float) -> Facts:
    """db-a refuses the controller, as it does when it is dead; for longer than the controller took for the crash."""
    night = Night(run, databases, "blind")
    faults.clean_up(run, databases)
    run.patiently(lambda: False, run.random.random())
    run.phase("blind, cut")
    answers_again = faults.refuse(run, databases, "db-a")
    if run.patiently(lambda: databases.succeeded() or databases.asked(), 2 + 1.5 * begun_after, 0.2):
        run.patiently(databases.succeeded, 4.0)
    night.facts |= {"led": databases.primaries(), "asked": databases.asked()}
    answers_again()
    facts = night.end()
    for name in STANDBYS:  # finance's report is done
        databases.rows(name, faults.END_SESSIONS, "app")
    return facts


def stale(run: Run, databases: Databases, acted_after: float, order: tuple[str, ...]) -> Facts:
    """Both standbys are cut off, and then the primary dies: what is left may lack orders."""
    night = Night(run, databases, "stale")
    run.phase("stale, behind")
    night.facts |= {"harmed": run.clock(), "pages_before": (pages := night.paged())}
    cut = night.facts["cut"] = faults.fall_behind(run, databases, order)
    run.patiently(lambda: night.ready() == "false", TELL_SECONDS)
    run.patiently(lambda: run.clock() - cut > CUT_SECONDS, CUT_SECONDS)
    night.ready()
    alone = databases.confirmed(cut + 1.0)
    run.phase("stale, down")
    run.tell("console", "shut")  # a plug is pulled when the drill says so
    night.facts |= faults.kill_the_primary(run, databases)
    meet = run.container(order[0]).divert(order[1], 5432, "console", 1)
    # What this controller does, it has done in the time that it took for the crash, and half of that again.
    run.patiently(lambda: databases.primaries() or databases.asked() or night.paged() > pages, 3 + 1.5 * acted_after)
    run.patiently(lambda: databases.primaries() or databases.asked(), PAGED_SECONDS)  # somebody may be woken up first
    run.patiently(lambda: not databases.primaries() or databases.confirmed(night.facts["killed"], MISSED), 1.0)
    if (off := "off" in databases.asked()) and not alone:  # what no standby has is gone with db-a
        faults.walk_to_the_plug(run, databases, order, night.paged)
    run.tell("console", "open")
    meet()
    run.container(order[1]).sees_again()
    run.patiently(lambda: databases.succeeded() or night.paged() > pages, 4.0 if off else 1.0)
    if databases.succeeded():
        run.patiently(partial(databases.confirmed, run.clock(), MISSED), 4.0)
    return night.end()
