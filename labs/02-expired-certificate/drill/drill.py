"""What happens in three lifetimes of a certificate: it is renewed, or not; its CA is away; its CA stays away."""

from __future__ import annotations

from collections import Counter

from . import impostors
from .facts import derived
from .ledger import World
from .onlooker import LIFETIME_SECONDS, POLL_SECONDS, Delay, Onlooker
from .outage import the_ca_is_away
from .pager import warned
from .picture import lifetimes

from harness.drill import Run

CUSTOMERS = 24
LATE_DAYS = 12


def drill(run: Run) -> None:
    """Five phases, 15 to 25 seconds."""
    with run.container("edge").standing(["nginx", "-t", "-q"]) as start:
        three_lifetimes(run, World(run, start))


def three_lifetimes(run: Run, world: World) -> None:
    """All that happens, and what is recorded of it."""
    wire, delay = Onlooker(run, world), Delay(run)
    customers = {"address": wire.address, "root": world.root}
    with run.sample("days left on the wire", wire.look), run.sample("delay of the drill", delay.ms):
        with run.traffic(users=CUSTOMERS, service="edge", data=customers):
            normal(run, world, wire)
            the_ca_is_away(run, world, wire)
            run.end_phase()
            run.record(fell_again=run.fault("the CA is down again, for good", world.ca_falls))
        nobody_comes(run, world, wire)
    delay.require_small()
    remember(run, world, wire)


def normal(run: Run, world: World, wire: Onlooker) -> None:
    """Until the certificate on the wire has been changed, or has ended. The partners' is fresh at first."""
    world.act("partners renew")
    run.record(partners_fresh=world.act("partners reload"))
    run.phase("normal")
    run.record(billing_at_shop=world.billing("/shop"), plain=[world.plainly()])
    run.patiently(lambda: run.clock() > LIFETIME_SECONDS / 3, LIFETIME_SECONDS)
    run.phase("renewal due")
    run.record(partners_stale=run.fault("the partners renew, and serve the old one", world.act, "partners renew"))
    run.patiently(lambda: wire.changes() or wire.dark(), 2 * LIFETIME_SECONDS)
    settled = max(run.clock() + 0.8, 2 / 3 * LIFETIME_SECONDS)
    run.patiently(lambda: run.clock() > settled or world.half_through(), LIFETIME_SECONDS, POLL_SECONDS)


def nobody_comes(run: Run, world: World, wire: Onlooker) -> None:
    """The last certificate runs out, unless the pager rings first; billing meets some who are not what they pretend."""
    run.phase("CA stays down")
    run.record(met=impostors.met(run, world), plain=[*run.facts["plain"], world.plainly()])
    late = LATE_DAYS * LIFETIME_SECONDS / 90
    partners_late = world.partners_end(run.facts["partners_fresh"]) - late

    def over() -> bool:
        told = wire.left_seconds() < late or warned(world.notes(), wire.spans())
        return told and run.clock() > partners_late

    run.patiently(over, LIFETIME_SECONDS, POLL_SECONDS)
    run.record(until=run.clock())


def remember(run: Run, world: World, wire: Onlooker) -> None:
    """What the checks and the picture need."""
    run.healed("the CA is back", world.act, "ca up")
    noted = world.notes()
    raw = {"certificates": world.certificates(), "orders": noted["orders"], "rings": noted["rings"]}
    run.record(renewer_ended=world.renewer_ended())
    run.record(**raw, wire=wire.spans(), partners_end=world.partners_end(run.facts["partners_fresh"]))
    failed = [(request.start, request.error) for request in run.requests if request.error]
    run.record(customers={"asked": len(run.requests), "errors": Counter(error for _, error in failed)})
    exports = [(r.start, r.start + r.ms / 1000, r.error) for r in run.requests if r.name == "export"]
    run.record(failed=failed, **derived(run.facts, exports))
    run.evidence("What was served, and for how long it was good", "spans", rows=lifetimes(run.facts), x_title="seconds")
