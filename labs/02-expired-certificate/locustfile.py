"""What do customers do? They ask for orders; auditors fetch exports, which take three seconds."""

from __future__ import annotations

import itertools
import json
import random
import time
import zlib

from locust import between, constant, task
from strict import BROKEN_OFF, Strict

from loadtests import seed

AUDITORS, EXPORT_SECONDS = 4, 3.0

_starts = itertools.count()


class Customer(Strict):
    """Looks at an order, and after half a second at another one."""

    wait_time = between(0.3, 0.7)

    @task
    def look_at_an_order(self) -> None:
        """The total is what the API says, and not what an edge may make up."""
        order = random.randrange(100_000)
        total = zlib.crc32(f"{seed()}-{order}".encode()) % 100_000
        body = json.dumps({"order": order, "total_cents": total}, separators=(",", ":"))
        self.ask(f"/orders/{order}", "order", body.encode())


class Auditor(Strict):
    """Fetches an export, and then the next; the other auditors are somewhere else in theirs."""

    fixed_count = AUDITORS
    wait_time = constant(0.0)

    def on_start(self) -> None:
        """They come one after the other."""
        time.sleep(next(_starts) * EXPORT_SECONDS / AUDITORS)

    @task
    def fetch_an_export(self) -> None:
        """It is whole if it has its last row."""
        if self.ask("/exports/7", "export", b"end") not in (None, BROKEN_OFF):
            time.sleep(0.5)
