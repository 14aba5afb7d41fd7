"""What has the world outside noted, in the drill's time, and what is done to it?"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from harness.drill import Run
from harness.inside import Standing

SHOP, NEARLY_HALF = "shop.internal", 0.45
EMERGENCY = re.compile(r"^.*\[emerg\] \S+ ")
HELPER_ENDED = "start: the helper ended with exit code"
LISTENING, IPV4_DIGITS = "0A", 8
LOOPBACK = ("00000000000000000000000001000000", "0000000000000000FFFF00000100007F")

Facts = dict[str, Any]


class World:
    """The container `outside`, with the drill's rights."""

    def __init__(self, run: Run, start: Standing) -> None:
        """`start`: what tells whether nginx could be started."""
        self._run, self._outside, self._start = run, run.http("outside"), start
        self._key = {"X-Lab-Key": secrets.token_hex(8)}
        self._zero = time.time() - run.clock()
        self.root: str = self.notes()["root"]

    def act(self, what: str, **more: float) -> float:
        """Have something happen; from when on, on the drill's clock."""
        at = self._run.clock()
        answer = self._outside.post("/lab/acts", json={"what": what, **more}, headers=self._key)
        self._run.require(answer.ok, f"the lab could not have {what!r} done: {answer.error or answer.text}")
        return at

    def ca_falls(self) -> float:
        """The CA is away, if it was not already; since when."""
        self.act("ca down")
        return float(self.notes()["fell"])

    def ca_returns(self, at: float) -> None:
        """It will answer again from that moment on, however late the drill itself is by then."""
        self.act("ca up", at=self._zero + at)

    def notes(self) -> Facts:
        """Certificates, orders, rings of the pager, callers of the bank."""
        answer = self._outside.get("/lab/ledger", headers=self._key)
        self._run.require(answer.ok, f"the lab's own ledger did not answer: {answer.error or answer.text}")
        noted: Facts = answer.json
        noted["fell"] = noted["fell"] and round(noted["fell"] - self._zero, 3)
        for entry in noted["certificates"]:
            entry |= {key: round(entry[key] - self._zero, 3) for key in ("issued", "not_before", "not_after")}
        for entry in [*noted["orders"], *noted["rings"]]:
            entry["at"] = round(entry["at"] - self._zero, 3)
        return noted

    def certificates(self) -> list[Facts]:
        """The shop's, numbered in the order of their issue."""
        mine = [entry for entry in self.notes()["certificates"] if entry["name"] == SHOP]
        return [entry | {"no": number} for number, entry in enumerate(mine, 1)]

    def partners_end(self, shown_since: float) -> float:
        """When the certificate ends that the partners show since then."""
        theirs = [entry for entry in self.notes()["certificates"] if entry["name"] == "partners.internal"]
        return float([entry["not_after"] for entry in theirs if entry["issued"] <= shown_since][-1])

    def fallen(self) -> bool:
        """Whether the CA is away."""
        return not self.notes()["up"]

    def refusals(self) -> list[float]:
        """When orders were turned away."""
        return [order["at"] for order in self.notes()["orders"] if order["refused"]]

    def refused_a_while_ago(self, due: float) -> bool:
        """The first refusal is a second old, or half a second if the end of the outage is due for that long."""
        moments, now = self.refusals(), self._run.clock()
        return bool(moments) and now > moments[0] + (0.5 if now > due + 0.5 else 1.0)

    def half_through(self) -> bool:
        """The shop's newest certificate has lived for nearly half of its time."""
        newest = self.certificates()[-1]
        lived = self._run.clock() - float(newest["not_before"])
        return lived > NEARLY_HALF * float(newest["not_after"] - newest["not_before"])

    def billing(self, page: str) -> Facts:
        """What billing says after it has asked the shop or the bank."""
        said = self._run.http("billing").get(page)
        told: Facts = said.json or {"answer": None, "error": said.error or said.text[:80]}
        return told

    def startable(self) -> Facts:
        """Whether nginx could be started with what lies on the edge at this moment, and what it says of that."""
        if not self._run.container("edge").running():
            return {"ok": False, "said": "the edge had ended"}
        code, said = self._start.run()
        complaints = [line for line in said.splitlines() if "[emerg]" in line] or said.splitlines()[-1:]
        return {"ok": code == 0, "said": EMERGENCY.sub("", "".join(complaints[:1]))}

    def renewer_ended(self) -> bool:
        """Whether the container tells that renew.py is no more."""
        return HELPER_ENDED in self._run.container("edge").logs(lines=5000)

    def plainly(self) -> dict[str, bool] | None:
        """Whether the edge gives out orders without TLS, by port that is reached from outside; None if it is gone."""
        edge = self._run.container("edge")
        if not edge.running():
            return None
        _, sockets = edge.exec(["cat", "/proc/net/tcp", "/proc/net/tcp6"])
        rows = [line.split() for line in sockets.splitlines()]
        local = [row[1].split(":") for row in rows if row[3:4] == [LISTENING]]
        ports = sorted({int(port, 16) for address, port in local if not _is_loopback(address)})
        return {str(port): self._gives_out_orders(port) for port in ports}

    def _gives_out_orders(self, port: int) -> bool:
        answer = self._outside.get(f"/lab/plain/{port}", timeout=5.0, headers=self._key)
        self._run.require(answer.ok, f"the lab could not ask port {port}: {answer.error or answer.text}")
        return "total_cents" in answer.text


def _is_loopback(address: str) -> bool:
    return address in LOOPBACK or (len(address) == IPV4_DIGITS and address.endswith("7F"))
