"""What happened that night: a wrong record, the way back, the move as it was meant; then the name server hangs."""

from __future__ import annotations

from audit import audit
from names import TTL_SECONDS, Names
from shop import Shop
from tool import Tool
from visits import visits

from harness.drill import Run

CUSTOMERS, FOLLOW_SECONDS = 50, 3.0
EXPIRED_SECONDS = TTL_SECONDS + 0.3
"""After so long nobody who keeps to the TTL believes in an old record."""
LOST_SECONDS = TTL_SECONDS + 3.5
"""The name server is away for longer than a copy is good and, after that, longer than a customer waits."""


def drill(run: Run) -> None:
    """Eight phases, about 20 seconds."""
    shop, names = Shop(run), Names(run)
    tool = Tool(run, names)
    with (
        run.sample("production's orders in staging", shop.misplaced, every_ms=200),
        run.sample("look-ups per second", names.asked_per_second, every_ms=1000),
        run.traffic(users=CUSTOMERS, service="orders", data=shop.for_customers()),
        names.counted("in all"),
    ):
        an_ordinary_change(run, shop, tool)
        misdirect(run, shop, names)
        roll_back(run, shop, names, tool)
        move(run, shop, names, tool)
        lose_the_name_server(run, shop)
        run.phase("normal again", seconds=1.5)
        run.record(new_workers=shop.new_workers())
    run.record(changes=tool.changes, asked=names.counts)
    audit(run, shop)


def an_ordinary_change(run: Run, shop: Shop, tool: Tool) -> None:
    """The tool plans a change of production's record, and makes one of staging's."""
    run.phase("normal")
    tool.plan("orders-db", "db-prod-new", right=True)
    tool.plan("orders-db", "db-preprod", right=False)
    tool.apply("orders-db.staging", "db-preprod")
    stay(run, EXPIRED_SECONDS)
    shop.recycle("db-staging")
    tool.refuse("orders-db.staging", "db-prod")
    tool.refuse("orders-db", "db-preprod")


def misdirect(run: Run, shop: Shop, names: Names) -> None:
    """By hand, and connections are made anew."""
    run.end_phase()
    run.record(staging_wrong_from=run.clock())
    run.fault("both names lead to the other environment", names.misdirect)
    run.phase("misdirected", seconds=EXPIRED_SECONDS)
    run.fault("all connections are recycled", shop.recycle, "db-prod", "db-staging")
    with names.counted("misdirected"):
        run.phase("new connections", seconds=2.0)
        run.record(visits=visits(run, shop, times=12))


def roll_back(run: Run, shop: Shop, names: Names, tool: Tool) -> None:
    """Production's name by hand, staging's by the tool, or else by hand. Ends early when customers are served."""
    run.healed("production's name is rolled back", names.half_as_it_was)
    run.phase("rolled back")
    tool.apply("orders-db.staging", "db-staging", names.as_it_was)
    run.record(staging_wrong_until=run.clock() + TTL_SECONDS + FOLLOW_SECONDS)
    run.patiently(shop.calm, TTL_SECONDS + FOLLOW_SECONDS)
    run.phase("recovered", seconds=1.5)


def move(run: Run, shop: Shop, names: Names, tool: Tool) -> None:
    """The move as it was meant, by the tool or else by hand; connections are closed before and after it."""
    run.phase("moving")
    shop.recycle("db-prod")
    stay(run, 0.5)  # all have connected again: who remembers an address for long, remembers this one
    tool.apply("orders-db", "db-prod-new", names.move)
    run.mark("orders-db leads to the new machine")
    until = run.clock() + TTL_SECONDS + FOLLOW_SECONDS
    stay(run, EXPIRED_SECONDS)
    shop.recycle("db-prod")
    run.patiently(lambda: shop.moved() and shop.calm(), until - run.clock())
    run.phase("moved", seconds=1.5)


def lose_the_name_server(run: Run, shop: Shop) -> None:
    """No packet passes between it and production's service; meanwhile production's connections are recycled."""
    dns = run.container("dns")
    run.fault("the name server is silent", dns.blind_to, "orders")
    run.phase("no name server", seconds=EXPIRED_SECONDS)
    run.fault("production's connections are recycled", shop.recycle, "db-prod-new")
    stay(run, LOST_SECONDS - EXPIRED_SECONDS)
    run.healed("the name server answers", dns.sees_again)


def stay(run: Run, seconds: float) -> None:
    run.patiently(lambda: False, seconds)
