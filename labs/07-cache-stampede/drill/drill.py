"""What happened that night, done to a fresh stack: the database stumbles, one hot key is lost, everything is lost."""

from __future__ import annotations

from harness import Run

from . import limits
from .prices import EVERY_MS, Prices
from .shop import Shop

PUT_SECONDS, STUMBLING_SECONDS = 0.15, 2.0  # until a read's copy is in the cache; for so long at most single reads fail
WARM, COLD_SECONDS = 150, 4.0  # answers until the cache is warm, in a second where it is quiet; or waited so long
DOWN_SECONDS, UNREADABLE_SECONDS = 2.2, 5.2  # of the database, and of four products: until all their copies are too old
CALM_SECONDS = 0.4  # after so long errors have to be over, once reads of the four products do not fail any more
HERD_SECONDS, HERD_MOST, FEW = 1.0, 2.4, 2  # before that: until the herd of its return is over, and few reads go on


def drill(run: Run) -> None:
    """Nine phases, 16 to 17 seconds. The flush is last: it would take away too what a failure has left behind."""
    shop = Shop(run)
    prices = Prices(run, shop.changing, shop.quiet)
    shop.set("cost_ms", 0)
    with (
        run.sample("reads in flight", shop.in_flight, every_ms=100, most=limits.CONNECTIONS),
        run.sample("price changes", prices.change, every_ms=EVERY_MS) as changes,
        run.traffic(users=limits.CUSTOMERS, service="edge", data=shop.for_customers()),
    ):
        run.phase("warm-up", seconds=1.0)
        run.patiently(lambda: len(run.requests) >= WARM, COLD_SECONDS)
        shop.set("cost_ms", limits.READ_MS)
        shop.set("crowd_ms", limits.CROWD_MS)
        run.phase("normal", seconds=0.7)
        lose_the_database(run, shop)
        lose_the_hot_key(run, shop)
        lose_everything(run, shop)
    run.require(not changes.failures, f"prices could not be changed: {changes.failures[:1]}")
    run.record(**prices.facts(), **shop.ledger(), damaged=[product["id"] for product in shop.damaged])


def lose_the_database(run: Run, shop: Shop) -> None:
    """For two seconds each read fails at once, those of four products for five; in between one read of three others."""
    run.phase("database down")
    run.until_answered()
    down = shop.now()
    run.fault("the database fails", shop.set, "failing", "on")
    shop.trouble(shop.unreadable, "fails")
    stay(run, DOWN_SECONDS)
    back = run.healed("the database is back", shop.set, "failing", "off")
    until, shop.failed = run.clock(), (down, back)
    run.phase("recovering")
    run.patiently(lambda: run.clock() > until + HERD_SECONDS and shop.in_flight() <= FEW, HERD_MOST)
    stumbled, lost = run.clock(), []
    for product in shop.damaged:  # one after the other: to find all copies takes its time on a busy machine
        began = shop.trouble([product], "first fails")
        shop.lose(product)  # once: leases are lost as well
        lost.append(run.at(shop.now()))
    run.mark("copies of three products are lost, and one read of each fails")
    run.record(down=run.at(down), back=run.at(back), stumbled=stumbled, lost=lost)
    stay(run, until - DOWN_SECONDS + UNREADABLE_SECONDS - run.clock())
    shop.heal(shop.unreadable)
    stay(run, max(CALM_SECONDS, run.at(began) + STUMBLING_SECONDS - run.clock()))
    shop.heal(shop.damaged)
    run.phase("recovered", seconds=0.5)


def lose_the_hot_key(run: Run, shop: Shop) -> None:
    """Its reads hang. While they do, products are asked for that nobody has read yet, and some with ids alike."""
    run.phase("hot key")
    closed = shop.trouble([hot := shop.hottest], "hangs")
    run.patiently(lambda: not shop.under_way(hot, closed), 1.0)  # what a read brings that had begun is lost as well
    stay(run, PUT_SECONDS)
    run.fault("the hottest product's copies are lost", shop.lose, hot)
    until = run.at(closed) + limits.PRICE_SECONDS + limits.SLACK_SECONDS
    while not (began := run.patiently(lambda: shop.first_read(hot, closed), 1.0)) and run.clock() < until:
        shop.lose(hot)  # again: a read that was slow may have put a copy back
    opened = run.at(began or shop.now()) + limits.HANG_SECONDS
    run.record(others_asked=run.clock())
    said, twins = shop.ask([*shop.never_asked, *shop.twins]), len(shop.twins)
    run.record(hottest=hot["id"], closed=run.at(closed), opened=opened, others=said[:-twins], twins=said[-twins:])
    stay(run, opened - run.clock())
    run.healed("it can be read again", shop.heal, [hot])
    run.phase("hot key is back", seconds=max(0.2, opened + limits.AFTER_SECONDS - run.clock()))


def lose_everything(run: Run, shop: Shop) -> None:
    """FLUSHALL, and what it does: to the shop as shipped, for as long as you like to wait."""
    flushed = run.fault("the cache is flushed", shop.flush)
    run.phase("flush", seconds=2.7)
    run.phase("later", seconds=1.5)
    run.record(flushed=run.at(flushed))


def stay(run: Run, seconds: float) -> None:
    """Let the phase go on."""
    run.patiently(lambda: False, max(0.0, seconds))
