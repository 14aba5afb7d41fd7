"""What do customers do? They ask for orders; auditors fetch exports, which take three seconds."""

from __future__ import annotations

import hashlib
import itertools
import json
import time

from drill.strict import Strict
from drill.wire import BROKEN_OFF
from locust import between, constant, task

from loadtests import data

AUDITORS, EXPORT_SECONDS = 4, 3.0

_starts = itertools.count()


class Buyer(Strict):
    """Looks at an order, and after half a second at another one."""

    wait_time = between(0.3, 0.7)

    @task
    def look_at_an_order(self) -> None:
        """The total is what the API says, and not what an edge may make up."""
        order = self.random.randrange(100_000)
        self.fetch(f"/orders/{order}", "order", right_answer(order))


class Auditor(Strict):
    """Fetches an export, and then the next; the other auditors are somewhere else in theirs."""

    fixed_count = AUDITORS
    wait_time = constant(0.0)
    patience_seconds = 10.0

    def on_start(self) -> None:
        """They come one after the other."""
        time.sleep(next(_starts) * EXPORT_SECONDS / AUDITORS)

    @task
    def fetch_an_export(self) -> None:
        """It is whole if it has its last row."""
        if self.fetch("/exports/7", "export", b"end") not in (None, BROKEN_OFF):
            time.sleep(0.5)


def right_answer(order: int) -> bytes:
    """As the API computes it from a key that the edge does not have; any answer where Locust runs alone."""
    if "key" not in data():
        return b""
    drawn = hashlib.blake2b(str(order).encode(), key=data()["key"].encode()[:64], digest_size=4).digest()
    total = int.from_bytes(drawn, "big") % 100_000
    return json.dumps({"order": order, "total_cents": total}, separators=(",", ":")).encode()
