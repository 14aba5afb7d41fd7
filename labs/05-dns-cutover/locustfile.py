"""What do the shop's customers do, and the testers of staging? They look at products, and order."""

from __future__ import annotations

from typing import Any

from locust import between, task

from loadtests import Customer, data

TESTERS = 10
NUMBERS_EACH = 10_000


class Shopper(Customer):
    """A customer: production's products, and orders that must not get lost."""

    wait_time = between(0.25, 0.75)
    prefix = ""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.place = data()["production"]
        self.orders = 0

    @task(2)
    def look_at_a_product(self) -> None:
        """Its name and price are this environment's."""
        product = self.random.choice(self.place["products"])
        wanted = {key: product[key] for key in ("id", "name", "price_cents")}
        self.ask(
            f"{self.place['url']}/products/{product['id']}",
            name=f"{self.prefix}product",
            expect=lambda body: None if body == wanted else "not this environment's product",
        )

    @task(1)
    def order(self) -> None:
        """What is answered with success is written down."""
        product = self.random.choice(self.place["products"])["id"]
        self.orders += 1
        number = self.place["first_number"] + self.number * NUMBERS_EACH + self.orders
        body = {"number": number, "product": product}
        if self.send(f"{self.place['url']}/orders", name=f"{self.prefix}order", body=body):
            self.note("accepted", **body)


class Tester(Shopper):
    """Tries things out in staging, all day."""

    fixed_count = TESTERS
    prefix = "staging "

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.place = data()["staging"]
