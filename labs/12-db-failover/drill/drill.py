"""Three nights of one cluster: the primary dies, the controller goes blind, and only stale data are left."""

from __future__ import annotations

from .order_databases import Databases
from .order_faults import (
    MISSED,
    begin_report,
    come_back,
    fall_behind,
    kill_the_primary,
    move_the_partition,
    plugs_are_slow,
    replay_is_held_back,
)
from .order_ledger import Night
from .order_nights import begin, end, orders_flow, ready_for_nothing, tell

from harness.drill import Run

BUYERS = 8
RESUME_SECONDS = 10.0
CUT_SECONDS, TELL_SECONDS = 4.0, 6.0
"""Who takes orders without a standby after a while does so by then; who says beforehand says it by then."""
BLIND_SECONDS, SLOW_SECONDS = 7.5, 4.0
"""Three looks of more than two seconds each; who promotes because he cannot see does it then, as fast as he can."""


def drill(run: Run) -> None:
    """About thirty seconds; each night begins on a fresh cluster."""
    databases = Databases(run)
    nights: dict[str, Night] = {}
    with run.traffic(users=BUYERS, service="orders"), run.sample("primaries", databases.count_primaries, 300):
        nights["crash"] = crash(run, databases)
        nights["blind"] = blind(run, databases, nights["crash"].facts["resumed_after"])
        nights["stale"] = stale(run, databases, nights["crash"].facts["resumed_after"])
    tell(run, nights)


def crash(run: Run, databases: Databases) -> Night:
    """A report holds back replay, the network goes before the primary does; later the primary comes back."""
    night = begin(run, databases, "crash")
    run.phase("crash, behind")
    night.facts |= run.fault("finance begins a long report", begin_report, run, databases)
    missed = fall_behind(run, databases)
    night.facts |= {"held_back": replay_is_held_back(databases), "missed": missed}
    run.phase("crash, down")
    killed = kill_the_primary(run, databases, missed)
    run.patiently(lambda: databases.acknowledged(killed), RESUME_SECONDS)
    taken = [at.start + at.ms / 1000 - killed for at in run.requests if at.error is None and at.start >= killed]
    resumed = [after for after in taken if after <= RESUME_SECONDS]
    night.facts["resumed_after"] = round(min(resumed), 1) if resumed else None
    run.patiently(lambda: databases.acknowledged(killed) >= MISSED, 1.0 if resumed else 0.0)
    run.phase("crash, returned")
    night.returned = run.clock()
    come_back(run, databases)
    if resumed:
        orders_flow(run, databases, night)
    night.facts["no_standby_of"] = ready_for_nothing(run, databases)
    return end(run, databases, night)


def blind(run: Run, databases: Databases, resumed_after: float | None) -> Night:
    """The controller no longer sees the primary, everybody else does."""
    wait = BLIND_SECONDS + min(resumed_after or 1.0, SLOW_SECONDS)
    night = begin(run, databases, "blind")
    run.phase("blind, cut")
    with plugs_are_slow(run):
        run.fault("failover does not see db-a", databases.controller, "blind_to", "db-a")
        run.patiently(lambda: databases.primaries() not in ([], ["db-a"]), wait)
        if len(databases.primaries()) > 1:
            move_the_partition(run, databases)
            night.met = databases.all_taken()
    run.healed("failover sees db-a", databases.controller, "sees_again")
    run.phase("blind, healed")
    orders_flow(run, databases, night)
    return end(run, databases, night)


def stale(run: Run, databases: Databases, resumed_after: float | None) -> Night:
    """Both standbys are cut off, and then the primary dies: what is left may lack orders."""
    # What this controller does, it has done in the time that it took for the crash, and half of that again.
    wait = max(3.0, 1.5 * (resumed_after or 1.0) + 1.5)
    night = begin(run, databases, "stale")
    run.phase("stale, behind")
    pages = len(databases.pages())
    missed = fall_behind(run, databases)
    cut = run.clock()
    night.facts["warned"] = run.patiently(lambda: databases.ready() is False, TELL_SECONDS)
    missed += run.patiently(lambda: run.clock() - cut > CUT_SECONDS, CUT_SECONDS) and databases.acknowledged(cut)
    run.phase("stale, down")
    kill_the_primary(run, databases, missed)
    if run.patiently(databases.primaries, wait):
        orders_flow(run, databases, night)
    night.facts |= {"missed": missed, "paged": len(databases.pages()) - pages}
    return end(run, databases, night)
