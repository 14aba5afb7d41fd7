"""What do the shop's customers do? They look at products, a few of them much more often than the rest."""

from __future__ import annotations

import itertools
import time
from typing import Any

from locust import between, task

from loadtests import Customer, data

SKEW = 1.5  # exponent of Zipf's law: the most popular of 60 products gets two of five requests
REST = {1: 3.8, 12: 6.0}  # after so many pages a regular customer rests for so many seconds


class Shopper(Customer):
    """Looks at a product, thinks, looks at another one; but a page that did not come is asked for again."""

    wait_time = between(0.25, 0.75)

    def on_start(self) -> None:
        """Learn what the shop sells."""
        self.products: list[dict[str, Any]] = data()["products"]
        self.weights = list(itertools.accumulate((rank + 1) ** -SKEW for rank in range(len(self.products))))
        self.missed: dict[str, Any] | None = None

    @task
    def look_at_a_product(self) -> None:
        """Of a product whose price changes, also note which price was shown, and how long it took."""
        product = self.missed or self.random.choices(self.products, cum_weights=self.weights)[0]
        asked, path = time.monotonic(), f"/products/{product['id']}"
        body = self.ask(path, name=product["called"], expect=lambda body: complaint(body, product))
        self.missed = None if body else product
        if len(product["prices"]) > 1:
            price, seconds = body and body["price_cents"], round(time.monotonic() - asked, 3)
            self.note("prices", product=product["id"], price=price, seconds=seconds)


class Regular(Shopper):
    """Looks at a product of its own, comes back when a copy of that look is nearly too old, and then looks often."""

    fixed_count, numbers, looks = 12, itertools.count(), 0

    def on_start(self) -> None:
        """Take the next product that nobody else looks at."""
        self.products, self.weights, self.missed = [data()["quiet"][next(self.numbers) % 12]], [1.0], None

    def wait_time(self) -> float:
        """Seconds until the next look. If no page came after the first rest, the next one is a first one again."""
        soon = self.random.uniform(0.1, 0.18)
        self.looks = self.looks * (self.looks > 1) if self.missed else self.looks + 1
        return soon if self.missed else REST.get(self.looks, soon)


def complaint(body: dict[str, Any], product: dict[str, Any]) -> str | None:
    """What is wrong with this answer; None if it is right."""
    if (body["id"], body["name"]) != (product["id"], product["name"]):
        return "another product"
    return None if body["price_cents"] in product["prices"] else "a price that was never in force"
