"""What do the shop's customers do? They put two products into a cart and pay; some of them want their money back."""

from __future__ import annotations

import itertools
import time
from typing import Any

from locust import between, task

from loadtests import Customer, data

MOST_CUSTOMERS = 1000
CREATED = 201
FINE = {"pay": (200, 202), "refund": (200,), "order": (CREATED,)}
LOOKS, LOOK_SECONDS = 8, 0.5


class Buyer(Customer):
    """Orders, pays, and now and then gives everything back."""

    wait_time = between(0.3, 0.9)
    patience_seconds = 4.0

    def on_start(self) -> None:
        """No order has a number that another one has."""
        self.numbers = itertools.count(data()["first"] + self.number, MOST_CUSTOMERS)

    @task
    def buy(self) -> None:
        """One order, paid; one of six is paid back. What is not known (the load is over) is noted as such."""
        number = next(self.numbers)
        wanted = self.random.sample(data()["products"], 2)
        lines = [[product, self.random.choice([1, 1, 2])] for product in wanted]
        asked = [{"product": product, "quantity": quantity} for product, quantity in lines]
        body = {"id": number, "card": f"card-{number}", "lines": asked}
        if self.step("order", "/orders", body) != CREATED:
            return
        known: dict[str, bool | None] = {"paid": None, "back": False}
        try:
            known["paid"] = self.step("pay", f"/orders/{number}/pay") in FINE["pay"] and self.settled(number)
            if known["paid"] and self.random.random() < 1 / 6:
                known["back"] = None
                known["back"] = self.step("refund", f"/orders/{number}/refund") in FINE["refund"] or None
        finally:
            self.note("orders", order=number, lines=lines, **known)

    def step(self, name: str, path: str, body: Any = None) -> int | None:
        """The status of the answer, if it was a whole one."""
        came = self.post(path, name=name, body=body or {}, fine=FINE[name])
        return None if came.error else came.status

    def settled(self, number: int) -> bool:
        """Whether the shop says within some seconds that it is paid."""
        for _ in range(LOOKS):
            said = self.ask(f"/orders/{number}", name="order's state")
            if said and said["state"] == "paid":
                return True
            time.sleep(LOOK_SECONDS)
        return False
