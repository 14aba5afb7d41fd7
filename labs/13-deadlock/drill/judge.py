"""What has become of each order: what was the customer told, what was charged, what is left on the shelf?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness import Picture, Recording

from .limits import ATTEMPTS, STOCK

DONE, DECLINED = (200,), 402
CAPTURED, AUTHORISED, REFUNDED = "captured", "authorised", "refunded"


@dataclass(frozen=True)
class Order:
    """One order, as its customer knows it."""

    number: int
    lines: list[list[int]]
    """Products, and how many of each."""
    state: str | None
    """What the shop said of it when all was over; None where nobody asked."""
    card: str
    answers: list[list[Any]] = field(default_factory=list)
    """Of each request: the step, the HTTP status or why there was none, and seconds."""
    paid: bool = False
    back: bool = False
    """Whether the customer was told that it is paid, and paid back."""
    error: str = ""
    """What the shop said when it first answered with an error."""

    @property
    def failed(self) -> list[list[Any]]:
        """Requests that were answered with an error, or not at all."""
        return [answer for answer in self.answers if answer[1] not in (*DONE, DECLINED)]


def told(seen: Recording) -> list[Order]:
    """The drill's orders."""
    return [
        Order(
            order["id"],
            order["lines"],
            order["state"],
            order["card"],
            order["answers"],
            any(step == "pay" and status in DONE for step, status, _ in order["answers"]),
            any(step == "refund" and status in DONE for step, status, _ in order["answers"]),
            order.get("error", ""),
        )
        for order in seen.orders
    ]


def every(seen: Recording) -> list[Order]:
    """These and the customers'."""
    free = [
        Order(number, lines, None, f"card-{number}", [], bool(paid), bool(back))
        for number, lines, paid, back in seen.free
    ]
    return told(seen) + free


def unclear(seen: Recording) -> set[int]:
    """Orders whose last request failed: nobody knows whether they are paid, or paid back."""
    own = {one.number for one in told(seen) if one.failed and one.failed[-1] == one.answers[-1]}
    return own | {number for number, _, paid, back in seen.free if not paid or back is None}


def charged(seen: Recording) -> dict[str, dict[str, list[int]]]:
    """For each card and state of a charge: cents."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for card, cents, state, _ in seen.charges:
        found[card][CAPTURED if state == AUTHORISED else state].append(cents)
    return found


def of_cards(seen: Recording) -> dict[str, list[Order]]:
    """All orders, by card."""
    found: dict[str, list[Order]] = defaultdict(list)
    for one in every(seen):
        found[one.card].append(one)
    return found


def attempts(seen: Recording) -> dict[str, float]:
    """How often the gateway was asked to charge each card, by order; the most often asked first."""
    orders, found = of_cards(seen), Counter[str]()
    for card, _, _, asked in seen.charges:
        found[card] += asked
    each = {card: many / max(1, len(orders[card])) for card, many in found.items()}
    return dict(sorted(each.items(), key=lambda one: -one[1]))


def too_many_attempts(seen: Recording) -> list[tuple[str, float]]:
    """Cards that were tried more often than they may be for one order, the worst first."""
    return [(card, many) for card, many in attempts(seen).items() if many > ATTEMPTS]


def wrong_money(seen: Recording) -> list[str]:
    """Cards of which the gateway's ledger says something else than their customers were told."""
    prices, made, wrong = dict(seen.prices), charged(seen), []
    for card, orders in of_cards(seen).items():
        if unclear(seen).intersection(one.number for one in orders):
            continue
        due = {one.number: sum(prices[product] * many for product, many in one.lines) for one in orders}
        wanted = (
            [due[one.number] for one in orders if one.paid and not one.back],
            [due[one.number] for one in orders if one.back],
        )
        found = made[card][CAPTURED], made[card][REFUNDED]
        if any(sorted(one) != sorted(other) for one, other in zip(found, wanted, strict=True)):
            said, had = (f"{_sum(kept)} paid and {_sum(back)} paid back" for kept, back in (wanted, found))
            wrong.append(f"its customer was told {said}; the gateway has {had}")
    return wrong


def _sum(cents: list[int]) -> str:
    return " + ".join(map(str, cents)) or "nothing"


def twice(seen: Recording) -> list[str]:
    """Cards that have been charged more often than they have orders."""
    orders = of_cards(seen)
    made = {card: len(states[CAPTURED]) + len(states[REFUNDED]) for card, states in charged(seen).items()}
    return [card for card, many in made.items() if many > max(1, len(orders[card]))]


def wrong_stocks(seen: Recording) -> list[tuple[int, int, int]]:
    """Products with the stock that they should have, and have, where these differ and all orders are clear."""
    sold, open_ones = Counter[int](), Counter[int]()
    for one in every(seen):
        for product, many in one.lines:
            if one.number in unclear(seen):
                open_ones[product] += 1
            elif one.paid and not one.back:
                sold[product] += many
    stocks = [(product, STOCK - sold[product], stock) for product, stock in seen.stocks if not open_ones[product]]
    return [one for one in stocks if one[1] != one[2]]


def wrong_states(seen: Recording) -> list[Order]:
    """Orders of which the shop says something else than it has told their customer."""
    return [
        one
        for one in told(seen)
        if (one.back and one.state != "refunded") or (one.paid and not one.back and one.state != "paid")
    ]


def story(one: Order) -> str:
    """What a customer was answered, and what the shop says at the end."""
    answers = ", ".join(f"{step} {status}" for step, status, _ in one.answers)
    return f"order {one.number}: {answers}; and the shop says {one.state}"


def buyers(seen: Recording, product: int) -> str:
    """The first orders that this product is in."""
    numbers = [str(one.number) for one in every(seen) if product in [line[0] for line in one.lines]]
    return ", ".join([*numbers[:3], *(["…"] if numbers[3:] else [])])


def some(seen: Recording, numbers: Iterable[int]) -> list[Order]:
    """These of the drill's orders."""
    wanted = set(numbers)
    return [one for one in told(seen) if one.number in wanted]


def failures(orders: Iterable[Order]) -> tuple[int, int, str]:
    """Requests of these orders that failed, requests in all, and what the first failure was."""
    listed = list(orders)
    failed = [(one, answer) for one in listed for answer in one.failed]
    first = "none"
    for one, (step, status, _) in failed[:1]:
        why = f", “{one.error}”" if one.error and isinstance(status, int) else ""
        first = f"order {one.number}, {step}: {said(status)}{why}"
    return len(failed), sum(len(one.answers) for one in listed), first


def said(status: Any) -> str:
    """An answer in words."""
    return f"HTTP {status}" if isinstance(status, int) else f"no answer: {status}"


def pictures(seen: Recording) -> list[Picture]:
    """How long somebody has waited for a lock, and which session waited for which at the worst moment."""
    [series] = seen.samples.values()
    rows = [
        [one["pid"], ", ".join(map(str, one["behind"])), f"{one['seconds']:.1f} s", one["query"]]
        for one in seen.worst["waiting"]
    ]
    table = {"columns": ["session", "waits for", "for", "with this statement"], "rows": rows}
    return [
        Picture(
            "The longest wait for a lock", "series", {"lines": {"seconds": series}, "limit": 2, "y_title": "seconds"}
        ),
        Picture(f"Which session waited for which, {seen.worst['at']:.1f} s into the drill", "table", table),
    ]
