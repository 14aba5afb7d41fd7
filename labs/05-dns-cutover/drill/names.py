"""What does the name server say, and what does somebody do to its zone by hand?"""

from __future__ import annotations

import contextlib
import re
import struct
import time
from collections.abc import Iterator
from typing import Any

from .question import ask

from harness.drill import Run
from harness.inside import Standing

ZONE, DOMAIN = "/zones/shop.internal.zone", "shop.internal"
BY_HAND = f'printf %s "$1" > {ZONE} && reload-zone {DOMAIN}'
TTL_SECONDS, PROCESSES, LOOKS_PER_TTL = 1.0, 3, 4
SERVED_SECONDS = 3.0


class Names:
    """The name server of shop.internal."""

    def __init__(self, run: Run, counter: Standing) -> None:
        self._run, self._container, self._counter = run, run.container("dns"), counter
        self._zone = self.text()
        self._serial, self._own = 2026030200, 0
        self._last: tuple[float, int] | None = None
        self.counts: list[list[Any]] = []
        run.require(self.address("db-prod"), f"the zone at the start was not as shipped: {self._zone}")

    def _inside(self, command: list[str]) -> str:
        code, said = self._container.exec(command)
        self._run.require(code == 0, f"{' '.join(command)} failed in dns: {said}")
        return said

    def text(self) -> str:
        """The zone's file as it is now."""
        return self._inside(["cat", ZONE])

    def address(self, machine: str) -> str:
        """A machine's address, as the zone had it at the start."""
        found = re.search(rf"^{machine}\s+IN A\s+(\S+)$", self._zone, re.MULTILINE)
        return found[1] if found else ""

    def served(self, record: str) -> tuple[str | None, str | None]:
        """The machine and the address that a record stands for now; None for what is not answered."""
        self._own += 1
        try:
            canonical, address = ask(self._run.address("dns", 53), f"{record}.{DOMAIN}")
        except (OSError, ValueError, struct.error):
            return None, None
        return canonical and canonical.removesuffix(f".{DOMAIN}"), address

    def asked(self) -> int:
        """Queries that were answered so far, without the lab's own."""
        code, said = self._counter.run()
        self._run.require(code == 0 and said, f"count-queries failed in dns: {said}")
        return int(said) - self._own

    def asked_per_second(self) -> float:
        """The same since the last call, per second."""
        now, asked = time.monotonic(), self.asked()
        before, self._last = self._last or (now - 1, asked), (now, asked)
        return max(0.0, (asked - before[1]) / (now - before[0]))

    @contextlib.contextmanager
    def counted(self, when: str) -> Iterator[None]:
        """How often was the name server asked meanwhile, how often might it be, and for how many requests?"""
        asked, requests, begun = self.asked(), len(self._run.requests), self._run.clock()
        yield
        most = LOOKS_PER_TTL * PROCESSES * ((self._run.clock() - begun) / TTL_SECONDS + 1)
        self.counts.append([when, self.asked() - asked, most, len(self._run.requests) - requests])

    def by_hand(self, machine: str, address: str, *changes: tuple[str, str]) -> None:
        """Publish the zone as it was at the start but for these lines: orders-db leads to this machine and address."""
        text = self._zone
        for line, wanted in changes:
            self._run.require(line in text, f"the zone at the start had no {line!r}")
            text = text.replace(line, wanted)
        self._serial += 1
        self._inside(["sh", "-c", BY_HAND, "by-hand", re.sub(r"\b2026\d{6}\b", str(self._serial), text)])
        wanted = machine, address
        self._run.wait_until(lambda: self.served("orders-db") == wanted, SERVED_SECONDS, f"orders-db leads to {wanted}")

    def misdirect(self) -> None:
        """Production's name leads to its new machine, whose address was copied from staging's; staging's to db-prod."""
        record, machine, address = self.line("orders-db"), self.line("db-prod-new"), self.address("db-staging")
        wrong = machine.replace(self.address("db-prod-new"), address)
        self.by_hand("db-prod-new", address, (record, f"{record}-new"), (machine, wrong), self.staging_in_production)

    def as_it_was(self) -> None:
        """The zone as it was at the start."""
        self.by_hand("db-prod", self.address("db-prod"))

    def half_as_it_was(self) -> None:
        """The same, but for staging's name."""
        self.by_hand("db-prod", self.address("db-prod"), self.staging_in_production)

    @property
    def staging_in_production(self) -> tuple[str, str]:
        """The line of staging's record, and the same with production's machine."""
        record = self.line("orders-db.staging")
        return record, record.replace("db-staging", "db-prod")

    def move(self) -> None:
        """Production's name leads to its new machine."""
        record = self.line("orders-db")
        self.by_hand("db-prod-new", self.address("db-prod-new"), (record, f"{record}-new"))

    def line(self, name: str) -> str:
        """The line of the zone, as it was at the start, that begins with this name."""
        return next(line for line in self._zone.splitlines() if line.split()[:1] == [name])
