"""What happens in three lifetimes of a certificate: it is renewed, or not; its CA is away; its CA stays away."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from harness import Run

from .judge import DAY_SECONDS, DAYS, LIFETIME_SECONDS, PAGED_DAYS, partners
from .world import World

CUSTOMERS, POLL_SECONDS, STANDSTILL_SECONDS = 24, 0.2, 1.1
AWAY_SECONDS, LATE_SECONDS = LIFETIME_SECONDS / 3, 1.0
"""More than the latter the drill may not prolong the outage by being slow: a right renewer is ready for a month."""

WRONG, HELPER_ENDED = ("other host", "self-signed", "expired", "unknown CA"), "start: the helper ended with exit code"


def drill(run: Run) -> None:
    """Five phases, 15 to 25 seconds."""
    world = World(run)
    ahead = run.epoch() - time.monotonic()
    customers = {"address": world.address, "root": world.root, "key": run.key, "clock_ahead": ahead}
    looking = run.sample("days left on the wire", world.look, most=DAYS)
    starting = run.container("edge").standing(["nginx", "-t", "-q"])  # at once, also where processes start slowly
    with looking, starting as start, run.sample("clock of the drill", run.clock) as ticks:
        with run.traffic(users=CUSTOMERS, service="edge", data=customers):
            normal(run, world)
            the_ca_is_away(run, world, start.run)
            run.fault("the CA is down again, for good", world.act, "ca down")
        the_ca_stays_away(run, world)
    stood = max((later - sooner for (sooner, _), (later, _) in pairwise(ticks.series)), default=run.clock())
    run.require(stood < STANDSTILL_SECONDS, f"this machine is too busy: the drill stood still for {stood:.1f} s")
    remember(run, world)


def normal(run: Run, world: World) -> None:
    """Until the certificate on the wire has been changed, or has ended. The partners' is fresh at first."""
    world.act("partners renew")
    world.act("partners reload")
    run.phase("normal")
    run.record(billing_at_shop=world.billing("/shop"), plain=[world.plainly()])
    run.patiently(lambda: run.clock() > LIFETIME_SECONDS / 3, LIFETIME_SECONDS)
    run.phase("renewal due")
    run.fault("the partners renew their file, and serve the old certificate", world.act, "partners renew")
    run.patiently(lambda: world.has_changed() or world.dark(), 2 * LIFETIME_SECONDS, POLL_SECONDS)
    settled = max(run.clock() + 0.8, 2 / 3 * LIFETIME_SECONDS)
    run.patiently(lambda: run.clock() > settled or world.notes()["half_through"], LIFETIME_SECONDS, POLL_SECONDS)


def the_ca_is_away(run: Run, world: World, start: Callable[[], tuple[int, str]]) -> None:
    """For a third of a lifetime: from the next order on, or from when the newest certificate is nearly half through.

    For longer if nobody asks it meanwhile: it is back a moment after it was asked in vain.
    """
    world.act("ca down at the next order")

    def due() -> bool:
        noted = world.notes()
        return bool(noted["outages"] or noted["half_through"] or world.dark())

    run.patiently(due, LIFETIME_SECONDS, POLL_SECONDS)
    run.phase("CA down")
    run.fault("the CA is down", world.act, "ca down")
    noted = world.notes()
    fell, newest = noted["outages"][0][0], noted["certificates"][-1]
    until = min(fell + AWAY_SECONDS, 0.22 * newest["not_before"] + 0.78 * newest["not_after"])

    def refused_a_while_ago() -> bool:
        refused, now = world.notes()["orders"]["refused"], run.clock()
        return bool(refused) and now > refused[0] + (0.5 if now > until + 0.5 else 1.0)

    run.patiently(lambda: refused_a_while_ago() or world.dark(), LIFETIME_SECONDS, POLL_SECONDS)
    until = max(until, run.clock())
    run.record(startable=world.startable(start))
    back = max(until, run.clock())
    world.act("ca up", at=back)
    run.patiently(lambda: run.clock() > back, AWAY_SECONDS)
    run.require(back - until < LATE_SECONDS, f"this machine is too busy: the CA was away {back - until:.1f} s too long")
    run.healed("the CA is back", world.notes)
    run.phase("CA back", seconds=1.0)
    run.record(plain=[*run.facts["plain"], world.plainly()])
    run.patiently(lambda: world.so_far().newest()[0] > back or world.dark(), LIFETIME_SECONDS / 2, POLL_SECONDS)


def the_ca_stays_away(run: Run, world: World) -> None:
    """The last certificate runs out, unless the pager rings first; billing meets impostors meanwhile."""
    run.phase("CA stays down")
    met = [world.meeting("bank", kind) for kind in ("good", *run.random.sample(WRONG, len(WRONG)))]
    divert = run.container("billing").divert
    straight = run.fault("an impostor stands between billing and the shop", divert, "edge", 8443, "outside", 9443)
    met += [world.meeting("shop", kind) for kind in run.random.sample(WRONG, len(WRONG))]
    run.healed("billing reaches the shop again", straight)
    run.record(met=met, plain=[*run.facts["plain"], world.plainly()])
    partners_late = partners(world.notes())[2] - PAGED_DAYS * DAY_SECONDS

    def over() -> bool:
        told = world.left_days < PAGED_DAYS or bool(world.so_far().warnings())
        return told and run.clock() > partners_late

    run.patiently(over, LIFETIME_SECONDS, POLL_SECONDS)
    run.record(until=run.clock())


def remember(run: Run, world: World) -> None:
    """What the checks and the picture need; then the world is left so that it can be looked at."""
    world.act("ca up")
    failed = [request for request in run.requests if request.error]
    exports = [[r.start, round(r.start + r.ms / 1000, 3), r.error] for r in run.requests if r.name == "export"]
    errors = dict(Counter(request.error for request in failed).most_common())
    run.record(asked=len(run.requests), errors=errors, exports=exports)
    run.record(failed_at=sorted({int(request.start * 10) / 10 for request in failed}), looks=world.looks)
    run.record(**world.notes(), renewer_ended=HELPER_ENDED in run.container("edge").logs(lines=5000))
    if run.stays_up:
        run.healed("the CA is back, and colleagues renew files by hand", world.act, "colleagues renew by hand")
