"""What happened that night: wrong records, the way back, the move as it was meant; then the name server hangs."""

from __future__ import annotations

from .audit import audit
from .changes import EXPIRED_SECONDS, misdirect, move, move_back, roll_back, stay
from .names import TTL_SECONDS, Names
from .shop import Shop
from .tool import Tool

from harness.drill import Run

CUSTOMERS = 36
LOST_SECONDS = TTL_SECONDS + 3.5
"""The name server is away for longer than a copy is good and, after that, longer than a customer waits."""


def drill(run: Run) -> None:
    """Ten phases, about 30 seconds."""
    with run.container("dns").standing(["count-queries"]) as counter:
        the_night(run, Names(run, counter))


def the_night(run: Run, names: Names) -> None:
    """All that happens, and what is recorded of it."""
    shop, tool = Shop(run), Tool(run, names)
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
        move_back(run, shop, names)
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
    tool.plan("orders-db.staging", "db-prod-new", right=False)
    tool.apply("orders-db.staging", "db-preprod")
    stay(run, EXPIRED_SECONDS)
    shop.recycle("db-staging")
    tool.refuse("orders-db.staging", "db-prod")
    tool.refuse("orders-db", "db-preprod")


def lose_the_name_server(run: Run, shop: Shop) -> None:
    """No packet passes between it and production's service; meanwhile production's connections are recycled."""
    dns = run.container("dns")
    run.fault("the name server is silent", dns.blind_to, "orders")
    run.phase("no name server", seconds=EXPIRED_SECONDS)
    run.fault("production's connections are recycled", shop.recycle, "db-prod")
    stay(run, LOST_SECONDS - EXPIRED_SECONDS)
    run.healed("the name server answers", dns.sees_again)
