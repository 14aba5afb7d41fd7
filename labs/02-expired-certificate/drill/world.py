"""What does the drill see of the shop's wire and of the world outside, and what does it do to them?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import Run

from . import wire
from .judge import DAY_SECONDS, Facts, Wire

LISTENING, MOST_SAID, DARK_SECONDS = "0A", 300, 2.0


class World:
    """The container `outside` with the drill's key, its neighbours as they are seen from there, and the shop's wire."""

    def __init__(self, run: Run) -> None:
        """Nothing has been seen."""
        self._run, self._outside = run, run.http("outside")
        self._key, self._zero = {"X-Lab-Key": run.key}, run.epoch(0.0)
        self.root = str(self._asked("/lab/root")["root"])
        self.address = run.address("edge", 8443)
        self.looks: list[list[Any]] = []
        self.left_days, self._good_at = 0.0, 0.0
        self._ends: dict[str | None, float] = {None: 0.0}

    def act(self, what: str, **more: float) -> None:
        """Have something happen; `at`: from which second of the drill on."""
        moments = {name: self._zero + at for name, at in more.items()}
        answer = self._outside.post("/lab/acts", json={"what": what, **moments}, headers=self._key)
        self._run.require(answer.ok, f"the lab could not have {what!r} done: {answer.error or answer.text}")

    def notes(self) -> Facts:
        """Certificates, orders, outages, rings of the pager, callers of the bank; moments in seconds of the drill."""
        return self._asked(f"/lab/ledger?zero={self._zero}")

    def _asked(self, page: str) -> Facts:
        answer = self._outside.get(page, timeout=5.0, headers=self._key)
        self._run.require(answer.ok, f"the lab's own ledger did not answer: {answer.error or answer.text}")
        read: Facts = answer.json
        return read

    def look(self) -> float:
        """Note what the shop serves, trusting nobody; how many days are left, 0 where nothing valid is served."""
        shown, now = (wire.shown(self.address) or "")[:16] or None, self._run.clock()
        if shown not in self._ends:
            self._ends |= {one["fingerprint"]: one["not_after"] for one in self.notes()["certificates"]}
        self.looks.append([round(now, 3), shown])
        self.left_days = round(max(0.0, (self._ends.get(shown, 0.0) - now) / DAY_SECONDS), 1)
        self._good_at = now if self.left_days else self._good_at
        return self.left_days

    def dark(self) -> bool:
        """Nothing valid has been on the wire for two seconds."""
        return self._run.clock() - self._good_at > DARK_SECONDS

    def has_changed(self) -> bool:
        """One certificate of the CA has followed another on the wire."""
        return len({shown for _, shown in list(self.looks) if shown in self._ends} - {None}) > 1

    def so_far(self) -> Wire:
        """What was seen until now."""
        return Wire(self.notes() | {"looks": list(self.looks)})

    def billing(self, page: str) -> Facts:
        """What billing says after it has asked the shop or the bank."""
        said = self._run.http("billing").get(page)
        told = said.json if isinstance(said.json, dict) else {"error": said.error or said.text}
        return {key: told.get(key) and str(told[key])[:MOST_SAID] for key in ("answer", "error")}

    def meeting(self, place: str, kind: str) -> Facts:
        """What billing says of the bank, or of the place of the shop, that shows a certificate of that kind."""
        self.act(f"{place} {kind}")
        return {"place": place, "kind": kind} | self.billing(f"/{place}")

    def startable(self, start: Callable[[], tuple[int, str]]) -> Facts:
        """Exit code and output of a try to start nginx with what lies in the edge at this moment."""
        running = self._run.container("edge").running()
        code, said = start() if running else (None, "the edge had ended")
        return {"code": code, "said": said[-MOST_SAID:]}

    def plainly(self) -> dict[str, list[Facts]] | None:
        """What the edge says without TLS, by port on which something listens there; None if it has ended."""
        edge = self._run.container("edge")
        if not edge.running():
            return None
        rows = [line.split() for line in edge.exec(["cat", "/proc/net/tcp", "/proc/net/tcp6"])[1].splitlines()]
        ports = {int(row[1].rpartition(":")[2], 16) for row in rows if row[3:4] == [LISTENING]}
        return {str(port): self._asked(f"/lab/plain/{port}")["said"] for port in sorted(ports)}
