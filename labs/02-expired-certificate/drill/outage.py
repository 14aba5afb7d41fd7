"""What happens while the CA is away for a month?"""

from __future__ import annotations

from .ledger import World
from .onlooker import LIFETIME_SECONDS, POLL_SECONDS, Onlooker

from harness.drill import Run

AWAY_SECONDS = LIFETIME_SECONDS / 3
BACK_SECONDS, LATE_SECONDS = 3.0, 1.0
"""More than the latter the drill may not prolong the outage by being slow: a right renewer is ready for a month."""


def the_ca_is_away(run: Run, world: World, wire: Onlooker) -> None:
    """For a third of a lifetime: from the next order on, or from when the newest certificate is nearly half through.

    For longer if nobody asks it meanwhile: it is back a moment after it was asked in vain.
    """
    world.act("ca down at the next order")

    def due() -> bool:
        return world.half_through() or world.fallen() or wire.dark()

    run.patiently(due, LIFETIME_SECONDS, POLL_SECONDS)
    run.phase("CA down")
    fell = run.fault("the CA is down", world.ca_falls)
    newest = world.certificates()[-1]
    until = min(fell + AWAY_SECONDS, 0.22 * newest["not_before"] + 0.78 * newest["not_after"])
    run.patiently(lambda: world.refused_a_while_ago(until) or wire.dark(), LIFETIME_SECONDS, POLL_SECONDS)
    until = max(until, run.clock())
    run.record(startable=world.startable())
    known, back = len(world.certificates()), max(until, run.clock())
    world.ca_returns(back)
    run.patiently(lambda: run.clock() > back, AWAY_SECONDS)
    late = back - until
    run.require(late < LATE_SECONDS, f"this machine is too busy: the CA was away {late:.1f} s too long")
    run.end_phase()
    run.healed("the CA is back", run.wait_until, lambda: not world.fallen(), BACK_SECONDS, "the CA is back")
    run.record(fell=fell, back=back, refused=len(world.refusals()))
    run.phase("CA back", seconds=1.0)
    run.record(plain=[*run.facts["plain"], world.plainly()])
    run.patiently(lambda: wire.shows_newer_than(known) or wire.dark(), LIFETIME_SECONDS / 2, POLL_SECONDS)
