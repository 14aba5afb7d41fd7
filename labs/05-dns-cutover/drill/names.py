"""What does the name server say, how often is it asked, and who changes its zone: somebody by hand, or the tool?"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness import Run

Inside = Callable[[], tuple[int, str]]
RECORDS, ZONE = ("orders-db", "orders-db.staging"), "/zones/shop.internal.zone"
ASK = f"for name in {' '.join(RECORDS)}; do drill -Q @127.0.0.1 $name.shop.internal; echo =; done; cksum < {ZONE}"
LOOK, COUNT = ["sh", "-c", ASK], ["count-queries"]
BY_HAND = f'printf %s "$0" > {ZONE} && reload-zone shop.internal'
SERVED_SECONDS, SETTLE_SECONDS, TOOL_SECONDS, TIMED_OUT, LONGEST = 3.0, 0.3, 10, 124, 600


class Names:
    """The name server of shop.internal."""

    def __init__(self, run: Run, look: Inside, count: Inside) -> None:
        """`look` and `count` run LOOK and COUNT in the name server's container."""
        self._run, self._look, self._count, self._dns = run, look, count, run.container("dns")
        self._zone, self._serial, self._own = self._dns.exec(["cat", ZONE])[1], 2026030200, 0
        self._address = dict(re.findall(r"(?m)^(db-\S+)\s+IN A\s+(\S+)$", self._zone))
        run.require("db-preprod" in self._address, "the zone was not as shipped when the drill began")
        self.home = "db-prod"  # the machine that production's record should lead to
        self.calls: list[dict[str, Any]] = []
        self._unusual = self._drawn()

    def _drawn(self) -> list[tuple[str, str, str, bool | None]]:
        """Machines in no list, and known ones by other spellings: each of them in every run, in an order of its own."""
        draw = self._run.random
        plain, staging = (draw.choice(("db-staging", "db-preprod")) for _ in range(2))
        spelt, unknown = draw.choice((str.upper, str.title)), draw.choice(("db-prod-2", "db-production", "db-prod-nwe"))
        others = (spelt(staging), f"{staging}.shop.internal.", unknown, "ns")
        wrong = [("apply", plain), *((draw.choice(("plan", "apply")), machine) for machine in others)]
        calls: list[tuple[str, str, str, bool | None]] = [
            (verb, "orders-db", machine, False) for verb, machine in wrong
        ]
        calls = draw.sample([*calls, ("plan", "orders-db.staging", spelt("db-prod"), False)], len(calls) + 1)
        return [*calls, ("apply", "orders-db", "db-prod-new.shop.internal", None)]

    def _machine(self, address: str) -> str:
        """The first machine that has this address; empty if none has."""
        return next((machine for machine, of in self._address.items() if of == address), "")

    def _now(self) -> tuple[dict[str, str], str]:
        """Which machine each record leads to, by its address (empty: to none), and the sum of the zone's file."""
        self._own += len(RECORDS)
        *said, checksum = self._look()[1].split("=\n")
        last = [(reply.split() or [""])[-1] for reply in said]
        return dict.fromkeys(RECORDS, "") | dict(zip(RECORDS, map(self._machine, last), strict=False)), checksum

    def asked(self) -> int:
        """Queries that were answered so far, without the lab's own."""
        said = self._count()[1].strip()
        self._run.require(said.isdigit(), f"the name server's queries could not be counted: {said[-300:]}")
        return int(said) - self._own

    def by_hand(self, staging: str = "db-staging", *, wrong: bool = False) -> None:
        """The zone as it should be, but for staging's machine. `wrong`: production's machine has staging's address."""
        self._serial += 1
        text = re.sub(r"\b2026\d{6}\b", str(self._serial), self._zone)
        for record, machine in zip(RECORDS, (self.home, staging), strict=True):
            text = re.sub(rf"(?m)^({re.escape(record)}\s.*CNAME ).*$", rf"\g<1>{machine}", text)
        if wrong:
            text = re.sub(rf"(?m)^({self.home}\s+IN A\s+).*$", rf"\g<1>{self._address['db-staging']}", text)
        code, said = self._dns.exec(["sh", "-c", BY_HAND, text])
        self._run.require(code == 0, f"the zone could not be changed by hand: {said[-300:]}")
        wanted = dict(zip(RECORDS, ("db-staging" if wrong else self.home, staging), strict=True))
        self._run.wait_until(lambda: self._now()[0] == wanted, SERVED_SECONDS, f"the name server says {wanted}")

    def by_tool(self, verb: str, record: str, machine: str, *, right: bool | None = True) -> None:
        """Plan or apply with zonectl, then put right by hand what is not. `right`: is it to be done? None: perhaps."""
        before, zone = self._now()
        patience = 1 if any(call["code"] >= TIMED_OUT for call in self.calls) else TOOL_SECONDS
        command = ["timeout", "-k", "1", str(patience), "python", "/app/zonectl.py", verb, record, machine]
        code, said = self._dns.exec(command)
        means = self._machine(self._address.get(machine.lower().removesuffix(".").removesuffix(".shop.internal"), ""))
        after, zone_then = self._now()
        if zone_then != zone:  # the name server takes a moment
            seconds = SERVED_SECONDS if right is not False and means != before[record] else SETTLE_SECONDS
            self._run.patiently(lambda: self._now()[0][record] == means != before[record], seconds)
            after, zone_then = self._now()
        self.calls.append({
            "verb": verb, "record": record, "machine": machine, "means": means, "right": right, "code": code,
            "said": re.sub(r"\d+\.\d+\.\d+\.\d+", "…", said[-LONGEST:]),
            "before": before[record], "served": after[record], "file_changed": zone_then != zone,
        })  # fmt: skip
        if after != dict(zip(RECORDS, (self.home, "db-staging"), strict=True)):
            self.by_hand()

    def unusual_calls(self, until: float = float("inf"), *, only_plan: bool = False) -> None:
        """Those that are left of the tool's unusual calls, the last one first, as long as there is time for them."""
        while self._unusual and self._run.clock() < until:
            verb, record, machine, right = self._unusual.pop()
            self.by_tool("plan" if only_plan else verb, record, machine, right=right)
