"""What is sold, who buys it how, and what do they get?"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from harness import Run

from .limits import MANY, PATIENCE_SECONDS, RANGE

KINDS = ("Lamp", "Kettle", "Chair", "Clock", "Vase", "Radio", "Tent", "Drum", "Globe", "Kite")
FEW = (3, 9)
TRIES = 3
FINAL = (201, 402, 409)
"""Sold, declined, sold out: a buyer who gets one of these does not ask again for the same."""
SAME: dict[int | None, int] = {200: 201}

Lines = list[tuple[int, int]]
"""Products, and how many of each."""
Order = dict[str, Any]
"""What one buyer wanted (`request`, `card`, `lines`) and got: `statuses` of all tries, and the last `said`."""


class Shop:
    """A range drawn from the run's random numbers, sold at the edge as to anybody."""

    def __init__(self, run: Run) -> None:
        self._run, self._edge = run, run.http("edge")
        self._numbers = iter(run.random.sample(range(10_000, 10**9), 4000))
        self.pool = ThreadPoolExecutor(80)
        self.products: dict[int, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.orders: list[Order] = []
        self.range = [self.take_in(run.random.randint(*FEW)) for _ in range(RANGE - 10)]
        self.range += [self.take_in(MANY) for _ in range(10)]

    def take_in(self, stock: int) -> int:
        """A new product with so many pieces; its number."""
        number, draw = next(self._numbers), self._run.random
        product = {
            "id": number,
            "name": f"{draw.choice(KINDS)} {draw.randrange(1000)}",
            "cents": draw.randrange(500, 9000),
        }
        said = self._edge.post("/products", json=product | {"stock": stock})
        if not said.ok:
            self.refused.append(f"POST /products: {said.error or said.status}")
        self.products[number] = product | {"stock": stock}
        return number

    def left(self, product: int) -> int | None:
        """How many pieces the shop says that there are; None if it does not say."""
        said = self._edge.get(f"/products/{product}", timeout=5.0).json
        stock = said.get("stock") if isinstance(said, dict) else None
        return stock if type(stock) is int else None

    def order(self, lines: Lines, **known: Any) -> Order:
        """A buyer with a card of their own, who has not asked yet."""
        names = {"request": f"r-{next(self._numbers)}", "card": f"card-{next(self._numbers)}"} | known
        new: Order = names | {
            "lines": [list(line) for line in lines],
            "statuses": [],
            "said": None,
            "at": self._run.clock(),
        }
        self.orders.append(new)
        return new

    def same(self, order: Order) -> Order:
        """The same request once more."""
        return self.order([(one, many) for one, many in order["lines"]], request=order["request"], card=order["card"])

    def ask(self, order: Order, tries: int = TRIES, seconds: float = PATIENCE_SECONDS) -> Order:
        """Buy; an error is asked again, as a browser does, until it is clear what has become of the order."""
        lines = [{"product": product, "quantity": quantity} for product, quantity in order["lines"]]
        body = {"request": order["request"], "card": order["card"], "lines": lines}
        for _ in range(tries):
            came = self._edge.post("/orders", seconds, json=body)
            order["statuses"].append(came.error or SAME.get(came.status, came.status))
            order["said"] = came.json if isinstance(came.json, dict) else None
            if order["statuses"][-1] in FINAL:
                break
        order["until"] = self._run.clock()
        return order

    def send(self, orders: Iterable[Order], tries: int = TRIES) -> list[Future[Order]]:
        """All of them at once."""
        return [self.pool.submit(self.ask, order, tries) for order in orders]


def finish(sent: Iterable[Future[Order]]) -> None:
    """Over when all of these are."""
    for one in sent:
        one.result()
