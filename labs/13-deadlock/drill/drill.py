"""What happened on Black Friday, done to a fresh stack: carts cross, refunds meet payments."""

from __future__ import annotations

from concurrent.futures import Future
from itertools import permutations

from harness import Run

from .limits import AT_ONCE_SECONDS, CUSTOMERS, HANGS_SECONDS
from .shop import OK, Order, Shop

RANGE, PAIRS, EACH, ROUNDS, MEETINGS, MORE, HELD, DECLINED, REGULARS, LOST, REFUSED = 30, 3, 4, 3, 6, 8, 6, 4, 2, 2, 2
LONG = 6  # products of a cart: the more, the longer somebody has some of its locks and waits for others
CLICK_SECONDS, LATE_SECONDS = 0.2, 0.7  # until a second click is where the first one is; until its charge is answered


def drill(run: Run) -> None:
    """Customers pay for what does not cross all the time; the rest is done by the drill, and counted with theirs."""
    shop = Shop(run, RANGE + 2 * PAIRS + 3 + MEETINGS + LONG * HELD + 2 + DECLINED + REGULARS + LOST + REFUSED)
    data = {"products": shop.products(RANGE), "first": 1 + 10**8 * run.random.randrange(1, 9)}
    with (
        run.sample("longest wait for a lock (s)", shop.longest_wait, every_ms=150, most=4.0),
        run.traffic(users=CUSTOMERS, service="edge", data=data),
    ):
        run.phase("normal", seconds=1.0)
        pay_unusually(run, shop)
        run.phase("slow gateway")
        clicked_again = hold_some(run, shop)
        cross(run, shop)
        for one in clicked_again:
            one.result()
        run.phase("later", seconds=1.5)
    run.phase("counted")
    shop.look_at_all()
    ledger = run.tell("gateway", "ledger")
    charges = [[charge["card"], charge["cents"], charge["state"], charge["asked"]] for charge in ledger]
    free = [[note["order"], note["lines"], note["paid"], note["back"]] for note in run.notes("orders")]
    run.record(order=shop.orders[0]["id"], orders=shop.orders, free=free, charges=charges, worst=shop.worst)
    run.record(stocks=shop.stocks(), prices=list(shop.prices.items()))


def pay_unusually(run: Run, shop: Shop) -> None:
    """Some cards are declined; of some the gateway's answer gets lost when it has charged them, or it refuses a refund.

    And with the same card the same cart is bought twice; one time the first has been paid back before.
    """
    declined = shop.take_orders([shop.products(1) for _ in range(DECLINED)])
    lost = shop.take_orders([shop.products(1) for _ in range(LOST)])
    refused = shop.take_orders([shop.products(1) for _ in range(REFUSED)])
    chains = [[(order, "pay")] for order in [*declined, *lost, *refused]]
    for back in range(REGULARS):
        first, second = shop.take_orders([shop.products(1)], times=2)
        chains.append([(first, "pay"), *([(first, "refund")] if back else []), (second, "pay")])
    run.tell("gateway", "decline", cards=[order["card"] for order in declined])
    run.tell("gateway", "behave", mode="losing", times=1, cards=[order["card"] for order in lost])
    for chain in [shop.pool.submit(shop.one_after_the_other, chain) for chain in chains]:
        chain.result()
    run.tell("gateway", "behave", mode="failing", times=1, cards=[order["card"] for order in refused])
    shop.do([(order, "refund") for order in refused])
    run.tell("gateway", "behave", mode="ok")
    run.record(declined=[order["id"] for order in declined], lost=[order["id"] for order in [*lost, *refused]])


def hold_some(run: Run, shop: Shop) -> list[Future[Order]]:
    """The gateway lets some carts wait; two others, with other products, are paid meanwhile.

    Those who wait click once more, which the gateway answers later; and as soon as the first click is answered, they
    want their money back. These requests are still under way afterwards, and are returned.
    """
    held = shop.take_orders([shop.products(LONG) for _ in range(HELD)])
    others = shop.take_orders([shop.products(1) for _ in range(2)])
    cards = {order["card"] for order in held}

    def waiting() -> int:
        return sum(card in cards for card in run.tell("gateway", "waiting"))

    run.fault("the gateway lets six carts wait", lambda: run.tell("gateway", "hold", cards=sorted(cards)))
    sent = shop.send((order, "pay") for order in held)
    at_the_gate = run.until_quiet(waiting, still_seconds=0.3, seconds=1.5)
    quick = [shop.pool.submit(shop.step, order, "pay", AT_ONCE_SECONDS) for order in others]
    answers = [one.result()["answers"][-1] for one in quick]
    run.tell("gateway", "behave", mode="slow", seconds=LATE_SECONDS, times=1, cards=sorted(cards))
    clicked = shop.send((order, "pay") for order in held)
    run.patiently(lambda: False, CLICK_SECONDS)
    run.healed("the gateway goes on", lambda: run.tell("gateway", "release"))
    run.record(at_the_gate=at_the_gate, meanwhile=answers, beside=[order["id"] for order in others])
    back = [shop.pool.submit(shop.pay_back_when, one) for one in sent]
    return [*clicked, *back]


def cross(run: Run, shop: Shop) -> None:
    """Carts with the same products in opposite order, or in a circle; at the same moment, refunds meet payments.

    Orders that are paid are paid once more and paid back, each of them twice. Then, if nobody hangs by now, refunds of
    some, and more carts.
    """
    carts = [cart for _ in range(PAIRS) for cart in list(permutations(shop.products(2))) * EACH]
    one, two, three = shop.products(3)
    carts += [(one, two), (two, three), (three, one)] * ROUNDS
    met = shop.take_orders([shop.products(1) for _ in range(MEETINGS)])
    orders = shop.take_orders(run.random.sample(carts, len(carts)))
    more = shop.take_orders(run.random.sample(carts, MORE))
    run.record(met=[order["id"] for order in met], crossed=[order["id"] for order in [*orders, *more]])
    shop.do([(order, "pay") for order in met])
    run.phase("black friday")
    run.mark("carts cross, and refunds meet payments")
    steps = [(order, step) for order in met for step in ("pay", "refund", "pay", "refund")]
    steps += [(order, "pay") for order in orders]
    shop.do(run.random.sample(steps, len(steps)))
    if shop.worst["seconds"] > HANGS_SECONDS:
        return
    run.mark("refunds of some, and more carts")
    back = [(order, "refund") for order in orders[:MORE] if order["answers"][-1][1] == OK]
    shop.do([*back, *((order, "pay") for order in more)])
