"""What happened that week, done to a fresh stack: everybody wants the same product at the same moment."""

from __future__ import annotations

from harness import Run

from . import facts
from .limits import AT_ONCE_SECONDS, BUYERS, CUSTOMERS, GATE_SECONDS, MANY
from .shop import Shop, finish

DECLINED, CLICKS, OTHERS, CROSSING, CARTS, TWICE, LAST, LOST = 8, 8, 4, 16, 8, 6, 3, 4


def drill(run: Run) -> None:
    """Customers buy from the whole range all the time; meanwhile, one after the other, what goes wrong in a shop."""
    shop = Shop(run)
    declined = [f"declined-{run.random.randrange(10**9)}" for _ in range(DECLINED)]
    run.tell("gateway", "decline", cards=declined)
    with run.traffic(users=CUSTOMERS, service="edge", data={"range": shop.range, "declined": declined}):
        run.phase("normal", seconds=1.0)
        run.phase("rush")
        rush(run, shop, declined)
        give_back(run, shop, declined)
        run.phase("carts")
        carts(run, shop, declined)
        run.phase("repeats")
        repeats(run, shop, declined)
        run.phase("answers are lost")
        lose_answers(run, shop)
    run.phase("the last pieces")
    facts.keep(run, shop)


def rush(run: Run, shop: Shop, declined: list[str]) -> None:
    """Sixty buyers come for ten pieces or so, and the gateway lets them wait. Somebody else buys something else."""
    wanted, beside = shop.take_in(run.random.randint(8, 12)), shop.take_in(MANY)
    orders = [shop.order([(wanted, run.random.choice([1, 1, 2]))]) for _ in range(BUYERS - DECLINED)]
    orders += [shop.order([(wanted, 1)], card=card) for card in declined]
    run.random.shuffle(orders)
    cards = {order["card"] for order in orders}

    def waiting() -> int:
        return sum(card in cards for card in run.tell("gateway", "waiting"))

    run.fault("the gateway lets them wait", lambda: run.tell("gateway", "hold", cards=sorted(cards)))
    clicked_again = [shop.same(order) for order in run.random.sample(orders, CLICKS)]
    sent, until = shop.send([*orders, *clicked_again]), run.clock() + GATE_SECONDS
    most = run.until_quiet(waiting, seconds=GATE_SECONDS)
    other = shop.ask(shop.order([(beside, 1)]), tries=1, seconds=AT_ONCE_SECONDS)
    run.patiently(lambda: False, until - run.clock())
    run.healed("the gateway goes on", lambda: run.tell("gateway", "release"))
    run.record(product=wanted, at_the_gate=most, beside=other["statuses"], took=round(other["until"] - other["at"], 3))
    finish(sent)
    again = [shop.order([(wanted, 1)]) for _ in range(shop.products[wanted]["stock"] + 2)]
    finish(shop.send(again))


def give_back(run: Run, shop: Shop, declined: list[str]) -> None:
    """Cards that will be declined may keep a product's only piece while others want it, and some click once more."""
    alone = [shop.take_in(1) for _ in declined]
    run.tell("gateway", "hold", cards=declined)
    sent = shop.send(held := [shop.order([(one, 1)], card=card) for one, card in zip(alone, declined, strict=True)])
    run.patiently(lambda: len(run.tell("gateway", "waiting")) >= len(alone), 1.0)
    others = shop.send([shop.order([(product, 1)]) for product in alone for _ in range(OTHERS)])
    twins = shop.send([shop.same(order) for order in held[:3]])
    run.patiently(lambda: all(one.done() for one in [*others, *twins]), 0.8)
    run.tell("gateway", "release")
    finish([*sent, *others, *twins])


def carts(run: Run, shop: Shop, declined: list[str]) -> None:
    """Carts with two products: the same two in both orders, and two of which one is nearly gone."""
    one, other, plenty, scarce = shop.take_in(MANY), shop.take_in(MANY), shop.take_in(MANY), shop.take_in(2)
    crossing = [shop.order([(one, 1), (other, 2)] if n % 2 else [(other, 2), (one, 1)]) for n in range(CROSSING)]
    lines = [[(plenty, 1), (scarce, 1)] if n % 2 else [(scarce, 1), (plenty, 1)] for n in range(CARTS)]
    tight = [shop.order(some) for some in lines]
    tight += [shop.order([(plenty, 3), (one, 1)], card=card) for card in declined[:4]]
    finish(shop.send(run.random.sample([*crossing, *tight], CROSSING + CARTS + 4)))
    run.record(carts=[one, other, plenty, scarce])


def repeats(run: Run, shop: Shop, declined: list[str]) -> None:
    """Purchases that are asked for twice: at the same moment, and once more when they have been answered.

    By then nothing may be left; some were sold out from the first, and some cards are declined. And a card buys again.
    """
    product, scarce = shop.take_in(MANY), shop.take_in(LAST)
    firsts = [shop.order([(product, 1)]) for _ in range(TWICE)]
    run.tell("gateway", "hold", cards=[order["card"] for order in firsts])
    sent = shop.send([order for first in firsts for order in (first, shop.same(first))])
    let_them_come(run)
    finish(sent)
    last, once = [shop.order([(scarce, 1)]) for _ in range(LAST)], shop.order([(product, 1)])
    finish(shop.send([*last, once]))
    late = [shop.order([(scarce, 1)]), shop.order([(product, 1)], card=once["card"])]
    late += [shop.order([(product, 1)], card=card) for card in declined[:2]]
    run.tell("gateway", "hold", cards=declined[:2])  # both of each are refused at the same moment
    sent = shop.send([*late, *(shop.same(order) for order in late)])
    let_them_come(run)
    finish(sent)
    finish(shop.send([shop.same(order) for order in [*firsts, *last, *late]]))
    run.record(repeated=[order["request"] for order in [*firsts, *last]])


def let_them_come(run: Run) -> None:
    """When some are at the gate, and nobody more comes, all of them go on at the same moment."""
    run.until_quiet(lambda: len(run.tell("gateway", "waiting")), still_seconds=0.3, seconds=1.5)
    run.tell("gateway", "release")


def lose_answers(run: Run, shop: Shop) -> None:
    """The gateway charges some cards, and its answer gets lost."""
    product = shop.take_in(MANY)
    orders = [shop.order([(product, 1)]) for _ in range(LOST)]
    cards = [order["card"] for order in orders]
    for card in cards:
        run.tell("gateway", "behave", mode="losing", times=1, cards=[card])
        shop.ask(next(order for order in orders if order["card"] == card))
    run.tell("gateway", "behave", mode="ok")
    run.record(lost=[order["request"] for order in orders])
