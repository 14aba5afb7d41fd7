"""What does the name server say, how often is it asked, and who changes its zone: somebody by hand, or the tool?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from harness import Run

RECORDS, ZONE = ("orders-db", "orders-db.staging"), "/zones/shop.internal.zone"
ASK = f"for name in {' '.join(RECORDS)}; do drill -Q @127.0.0.1 $name.shop.internal; echo; done; cksum < {ZONE}"
LOOK, COUNT = ["sh", "-c", ASK], ["count-queries"]
BY_HAND = f'printf %s "$0" > {ZONE} && reload-zone shop.internal'
SERVED_SECONDS, SETTLE_SECONDS, TOOL_SECONDS, TIMED_OUT, LONGEST = 3.0, 0.3, 10, 124, 600

Command = Callable[[], tuple[int, str]]


class Names:
    """The name server of shop.internal."""

    def __init__(self, run: Run, look: Command, count: Command) -> None:
        """`look` and `count` run LOOK and COUNT in the name server's container."""
        self._run, self._look, self._count, self._dns = run, look, count, run.container("dns")
        self._zone, self._serial, self._own = self._dns.exec(["cat", ZONE])[1], 2026030200, 0
        self.look_ups: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []

    def _served(self, record: str) -> tuple[str, str, str]:
        """Machine and address that the record stands for now (empty where there is no answer), and the zone's sum."""
        self._own += len(RECORDS)
        *said, checksum = self._look()[1].split("\n\n")
        found = re.match(r"(\S+)\.shop\.internal\.\n(\S+)", dict(zip(RECORDS, said, strict=False)).get(record, ""))
        return (found[1], found[2], checksum) if found else ("", "", checksum)

    def asked(self) -> int:
        """Queries that were answered so far, without the lab's own."""
        said = self._count()[1].strip()
        self._run.require(said.isdigit(), f"the name server's queries could not be counted: {said[-300:]}")
        return int(said) - self._own

    @contextlib.contextmanager
    def counted(self, when: str) -> Iterator[None]:
        """Note how long this takes, how often the name server is asked, and how many requests are answered."""
        asked, requests, begun = self.asked(), len(self._run.requests), self._run.clock()
        yield
        seconds, requests = round(self._run.clock() - begun, 3), len(self._run.requests) - requests
        self.look_ups.append({"when": when, "seconds": seconds, "asked": self.asked() - asked, "requests": requests})

    def by_hand(self, production: str = "db-prod", staging: str = "db-staging", *, copied: bool = False) -> None:
        """The zone as it was at the start, but for these machines. `copied`: db-prod-new has staging's address."""
        at = {machine: self._address(machine) for machine in ("db-prod", "db-prod-new", "db-staging")}
        self._serial += 1
        text = re.sub(r"\b2026\d{6}\b", str(self._serial), self._zone)
        for record, machine in zip(RECORDS, (production, staging), strict=True):
            text = re.sub(rf"(?m)^({re.escape(record)}\s.*CNAME ).*$", rf"\g<1>{machine}", text)
        if copied:
            text, at = text.replace(at["db-prod-new"], at["db-staging"]), at | {"db-prod-new": at["db-staging"]}
        code, said = self._dns.exec(["sh", "-c", BY_HAND, text])
        self._run.require(code == 0, f"the zone could not be changed by hand: {said[-300:]}")
        wanted, what = (production, at[production]), f"the name server says {production}"
        self._run.wait_until(lambda: self._served(RECORDS[0])[:2] == wanted, SERVED_SECONDS, what)

    def _address(self, machine: str) -> str:
        """As the zone had it at the start."""
        found = re.search(rf"(?m)^{machine}\s+IN A\s+(\S+)$", self._zone)
        self._run.require(found, "the zone was not as shipped when the drill began")
        return found[1] if found else ""

    def by_tool(self, verb: str, record: str, machine: str, *, right: bool = True) -> bool:
        """Plan or apply with zonectl, as the platform team does; whether the record leads to that machine then."""
        before, _, zone = self._served(record)
        patience = 1 if any(call["code"] >= TIMED_OUT for call in self.calls) else TOOL_SECONDS
        command = ["timeout", "-k", "1", str(patience), "python", "/app/zonectl.py", verb, record, machine]
        code, said = self._dns.exec(command)
        seconds = SERVED_SECONDS if right and verb == "apply" and code == 0 else SETTLE_SECONDS
        self._run.patiently(lambda: self._served(record)[0] == machine, seconds, 0.1)
        served, _, zone_then = self._served(record)
        self.calls.append({
            "verb": verb, "record": record, "machine": machine, "right": right, "code": code,
            "said": re.sub(r"\d+\.\d+\.\d+\.\d+", "…", said[-LONGEST:]),
            "before": before, "served": served, "file_changed": zone_then != zone,
        })  # fmt: skip
        return served == machine
