"""What happened that night, done to a fresh stack: one hot key is lost, everything is lost, the database stumbles."""

from __future__ import annotations

from typing import Any

from harness import Run

from .limits import AFTER_SECONDS, CONNECTIONS, CUSTOMERS, PRICE_SECONDS, READ_MS, RECOVERY_SECONDS, SLACK_SECONDS
from .shop import Shop

WARM = 150
"""After so many answers the cache has what most customers ask for; a quiet machine gives them in the first second."""
COLD_SECONDS = 4.0
"""So long the drill waits for them on a crowded machine, or where a shop gives none."""
GLANCES = 4
"""So often customers have seen an old price before it changes: enough for both processes to have been asked."""
UNDER_WAY_SECONDS = 0.3
"""Customers who asked so shortly before the database failed may get an error of it: they count to that phase."""
LAST_LOOK_SECONDS = 0.4
"""In so much time each regular customer looks at least once."""
LATE_LOOK_SECONDS = 5.0
"""So long the drill waits for that on a crowded machine."""


def drill(run: Run) -> None:
    """Eight phases, 15 to 17 seconds."""
    shop = Shop(run)
    shop.set("cost_ms", 0)
    with (
        run.sample("reads in flight", shop.in_flight, every_ms=100, most=CONNECTIONS),
        run.traffic(users=CUSTOMERS, service="edge", data=shop.for_customers()),
    ):
        run.phase("warm-up", seconds=1.0)
        run.patiently(lambda: len(run.requests) >= WARM, COLD_SECONDS)
        shop.set("cost_ms", READ_MS)
        run.phase("normal", seconds=1.2)
        lose_the_hot_key(run, shop)
        lose_everything(run, shop)
        down, back = lose_the_database(run, shop)
        changed = change_prices(run, shop)
    run.record(**shop.ledger(down, back), answers=answers(run, since=changed))


def lose_the_hot_key(run: Run, shop: Shop) -> None:
    """Its reads wait at a gate until no further one comes; then products are asked for that nobody has read yet."""
    hot, gate = shop.hottest, run.postgres("db").connect()
    run.phase("hot key")
    gate.execute("SELECT pg_advisory_lock(7077, %s)", (hot["id"],))
    closed = shop.now()
    run.fault("the hottest product's copies are lost", shop.lose, hot)
    run.patiently(lambda: shop.reads(hot, closed), PRICE_SECONDS + SLACK_SECONDS)
    run.until_quiet(lambda: shop.reads(hot, closed), seconds=2.0)
    run.record(hottest=hot["id"], others=shop.ask(shop.never_asked))
    opened = shop.now()
    run.healed("it can be read again", gate.close)
    run.phase("hot key is back", seconds=AFTER_SECONDS)
    run.record(closed=run.at(closed), opened=run.at(opened))


def lose_everything(run: Run, shop: Shop) -> None:
    """FLUSHALL, and three seconds of what it does, the beginning of the next phase included."""
    flushed = run.fault("the cache is flushed", shop.flush)
    run.phase("flush", seconds=3.0 - UNDER_WAY_SECONDS)
    run.record(flushed=run.at(flushed))


def lose_the_database(run: Run, shop: Shop) -> tuple[float, float]:
    """For two seconds each read fails at once; just before that and just after it, by the ledger's clock."""
    run.phase("database down")
    stay(run, UNDER_WAY_SECONDS)
    down = shop.now()
    run.fault("the database fails", shop.set, "failing", "on")
    stay(run, 2.0)
    back = run.healed("the database is back", shop.set, "failing", "off")
    run.record(down=run.at(down), back=run.at(back))
    return down, back


def change_prices(run: Run, shop: Shop) -> float:
    """As soon as customers have seen the four old ones again; customers look on until the new ones have to show."""
    back = run.clock()
    run.phase("recovering")
    run.patiently(lambda: all_seen(run, shop, back), seconds=1.0)
    for product in shop.changing:
        shop.change_price(product)
    run.mark("four prices change")
    changed = run.clock()
    run.record(
        changed=changed, prices=[[product["id"], product["price"], product["new_price"]] for product in shop.changing]
    )
    stay(run, back + RECOVERY_SECONDS - run.clock())
    due = changed + PRICE_SECONDS + SLACK_SECONDS
    run.phase("recovered", seconds=due + LAST_LOOK_SECONDS - run.clock())
    run.patiently(lambda: all_asked(run, shop, due), LATE_LOOK_SECONDS)
    return changed


def stay(run: Run, seconds: float) -> None:
    """Let the phase go on."""
    run.patiently(lambda: False, seconds)


def all_seen(run: Run, shop: Shop, since: float) -> bool:
    """Whether customers have been shown each of the old prices often enough since then."""
    shown = [note["product"] for note in run.notes("prices") if note["price"] and note["at"] > since]
    return all(shown.count(product["id"]) >= GLANCES for product in shop.changing)


def all_asked(run: Run, shop: Shop, since: float) -> bool:
    """Whether somebody has asked for each of these products since then, and was told something."""
    asked = {note["product"] for note in run.notes("prices") if note["at"] - note["seconds"] >= since}
    return asked >= {product["id"] for product in shop.changing}


def answers(run: Run, since: float) -> dict[str, list[Any]]:
    """What customers were told of the changing products when they asked later than that, as columns."""
    told = [(round(note["at"] - note["seconds"], 3), note["product"], note["price"]) for note in run.notes("prices")]
    rows = sorted((row for row in told if row[0] > since), key=lambda row: row[0])  # a price may be None
    return {name: [row[column] for row in rows] for column, name in enumerate(("asked", "product", "price"))}
