"""What do the shop's customers do? They order, and keep a note of each order that the shop has said it took."""

from __future__ import annotations

import itertools
from typing import Any

from locust import between, task

from loadtests import Customer, data

MOST_CUSTOMERS = 1000


class Buyer(Customer):
    """Orders, waits a little, orders again; no order has a number that another one had."""

    wait_time = between(0.1, 0.2)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.numbers = itertools.count(data().get("first", 0) + self.number, MOST_CUSTOMERS)

    @task
    def order(self) -> None:
        """One order: noted when it is sent, and when it is acknowledged."""
        number = next(self.numbers)
        order = {"number": number, "cents": self.random.randint(500, 20_000)}
        self.note("sent", order=number)
        if self.send("/orders", name="order", body=order, expect=lambda body: complaint(body, number)):
            self.note("acknowledged", order=number)


def complaint(body: dict[str, Any], number: int) -> str | None:
    """What is wrong with this answer; None if it is right."""
    return None if body["number"] == number else "another order"
