"""What happened that night: wrong records, the way back, the move as it was meant; then the name server is silent."""

from __future__ import annotations

from harness import Run

from .judge import FOLLOW_SECONDS, TTL_SECONDS
from .names import COUNT, LOOK, Names
from .shop import Shop

CUSTOMERS, FULL_BAR = 36, 25
EXPIRED_SECONDS = TTL_SECONDS + 0.3
"""After so long, code that keeps to the TTL no longer believes an old record."""
SILENT_SECONDS = TTL_SECONDS + 3.5
"""The name server is silent for longer than an answer is good and, after that, longer than a customer waits."""


def drill(run: Run) -> None:
    """Ten phases, about 25 seconds."""
    dns = run.container("dns")
    with dns.standing(LOOK) as look, dns.standing(COUNT) as count:
        names, shop = Names(run, look.run, count.run), Shop(run)
        before = shop.workers()
        with (
            run.sample("production's orders in staging", shop.misplaced, every_ms=200, most=FULL_BAR),
            run.sample("look-ups so far", names.asked, every_ms=1000),
            run.traffic(users=CUSTOMERS, service="orders", data=shop.for_customers()),
            names.counted("in all"),
        ):
            an_ordinary_change(run, shop, names)
            misdirect(run, shop, names)
            roll_back(run, shop, names)
            move(run, shop, names)
            lose_the_name_server(run, shop)
            run.phase("normal again", seconds=1.5)
            run.record(workers=[before, shop.workers()])
        run.record(calls=names.calls, look_ups=names.look_ups, **shop.books())


def an_ordinary_change(run: Run, shop: Shop, names: Names) -> None:
    """The tool plans changes, right and wrong ones, and makes one of staging's. Two wrong ones it should refuse."""
    run.phase("normal")
    names.by_tool("plan", "orders-db", "db-prod-new")
    names.by_tool("plan", "orders-db", "db-preprod", right=False)
    names.by_tool("plan", "orders-db.staging", "db-prod-new", right=False)
    names.by_tool("apply", "orders-db.staging", "db-preprod")
    stay(run, EXPIRED_SECONDS)
    shop.close_connections("db-staging")
    for record, machine in (("orders-db.staging", "db-prod"), ("orders-db", "db-preprod")):
        if names.by_tool("apply", record, machine, right=False):
            names.by_hand()


def misdirect(run: Run, shop: Shop, names: Names) -> None:
    """By hand. When every copy of the old answer is too old, all connections are closed, so that new ones are made."""
    run.phase("misdirected")
    run.fault("both names lead to the other environment", lambda: names.by_hand("db-prod-new", "db-prod", copied=True))
    stay(run, EXPIRED_SECONDS)
    run.fault("all connections are closed", shop.close_connections, "db-prod", "db-staging")
    with names.counted("new connections"):
        run.phase("new connections", seconds=2.0)


def roll_back(run: Run, shop: Shop, names: Names) -> None:
    """Production's name by hand, staging's by the tool, or else by hand. Ends early when customers are served."""
    run.phase("rolled back")
    run.healed("production's name is right again", lambda: names.by_hand(staging="db-prod"))
    if not names.by_tool("apply", "orders-db.staging", "db-staging"):
        names.by_hand()
    run.mark("staging's name is right again")
    run.record(staging_is_right=run.clock())
    run.patiently(shop.calm, TTL_SECONDS + FOLLOW_SECONDS)
    run.phase("recovered", seconds=1.5)


def move(run: Run, shop: Shop, names: Names) -> None:
    """As it was meant, by the tool or else by hand; and back, for code that remembers may be lucky once, not twice."""
    run.phase("moving")
    shop.close_connections("db-prod")
    stay(run, 0.5)  # all have connected again: code that remembers an address for long remembers this one
    if not names.by_tool("apply", "orders-db", "db-prod-new"):
        names.by_hand("db-prod-new")
    follow(run, shop, "db-prod", "db-prod-new")
    run.phase("moved", seconds=1.0)
    run.phase("moving back")
    names.by_hand()
    follow(run, shop, "db-prod-new", "db-prod")
    run.phase("moved back", seconds=1.0)


def follow(run: Run, shop: Shop, old: str, new: str) -> None:
    """The name leads to the other machine: connections to the old one are closed; until all orders are there."""
    run.mark(f"orders-db leads to {new}")
    until = run.clock() + TTL_SECONDS + FOLLOW_SECONDS
    stay(run, EXPIRED_SECONDS)
    shop.close_connections(old)
    run.patiently(lambda: shop.moved(old, new) and shop.calm(), until - run.clock())


def lose_the_name_server(run: Run, shop: Shop) -> None:
    """No packet passes between it and production's service; meanwhile production's connections are closed."""
    dns = run.container("dns")
    run.fault("the name server is silent", dns.blind_to, "orders")
    run.phase("no name server", seconds=EXPIRED_SECONDS)
    run.fault("production's connections are closed", shop.close_connections, "db-prod")
    stay(run, SILENT_SECONDS - EXPIRED_SECONDS)
    run.healed("the name server answers", dns.sees_again)


def stay(run: Run, seconds: float) -> None:
    """Let so much time pass."""
    run.patiently(lambda: False, seconds)
