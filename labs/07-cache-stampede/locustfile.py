"""What do the shop's customers do? They look at products, a few of them much more often than the rest."""

from __future__ import annotations

import itertools
import time
from typing import Any

from locust import between, task

from loadtests import Customer, data

SKEW = 1.5
"""Exponent of Zipf's law: the most popular of 200 products gets every third request."""


class Shopper(Customer):
    """Looks at a product, thinks, looks at another one: at the first of the list most often."""

    wait_time = between(0.25, 0.75)

    def on_start(self) -> None:
        """Learn what the shop sells."""
        self.products: list[dict[str, Any]] = data()["products"]
        self.weights = list(itertools.accumulate((rank + 1) ** -SKEW for rank in range(len(self.products))))

    @task
    def look_at_a_product(self) -> None:
        """Of a product whose price changes, also note which price was shown, and how long it took."""
        [product] = self.random.choices(self.products, cum_weights=self.weights)
        asked = time.monotonic()
        body = self.ask(
            f"/products/{product['id']}", name=product["called"], expect=lambda body: complaint(body, product)
        )
        if len(product["prices"]) > 1:
            price, seconds = body["price_cents"] if body else None, time.monotonic() - asked
            self.note("prices", product=product["id"], price=price, seconds=round(seconds, 3))


class Regular(Shopper):
    """Looks at one product again and again; those of the same product begin together, some of them late."""

    wait_time = between(0.15, 0.35)
    fixed_count = 9
    turns = itertools.count()

    def on_start(self) -> None:
        """Take the next product whose price changes."""
        regular = data()["regulars"]
        self.products, self.weights = [regular[next(self.turns) % len(regular)]], [1.0]
        time.sleep(self.products[0]["after_seconds"])


def complaint(body: dict[str, Any], product: dict[str, Any]) -> str | None:
    """What is wrong with this answer; None if it is right."""
    if body["id"] != product["id"] or body["name"] != product["name"]:
        return "another product"
    if body["price_cents"] not in product["prices"]:
        return "a price that was never in force"
    return None
