"""What do the shop's customers do? They look at products, a few of them much more often than the rest."""

from __future__ import annotations

import itertools
from typing import Any

from locust import between, task

from loadtests import Customer, data

SKEW = 1.5
"""Exponent of Zipf's law: the most popular of 200 products gets every third request."""


class Shopper(Customer):
    """Looks at a product, thinks, looks at the next."""

    wait_time = between(0.25, 0.75)

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.products: list[dict[str, Any]] = data()["products"]
        self.weights = list(itertools.accumulate((rank + 1) ** -SKEW for rank in range(len(self.products))))

    @task
    def look_at_a_product(self) -> None:
        """By Zipf's law: the first of the list most often."""
        [product] = self.random.choices(self.products, cum_weights=self.weights)
        name = "hottest product" if product is self.products[0] else "product"
        self.ask(f"/products/{product['id']}", name=name, expect=lambda body: complaint(body, product))


def complaint(body: dict[str, Any], product: dict[str, Any]) -> str | None:
    """What is wrong with this answer; None if it is right."""
    if body["id"] != product["id"] or body["name"] != product["name"]:
        return "another product"
    if body["price_cents"] not in product["prices"]:
        return "a price that was never in force"
    return None
