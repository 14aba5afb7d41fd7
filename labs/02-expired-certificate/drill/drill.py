"""What happens in three lifetimes of a certificate: it is renewed, or not; its CA is away; its CA stays away."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

from harness import Run

from . import judge
from .judge import BY_HAND_DAYS, DAY_SECONDS, DAYS, LIFETIME_SECONDS, NEIGHBOURS
from .world import World

CUSTOMERS, POLL_SECONDS, STANDSTILL_SECONDS, AWAY_SECONDS = 24, 0.2, 1.1, LIFETIME_SECONDS / 3
START, PORTS, DUE = ["nginx", "-t", "-q"], ["cat", "/proc/net/tcp", "/proc/net/tcp6"], ("outages", "half_through")
WRONG, HELPER_ENDED = ("other host", "self-signed", "expired", "unknown CA"), "start: the helper ended with exit code"


def drill(run: Run) -> None:
    """Five phases, 15 to 25 seconds."""
    world, ahead = World(run), run.epoch() - time.monotonic()
    customers = {"address": world.address, "root": world.root, "key": run.key, "clock_ahead": ahead}
    looking, ticking = run.sample("days left on the wire", world.look, most=DAYS), run.sample("clock", run.clock)
    trying, standing = run.sample("nginx would start", world.would_start, every_ms=300), run.container("edge").standing
    with standing(START) as world.start, standing(PORTS) as world.listening, looking, trying, ticking as ticks:
        with run.traffic(users=CUSTOMERS, service="edge", data=customers):
            careful = normal(run, world)
            the_ca_is_away(run, world)
            run.fault("the CA is down again, to the end", world.act, "ca down")
            last_ends(run, world, careful)
        the_ca_stays_away(run, world)
    stood = max((later - sooner for (sooner, _), (later, _) in pairwise(ticks.series)), default=run.clock())
    run.require(stood < STANDSTILL_SECONDS, f"this machine is too busy: the drill stood still for {stood:.1f} s")
    remember(run, world)


def normal(run: Run, world: World) -> str:
    """Until the shop's certificate has been changed, or has ended; one neighbour is late. The name of the other."""
    late, careful = run.random.sample(NEIGHBOURS, 2)
    world.act("be late", name=late, again=run.random.uniform(1.9, 2.5))
    world.act("put a certificate", name=careful, where="both", at=run.random.uniform(4.0, 6.5))
    run.phase("normal", seconds=run.random.uniform(1.5, 2.5))
    world.look_around()
    run.phase("renewal due")
    renew = partial(world.act, "put a certificate", name=late, where="file", at=run.clock())
    run.fault(f"the {late} renew their file, and serve the old certificate", renew)
    run.patiently(lambda: len(judge.Wire(world.facts()).served) > 1 or world.dark(), 2 * LIFETIME_SECONDS, POLL_SECONDS)
    settled = max(run.clock() + 0.8, LIFETIME_SECONDS / 2)
    run.patiently(lambda: run.clock() > settled or world.notes()["half_through"], LIFETIME_SECONDS, POLL_SECONDS)
    orders = world.notes()["orders"]["granted"]
    hurried = [one for one, other in pairwise(orders) if other - one < LIFETIME_SECONDS / 5]
    run.patiently(lambda: not hurried or run.clock() > hurried[0] + LIFETIME_SECONDS, LIFETIME_SECONDS, POLL_SECONDS)
    return careful


def the_ca_is_away(run: Run, world: World) -> None:
    """From the next order on, or when the certificate is half through, for a month, or until it was asked in vain."""
    world.act("ca down at the next order")
    run.patiently(lambda: any(map(world.notes().get, DUE)) or world.dark(), LIFETIME_SECONDS, POLL_SECONDS)
    run.phase("CA down")
    run.fault("the CA is down", world.act, "ca down")
    noted = world.notes()
    fell, newest = noted["outages"][0][0], noted["certificates"][-1]
    until = min(fell + AWAY_SECONDS, 0.22 * newest["not_before"] + 0.78 * newest["not_after"])

    def in_vain(seconds: float) -> bool:
        refused, now = world.notes()["orders"]["refused"], run.clock()
        return (bool(refused) and now > refused[0] + (0.5 if now > until + 0.5 else seconds)) or world.dark()

    run.patiently(lambda: in_vain(0.5), LIFETIME_SECONDS, POLL_SECONDS)
    with ThreadPoolExecutor() as aside:  # being slow, it may not prolong the outage
        looked = aside.submit(world.look_around)
        run.patiently(lambda: in_vain(1.0), LIFETIME_SECONDS, POLL_SECONDS)
        back = max(until, run.clock())
        world.act("ca up", at=back)
        run.patiently(lambda: run.clock() > back, AWAY_SECONDS)
    looked.result()
    run.healed("the CA is back", world.notes)
    run.phase("CA back", seconds=0.5)
    world.look_around()
    run.patiently(lambda: judge.newest(world.facts()).at > back or world.dark(), LIFETIME_SECONDS / 2, POLL_SECONDS)


def last_ends(run: Run, world: World, careful: str) -> None:
    """The careful neighbour's certificate will end after the shop's, whose file colleagues renew by hand before."""
    shop, now = judge.newest(world.facts()).end, run.clock()
    world.act("put a certificate", name=careful, where="both", at=now, ends=max(shop + 1.0, now + 3.4))
    if shop > now + 3.4:
        by_hand = max(now, shop - BY_HAND_DAYS * DAY_SECONDS)
        world.act("put a certificate", name="shop", where="file", at=by_hand, ends=shop + LIFETIME_SECONDS / 3)


def the_ca_stays_away(run: Run, world: World) -> None:
    """The last certificates run out, unless the pager rings first; billing meets impostors meanwhile."""
    run.phase("CA stays down")
    for kind in ("good", *run.random.sample(("good", *WRONG), len(WRONG) + 1)):
        world.act("meet billing", place="bank", kind=kind)
    divert = run.container("billing").divert
    straight = run.fault("an impostor stands between billing and the shop", divert, "edge", 8443, "outside", 9443)
    for kind in run.random.sample(WRONG, len(WRONG)):
        world.act("meet billing", place="shop", kind=kind)
    run.healed("billing reaches the shop again", straight)
    run.patiently(lambda: judge.is_over(world.facts(), run.clock()), 2 * LIFETIME_SECONDS, POLL_SECONDS)
    world.look_around()


def remember(run: Run, world: World) -> None:
    """What the checks and the picture need; then the world is left so that it can be looked at."""
    world.act("ca up")
    failed = [(int(request.start * 10) / 10, request.error) for request in run.requests if request.error]
    exports = [[r.start, round(r.start + r.ms / 1000, 3), r.error] for r in run.requests if r.name == "export"]
    run.record(asked=len(run.requests), exports=exports, failed_at=sorted({at for at, _ in failed}), **world.facts())
    run.record(errors=dict(Counter(error for _, error in failed).most_common()))
    run.record(until=run.clock(), renewer_ended=HELPER_ENDED in run.container("edge").logs(lines=5000))
    if run.stays_up:
        run.healed("at the end: the CA is back, and colleagues renew by hand", world.act, "colleagues renew by hand")
