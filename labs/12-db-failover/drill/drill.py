"""Three nights of one cluster: the primary dies, the controller goes blind, and only stale data are left."""

from __future__ import annotations

from harness import Run

from . import faults
from .databases import Databases, Facts
from .judge import MACHINES, RESUME_SECONDS
from .nights import Night, notes

CUT_SECONDS, TELL_SECONDS = 4.0, 6.0  # until orders are taken without a standby; until `/status` tells of it
BLIND_SECONDS, SLOW_SECONDS = 7.5, 4.0  # three looks of over two seconds each, and what a promotion may take


def drill(run: Run) -> None:
    """About thirty seconds; each night begins on a fresh cluster."""
    databases, sampled = Databases(run), Databases(run)
    with (
        run.traffic(users=8, service="orders", data={"first": run.random.randrange(1000) * 10**6}),
        run.sample("primaries", lambda: len(sampled.primaries()), 300, most=len(MACHINES)),
    ):
        nights = {"crash": crash(run, databases)}
        resumed_after = nights["crash"].pop("waited")
        nights["blind"] = blind(run, databases, resumed_after)
        nights["stale"] = stale(run, databases, resumed_after)
    run.record(nights=nights, orders=notes(run))


def crash(run: Run, databases: Databases) -> Facts:
    """A report holds back replay, the network goes before the primary does; later the primary comes back."""
    night = Night(run, databases, "crash")
    run.phase("crash, behind")
    faults.clean_up(run, databases, night.facts["long_report"])
    night.facts |= {"harmed": run.clock(), "cut": faults.fall_behind(run, databases)}
    run.phase("crash, down")
    night.facts |= faults.kill_the_primary(run, databases)
    killed = night.facts["killed"]
    run.patiently(lambda: databases.confirmed(killed), RESUME_SECONDS)
    night.facts["states"] = databases.states()
    resumed = min(databases.confirmed(killed), default=0.0)
    run.patiently(lambda: databases.confirmed(killed, faults.MISSED), 1.0 if resumed else 0.0)
    run.phase("crash, returned")
    night.facts["returned"] = run.clock()
    faults.come_back(run, databases)
    if resumed:
        night.orders_flow()
    night.who_follows()
    return night.end() | {"waited": resumed - killed if resumed else 1.0}


def blind(run: Run, databases: Databases, resumed_after: float) -> Facts:
    """The controller no longer sees the primary, everybody else does."""
    faults.make_fresh(run, databases, "blind")
    night = Night(run, databases, "blind")
    run.phase("blind, cut")
    databases.tell_console("gate/shut")  # a plug that is pulled while another machine takes writes is held meanwhile
    controller = run.container("failover")
    if controller.running():
        run.fault("failover does not see db-a", controller.blind_to, "db-a")
    wait = BLIND_SECONDS + min(resumed_after, SLOW_SECONDS)
    succeeded = run.patiently(lambda: set(databases.primaries()) - {"db-a"}, wait)
    night.facts["succeeded"] = run.clock() if succeeded else None
    if len(databases.primaries()) > 1:
        faults.move_the_partition(run, databases)
        night.facts["met"] = databases.tables()
    databases.tell_console("gate/open")
    if controller.running():
        run.healed("failover sees db-a", controller.sees_again)
    run.phase("blind, healed")
    night.orders_flow()
    return night.end()


def stale(run: Run, databases: Databases, resumed_after: float) -> Facts:
    """Both standbys are cut off, and then the primary dies: what is left may lack orders."""
    faults.make_fresh(run, databases, "stale")
    night = Night(run, databases, "stale")
    run.phase("stale, behind")
    night.facts["pages_before"] = len(databases.page("console", "/pages")["pages"])
    cut = night.facts["cut"] = faults.fall_behind(run, databases)
    run.patiently(lambda: night.ready() == "false", TELL_SECONDS)
    run.patiently(lambda: run.clock() - cut > CUT_SECONDS, CUT_SECONDS)
    run.phase("stale, down")
    night.facts |= faults.kill_the_primary(run, databases)
    # What this controller does, it has done in the time that it took for the crash, and half of that again.
    if run.patiently(databases.primaries, max(3.0, 1.5 * resumed_after + 1.5)):
        night.orders_flow()
    return night.end()
