"""What do the shop's customers do? They buy one or two products at a time, until all is sold out."""

from __future__ import annotations

import json
from typing import Any

from locust import between, task

from loadtests import Customer, data

SOLD, FINAL, TRIES = (201, 200), (201, 200, 402, 409), 3


class Buyer(Customer):
    """Buys, and buys again. A purchase that nobody has answered is asked for again, as the same one."""

    wait_time = between(0.3, 0.9)
    patience_seconds = 8.0
    bought = 0

    @task
    def buy(self) -> None:
        """One purchase, and a note of what has become of it."""
        self.bought += 1
        wanted = self.random.sample(data()["range"], self.random.choice([1, 1, 2]))
        lines = [{"product": product, "quantity": self.random.choice([1, 1, 2, 3])} for product in wanted]
        name = f"{self.number}-{self.bought}"
        card = self.random.choice(data()["declined"]) if self.bought % 8 == 0 else f"card-{name}"
        body = {"request": f"free-{name}", "card": f"{card}", "lines": lines}
        self.note("orders", **body, **self.persist(body))

    def persist(self, body: dict[str, Any]) -> dict[str, Any]:
        """The statuses that came, and what was said last."""
        statuses: list[Any] = []
        for _ in range(TRIES):
            came = self.post("/orders", name="order", body=body, fine=FINAL)
            statuses.append(came.error or came.status)
            if came.error is None and came.status in FINAL:
                break
        return {"statuses": statuses, "order": json.loads(came.body).get("order") if statuses[-1] in SOLD else None}
