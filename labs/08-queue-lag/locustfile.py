"""What do the shop's customers do? They look at orders of last week, in the database that today's orders go into."""

from __future__ import annotations

from typing import Any

from locust import between, task

from loadtests import Customer, data


class Shopper(Customer):
    """Looks at an order, thinks, looks at the next."""

    wait_time = between(0.5, 1.5)

    @task
    def look_at_an_order(self) -> None:
        """Any of those that the drill has put there."""
        order = self.random.choice(data()["orders"])
        self.ask(f"/orders/{order['id']}", name="order", expect=lambda body: complaint(body, order))


def complaint(body: dict[str, Any], order: dict[str, Any]) -> str | None:
    """What is wrong with this answer; None if it is right."""
    return None if body == order else "not that order"
