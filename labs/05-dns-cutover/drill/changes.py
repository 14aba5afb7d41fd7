"""How do the names change that night, by hand and by the tool, and when are connections made anew?"""

from __future__ import annotations

from .names import TTL_SECONDS, Names
from .shop import Shop
from .tool import Tool
from .visits import visits

from harness.drill import Run

FOLLOW_SECONDS = 3.0
EXPIRED_SECONDS = TTL_SECONDS + 0.3
"""After so long nobody who keeps to the TTL believes in an old record."""


def misdirect(run: Run, shop: Shop, names: Names) -> None:
    """By hand, and connections are made anew."""
    run.end_phase()
    run.record(staging_wrong_from=run.clock())
    run.fault("both names lead to the other environment", names.misdirect)
    run.phase("misdirected", seconds=EXPIRED_SECONDS)
    run.fault("all connections are recycled", shop.recycle, "db-prod", "db-staging")
    with names.counted("misdirected"):
        run.phase("new connections", seconds=2.0)
        run.record(**visits(run, shop, times=12))


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
    follow(run, shop, "db-prod", "db-prod-new")
    run.phase("moved", seconds=1.0)


def move_back(run: Run, shop: Shop, names: Names) -> None:
    """The new machine is too slow. Who remembers for long can be lucky with one of the moves, not with both."""
    run.phase("moving back")
    names.as_it_was()
    follow(run, shop, "db-prod-new", "db-prod")
    run.phase("moved back", seconds=1.0)


def follow(run: Run, shop: Shop, old: str, new: str) -> None:
    """The name leads to the other machine: connections to the old one are closed; until all orders are there."""
    run.mark(f"orders-db leads to {new}")
    until = run.clock() + TTL_SECONDS + FOLLOW_SECONDS
    stay(run, EXPIRED_SECONDS)
    shop.recycle(old)
    run.patiently(lambda: shop.moved(old, new) and shop.calm(), until - run.clock())


def stay(run: Run, seconds: float) -> None:
    """Let so much time pass."""
    run.patiently(lambda: False, seconds)
