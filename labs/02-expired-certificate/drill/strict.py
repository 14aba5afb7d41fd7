"""How does a customer ask who verifies name, chain and dates in each handshake, and makes one for each request?"""

from __future__ import annotations

import http.client
import time
from typing import Any

from . import wire
from locust import User

from loadtests import data

PATIENCE_SECONDS = 3.0
BROKEN_OFF = "broken off"


class Strict(User):
    """`data()` has the shop's address and the only root certificate that is trusted."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.address = tuple(data()["address"])
        self.context = wire.strict(data()["root"])

    def ask(self, path: str, name: str, wanted: bytes) -> str | None:
        """What was wrong with the answer, which has to end like this; None if nothing was."""
        begun = time.monotonic()
        error = self._exchange(path, wanted)
        told: dict[str, Any] = {"request_type": "GET", "name": name, "response_length": 0, "context": {}}
        ms = (time.monotonic() - begun) * 1000
        self.environment.events.request.fire(**told, response_time=ms, exception=Exception(error) if error else None)
        return error

    def _exchange(self, path: str, wanted: bytes) -> str | None:
        try:
            status, body = wire.get(self.address, self.context, path, PATIENCE_SECONDS)
        except (OSError, http.client.HTTPException) as problem:
            return wire.complaint(problem)
        if status != http.client.OK:
            return f"HTTP {status}"
        return None if body.strip().endswith(wanted) else "wrong answer"
