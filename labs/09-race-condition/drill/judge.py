"""What was sold, what was charged for it, and what is left?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness import Picture, Recording

from .limits import MANY

SOLD, DECLINED, SOLD_OUT = 201, 402, 409
FINAL = (SOLD, DECLINED, SOLD_OUT)
WORDS: dict[Any, str] = {SOLD: "sold", DECLINED: "declined", SOLD_OUT: "sold out"}


@dataclass
class Purchase:
    """All that was asked by one request's name, and what became of it."""

    request: str
    card: str
    lines: list[tuple[int, int]]
    """Products, and how many of each."""
    statuses: list[Any] = field(default_factory=list)
    """Of all tries: HTTP statuses, or why none came."""
    numbers: set[Any] = field(default_factory=set)
    """The orders that it was said to have become."""

    @property
    def sold(self) -> bool:
        """Whether somebody was told that it is theirs."""
        return SOLD in self.statuses

    @property
    def clear(self) -> bool:
        """Whether the buyer knows what has become of it."""
        return any(status in FINAL for status in self.statuses)

    @property
    def failed(self) -> int:
        """Tries that were answered with an error, or not at all."""
        return sum(status not in FINAL for status in self.statuses)


@dataclass(frozen=True)
class Stock:
    """One product's pieces."""

    product: int
    first: int
    before: int | None
    """What the shop said that it had left when all was quiet; None if it did not say."""
    last: int | None
    """The same when somebody had bought the rest."""
    sold: int
    """Pieces that buyers were told are theirs."""
    unclear: int = 0
    """Pieces of orders of which their buyers do not know what has become."""

    @property
    def agrees(self) -> bool:
        """Whether the shop has left what it had, less what was sold, and perhaps less what is unclear."""
        return self.last is not None and 0 <= self.first - self.sold - self.last <= self.unclear


def purchases(seen: Recording) -> list[Purchase]:
    """In the order in which they were first asked for."""
    found: dict[str, Purchase] = {}
    for request, card, lines, statuses, number in seen.orders:
        one = found.setdefault(request, Purchase(request, card, [(product, many) for product, many in lines]))
        one.statuses += statuses
        one.numbers |= {number} if SOLD in statuses else set()
    return list(found.values())


def stocks(seen: Recording) -> list[Stock]:
    """Of all products."""
    sold, unclear = Counter[int](), Counter[int]()
    for one in purchases(seen):
        for product, many in one.lines if one.sold or not one.clear else []:
            (sold if one.sold else unclear)[product] += many
    rows = [(product, first, before, last) for product, first, before, last in seen.stock]
    return [Stock(*row, sold[row[0]], unclear[row[0]]) for row in rows]


def wanted(seen: Recording) -> tuple[int, int]:
    """The pieces of the product that everybody wanted, and those sold while everybody did."""
    [first] = [first for product, first, *_ in seen.stock if product == seen.product]
    rush = [one for one in purchases(seen) if one.lines[0][0] == seen.product and one.request not in seen.rest]
    return first, sum(one.lines[0][1] for one in rush if one.sold)


def wrongly_refused(seen: Recording) -> list[Purchase]:
    """Buyers of products of which there are hundreds of pieces who were told that these are sold out."""
    plenty = {product for product, first, *_ in seen.stock if first >= MANY}
    return [
        one for one in purchases(seen) if SOLD_OUT in one.statuses and all(wanted in plenty for wanted, _ in one.lines)
    ]


def charges(seen: Recording) -> dict[str, list[int]]:
    """What the gateway has charged each card, and not given back: cents."""
    found: dict[str, list[int]] = defaultdict(list)
    for card, cents, _ in seen.charges:
        found[card].append(cents)
    return found


def price(seen: Recording, one: Purchase) -> int:
    """What it costs, in cents."""
    prices = dict(seen.prices)
    return sum(prices[product] * many for product, many in one.lines)


def wrongly_charged(seen: Recording) -> list[str]:
    """Cards whose charges are not those of what was sold to them, one for each order."""
    orders, charged, wrong = defaultdict[str, list[Purchase]](list), charges(seen), []
    for one in purchases(seen):
        orders[one.card].append(one)
    for card, some in orders.items():
        paid, due = charged.get(card, []), [price(seen, one) for one in some if one.sold]
        if all(one.clear for one in some) and sorted(paid) != sorted(due):
            wrong.append(f"a card that has bought for {_listed(due)} was charged {_listed(paid)}")
    return wrong


def _listed(paid: list[int]) -> str:
    return " and ".join(f"{cents} cents" for cents in paid) or "nothing"


def two_answers(seen: Recording) -> list[Purchase]:
    """Those of which somebody was told that they are sold, and somebody else that the card was declined."""
    return [one for one in purchases(seen) if {SOLD, DECLINED} <= set(one.statuses)]


def asked(one: Purchase) -> str:
    """How it was asked for."""
    often = len(one.statuses)
    return f"a purchase that was asked for {often} times" if often > 1 else "a purchase whose gateway's answer was lost"


def tries(some: Iterable[Purchase]) -> int:
    """Requests in all."""
    return sum(len(one.statuses) for one in some)


def told(statuses: list[Any]) -> str:
    """What a buyer was told last."""
    last = statuses[-1] if statuses else "nothing was asked"
    return WORDS.get(last) or (f"HTTP {last}" if isinstance(last, int) else f"no answer: {last}")


def first_error(some: Iterable[Purchase]) -> str:
    """What the first try that failed was told."""
    return next((told([status]) for one in some for status in one.statuses if status not in FINAL), "none")


def pictures(seen: Recording) -> list[Picture]:
    """Which products were sold more often than there were pieces, and where the stock does not agree."""
    found = sorted(stocks(seen), key=lambda one: one.first - one.sold)[:20]
    bars = {"x": [str(one.product) for one in found], "y": [one.sold - one.first for one in found]}
    rows = [[one.product, one.first, one.sold, one.before, one.last] for one in found]
    table = {
        "columns": ["product", "pieces", "sold", "the shop's stock then", "and when the rest was bought"],
        "rows": rows,
    }
    return [
        Picture(
            "Pieces sold beyond those that there were (the 20 worst)",
            "bars",
            bars | {"limit": 0, "x_title": "product", "y_title": "pieces"},
        ),
        Picture("The same products", "table", table),
    ]
