"""How does a customer ask, and what does it call an error?"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from locust import FastHttpUser
from locust.event import EventHook

PATIENCE_SECONDS = 3.0
DATA_VARIABLE = "OUTAGE_DATA"

Expect = Callable[[Any], "str | None"]
_numbers = itertools.count()
noted = EventHook()  # type: ignore[no-untyped-call]
"""Fired for each note, with `ledger` and `facts`."""


@cache
def data() -> dict[str, Any]:
    """What the drill handed to its traffic (`run.traffic(data=…)`); empty where Locust runs alone."""
    path = os.environ.get(DATA_VARIABLE)
    if not path:
        return {}
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def seed() -> int:
    """The run's seed; 1 where Locust runs alone."""
    return int(os.environ.get("OUTAGE_SEED") or 1)


class Customer(FastHttpUser):
    """A customer with little patience and a random generator of its own, drawn from the run's seed."""

    abstract = True
    network_timeout = PATIENCE_SECONDS
    connection_timeout = PATIENCE_SECONDS
    max_retries = 0

    def __init__(self, environment: Any) -> None:
        """Number this customer, so that its random choices are its own and repeatable."""
        super().__init__(environment)
        self.number = next(_numbers)
        self.random = random.Random(f"{seed()}-{self.number}")

    def ask(self, path: str, *, name: str, expect: Expect | None = None) -> Any:
        """GET; the parsed JSON of a right answer, else None (the error is in the figures)."""
        return self._exchange("GET", path, name, expect)

    def send(self, path: str, *, name: str, body: Any = None, expect: Expect | None = None) -> Any:
        """POST a JSON body; the parsed JSON of a right answer, else None."""
        return self._exchange("POST", path, name, expect, json=body)

    def note(self, ledger: str, **facts: Any) -> None:
        """Write facts (what JSON can carry) into a ledger outside of the stack; the drill reads it by `run.notes`."""
        noted.fire(ledger=ledger, facts=facts)  # type: ignore[no-untyped-call]

    def _exchange(self, method: str, path: str, name: str, expect: Expect | None, **more: Any) -> Any:
        with self.client.request(method, path, name=name, catch_response=True, **more) as answer:
            complaint = _complaint_about(answer)
            if complaint is None:
                body, complaint = _judge_body(answer, expect)
                if complaint is None:
                    answer.success()
                    return body
            answer.failure(complaint)
            return None


def _complaint_about(answer: Any) -> str | None:
    status = answer.status_code
    if status and status // 100 != 2:  # noqa: PLR2004 - the field's own number
        return f"HTTP {status}"
    broken_off = answer.request_meta["exception"] if status else answer.error  # a body can stop half-way after a 200
    if broken_off or not status:
        return "timeout" if "timed out" in repr(broken_off).lower() else "connection"
    return None


def _judge_body(answer: Any, expect: Expect | None) -> tuple[Any, str | None]:
    try:
        body = json.loads(answer.text)
    except (ValueError, TypeError):
        return None, "wrong answer: not JSON"
    try:
        complaint = expect(body) if expect else None
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as problem:
        complaint = f"unexpected shape ({type(problem).__name__})"
    return body, f"wrong answer: {complaint}" if complaint else None
