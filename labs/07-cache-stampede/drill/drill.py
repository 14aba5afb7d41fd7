"""What happened that night, done to a fresh stack: one hot key is lost, everything is lost, the database stumbles."""

from __future__ import annotations

from .shop import CATALOGS, Product, Shop

from harness.drill import Run

CUSTOMERS = 150
READ_MS = 200
OLDEST_PRICE_SECONDS, SLACK_SECONDS = 4.0, 1.0


def drill(run: Run) -> None:
    """Eight phases, 15 to 17 seconds."""
    shop = Shop(run)
    shop.set("cost_ms", 0)
    with (
        run.sample("reads in flight", shop.in_flight),
        run.traffic(users=CUSTOMERS, service="edge", data={"products": shop.popular}),
    ):
        run.phase("warm-up", seconds=1.0)
        shop.set("cost_ms", READ_MS)
        run.phase("normal", seconds=1.5)
        lose_the_hot_key(run, shop)
        lose_everything(run, shop)
        lose_the_database(run, shop)
    run.record(most_at_once=int(shop.value("SELECT lab.most_at_once()")))


def lose_the_hot_key(run: Run, shop: Shop) -> None:
    """Its reads wait at a gate until no further one comes; then products are asked for that nobody has read yet."""
    hot, gate = shop.popular[0], run.postgres("db").connect()
    run.phase("hot key")
    closed = shop.now()
    gate.execute("SELECT pg_advisory_lock(7077, %s)", (hot["id"],))
    run.fault("the hottest product's copies are lost", shop.lose, hot)
    run.patiently(lambda: shop.reads(hot, closed), OLDEST_PRICE_SECONDS + SLACK_SECONDS)
    run.until_quiet(lambda: shop.reads(hot, closed), seconds=2.0)
    run.record(hottest=hot["id"], others=shop.ask(["edge"], shop.never_asked[1:], "price", timeout=2.0))
    run.record(hot_reads_at_gate=shop.reads(hot, closed))
    opened = shop.now()
    run.healed("it can be read again", gate.close)
    run.phase("hot key is back", seconds=0.8)
    run.record(hot_reads_after=shop.reads(hot, opened))


def lose_everything(run: Run, shop: Shop) -> None:
    """FLUSHALL, and who reads what afterwards."""
    flushed = run.fault("the cache is flushed", shop.flush)
    run.phase("flush", seconds=3.0)
    bursts = shop.bursts(flushed)
    run.record(flush_reads=bursts)
    bars = {"x": [str(product) for product, _ in bursts], "y": [reads for _, reads in bursts]}
    title = "Reads of the same product within 1.5 s after the flush (the 20 most read)"
    run.evidence(title, "bars", **bars, limit=len(CATALOGS), x_title="product", y_title="reads")


def keep_looking(run: Run, shop: Shop, products: list[Product], until: float) -> None:
    """Until then, customers go on asking both catalogues for these products."""

    def look() -> bool:
        shop.ask(CATALOGS, products, "new_price", timeout=0.5)
        return run.clock() > until

    run.patiently(look, seconds=until - run.clock(), every_seconds=0.3)


def lose_the_database(run: Run, shop: Shop) -> None:
    """When it is back, prices change: of the hottest product, of two others, and of one that no customer asks for."""
    down = run.fault("the database fails", shop.set, "failing", "on")
    run.phase("database down", seconds=2.0)
    run.healed("the database is back", shop.set, "failing", "off")
    back, errors_end = shop.now(), run.clock() + 3
    run.phase("recovering")
    changed = [shop.popular[0], shop.popular[20], shop.popular[120], shop.never_asked[0]]
    shop.ask(CATALOGS, changed, "price", timeout=1.0)
    for product in changed:
        shop.raise_price(product)
    run.mark("four prices change")
    shown = run.clock() + OLDEST_PRICE_SECONDS + SLACK_SECONDS
    keep_looking(run, shop, changed, errors_end)
    run.phase("recovered")
    keep_looking(run, shop, changed, shown)
    run.record(prices=shop.ask(CATALOGS, changed, "new_price", timeout=3.0))
    run.record(failed_reads=shop.failed_reads(down), recovered_reads=shop.bursts(back))
