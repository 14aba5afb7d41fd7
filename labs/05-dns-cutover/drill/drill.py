"""What happened: the move as it was meant; wrong records and a silent name server, either of them first; and back."""

from __future__ import annotations

from harness import Run

from .judge import DATABASES, FOLLOW_SECONDS, TTL_SECONDS
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
        with (
            run.sample("production's orders in staging", shop.misplaced, every_ms=200, most=FULL_BAR),
            run.sample("look-ups so far", names.asked, every_ms=1000),
            run.traffic(users=CUSTOMERS, service="orders", data=shop.for_customers),
        ):
            an_ordinary_change(run, shop, names)
            move(run, shop, names, "db-prod-new", ("moving", "moved"))
            for trouble in run.random.sample((the_night, a_silence), 2):
                trouble(run, shop, names)
            move(run, shop, names, "db-prod", ("moving back", "moved back"))
        names.unusual_calls(only_plan=True)
        run.record(calls=names.calls, **shop.books())


def an_ordinary_change(run: Run, shop: Shop, names: Names) -> None:
    """The tool makes a change of staging's, and plans others, right and wrong ones. One it should refuse to make."""
    run.phase("normal")
    names.by_tool("apply", "orders-db.staging", "db-preprod")
    until = run.clock() + EXPIRED_SECONDS
    names.by_tool("plan", "orders-db", "db-prod-new")
    names.by_tool("plan", "orders-db", "db-preprod", right=False)
    names.by_tool("plan", "orders-db.staging", "db-prod-new", right=False)
    names.by_tool("apply", "orders-db.staging", "db-prod", right=False)
    stay(run, until - run.clock())
    shop.close_connections("db-staging")
    stay(run, 0.5)


def move(run: Run, shop: Shop, names: Names, machine: str, phases: tuple[str, str]) -> None:
    """As it is meant, by the tool or else by hand. Ends early when all orders are there and customers are served."""
    run.phase(phases[0])
    old, names.home = names.home, machine
    shop.close_connections(old)  # code that remembers an address for long remembers this one
    stay(run, 0.3)
    names.by_tool("apply", "orders-db", machine)
    run.mark(f"orders-db leads to {machine}")
    until = run.clock() + TTL_SECONDS + FOLLOW_SECONDS
    stay(run, EXPIRED_SECONDS)
    shop.close_connections(old)
    run.patiently(lambda: shop.moved(old, machine) and shop.calm(), until - run.clock())
    run.phase(phases[1])
    shop.hold_orders(machine)
    stay(run, 1.0)


def the_night(run: Run, shop: Shop, names: Names) -> None:
    """By hand. When every copy of the old answer is too old, all connections are closed, so that new ones are made."""
    run.phase("misdirected")
    run.fault("both names lead to the other environment", lambda: names.by_hand("db-prod", wrong=True))
    stay(run, EXPIRED_SECONDS)
    run.fault("all connections are closed", shop.close_connections, *DATABASES)
    run.phase("new connections", seconds=2.0)
    run.phase("rolled back")
    run.healed("production's name is right again", lambda: names.by_hand("db-prod"))
    names.by_tool("apply", "orders-db.staging", "db-staging")
    run.mark("staging's name is right again")
    run.patiently(shop.calm, TTL_SECONDS + FOLLOW_SECONDS)
    run.phase("recovered", seconds=1.5)


def a_silence(run: Run, shop: Shop, names: Names) -> None:
    """No packet passes between the name server and production: it does not see what the tool is asked meanwhile."""
    run.phase("no name server")
    run.fault("the name server is silent", run.container("dns").blind_to, "orders")
    until = run.clock() + SILENT_SECONDS
    stay(run, EXPIRED_SECONDS)
    run.fault("production's connections are closed", shop.close_connections, names.home)
    names.unusual_calls(until)
    stay(run, until - run.clock())
    run.healed("the name server answers", run.container("dns").sees_again)


def stay(run: Run, seconds: float) -> None:
    """Let so much time pass."""
    run.patiently(lambda: False, seconds)
