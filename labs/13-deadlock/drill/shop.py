"""What is in the shop, how is it paid, and which session waits for which meanwhile?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from harness import Answer, Run

from .limits import PATIENCE_SECONDS, SETTLE_SECONDS, STOCK

OK, ACCEPTED, PAYMENT_REQUIRED = 200, 202, 402
FINAL = (OK, PAYMENT_REQUIRED)
SETTLED: dict[str | None, Any] = {"paid": OK, "refunded": OK, "declined": PAYMENT_REQUIRED}
TRIES, MOST_WAITING, MOST_ERROR = 2, 12, 80
WAITING = "SELECT pid, seconds, behind, query FROM waiting"

Order = dict[str, Any]
"""`id`, `card`, `lines` ([product, quantity] each), and `answers`: [step, status or error, seconds] of all requests.

`error`: what the shop said when it first answered with an error.
"""


class Shop:
    """Products drawn from the run's random numbers, bought at the edge as by anybody."""

    def __init__(self, run: Run, products: int) -> None:
        self._run, self._edge = run, run.http("edge")
        self._db, self._watch = run.postgres("db").connect(), run.postgres("db").connect()
        self.pool = ThreadPoolExecutor(80)
        ids = run.random.sample(range(1000, 10**6), products)
        self.prices = {product: run.random.randrange(300, 9000) for product in ids}
        self.free = iter(ids)
        goods = [{"id": product, "cents": cents, "stock": STOCK} for product, cents in self.prices.items()]
        self._db.execute("SELECT lab.stock(%s)", (json.dumps(goods),))
        self._numbers = iter(run.random.sample(range(10**6, 10**8), 1000))
        self.orders: list[Order] = []
        self.worst: dict[str, Any] = {"at": 0.0, "seconds": 0.0, "sessions": 0, "waiting": []}

    def products(self, many: int) -> list[int]:
        """Products that nothing else of the drill is about."""
        return [next(self.free) for _ in range(many)]

    def longest_wait(self) -> float:
        """Seconds for which somebody has waited for a lock by now; the worst moment is kept."""
        rows = self._watch.execute(WAITING).fetchall()
        seconds = max((row["seconds"] for row in rows), default=0.0)
        if seconds > self.worst["seconds"]:
            kept = [row | {"seconds": round(row["seconds"], 2)} for row in rows[:MOST_WAITING]]
            moment = {"at": round(self._run.clock(), 2), "seconds": round(seconds, 2)}
            self.worst = moment | {"sessions": len(rows), "waiting": kept}
        return round(seconds, 2)

    def take_orders(self, carts: Iterable[Iterable[int]], times: int = 1) -> list[Order]:
        """Somebody's cart each, which the shop takes as an order; or as several, with one card."""
        drawn = [self._drawn(products) for products in carts]
        again = [one | {"id": next(self._numbers), "answers": []} for one in drawn for _ in range(times - 1)]
        new = drawn + again
        self.orders += new
        for order, came in zip(new, self.pool.map(self._take, new), strict=True):
            if not came.ok:
                order["answers"].append(["order", came.error or came.status, round(came.ms / 1000, 2)])
        return new

    def _drawn(self, products: Iterable[int]) -> Order:
        number, draw = next(self._numbers), self._run.random
        lines = [[product, draw.choice([1, 1, 2])] for product in products]
        return {"id": number, "card": f"card-{number}", "lines": lines, "answers": []}

    def _take(self, order: Order) -> Answer:
        asked = [{"product": product, "quantity": quantity} for product, quantity in order["lines"]]
        return self._edge.post("/orders", json={"id": order["id"], "card": order["card"], "lines": asked})

    def step(self, order: Order, step: str, seconds: float = PATIENCE_SECONDS) -> Order:
        """`pay` or `refund`; an error is tried once more, and what was accepted is looked at until it is done."""
        for _ in range(TRIES):
            came = self._edge.post(f"/orders/{order['id']}/{step}", seconds, json={})
            status = came.error or came.status
            if came.status == ACCEPTED:
                self._run.patiently(lambda: self.state(order) in SETTLED, SETTLE_SECONDS)
                status = SETTLED.get(self.state(order), "accepted, and never settled")
            elif (
                step == "refund"
                and status == OK
                and (not isinstance(came.json, dict) or came.json.get("state") != "refunded")
            ):
                status = "answered, and not paid back"
            order["answers"].append([step, status, round(came.ms / 1000, 2)])
            if came.status and status not in FINAL:
                said = came.json.get("error") if isinstance(came.json, dict) else came.text
                order.setdefault("error", str(said or "")[:MOST_ERROR])
            if status in FINAL or came.error or came.status == ACCEPTED:
                break
        return order

    def one_after_the_other(self, steps: Iterable[tuple[Order, str]]) -> None:
        """Each when the one before it has been answered."""
        for order, step in steps:
            self.step(order, step)

    def pay_back_when(self, paid: Future[Order]) -> Order:
        """Somebody wants their money back as soon as they hear that they have paid."""
        return self.step(paid.result(), "refund")

    def state(self, order: Order) -> str | None:
        """What the shop says of an order; None if it says nothing."""
        said = self._edge.get(f"/orders/{order['id']}").json
        return said.get("state") if isinstance(said, dict) else None

    def send(self, steps: Iterable[tuple[Order, str]]) -> list[Future[Order]]:
        """All of these at once."""
        return [self.pool.submit(self.step, order, step) for order, step in steps]

    def do(self, steps: Iterable[tuple[Order, str]]) -> None:
        """The same, until all of them are over."""
        for sent in self.send(steps):
            sent.result()

    def stocks(self) -> list[list[int]]:
        """Each product, and the pieces that are left of it."""
        rows = self._db.execute("SELECT id, stock FROM products ORDER BY id").fetchall()
        return [[row["id"], row["stock"]] for row in rows]

    def look_at_all(self) -> None:
        """Each order gets its `state`, as the shop tells it to anybody."""
        for order, state in zip(self.orders, self.pool.map(self.state, self.orders), strict=True):
            order["state"] = state
