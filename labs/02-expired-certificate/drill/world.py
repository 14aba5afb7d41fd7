"""What does the drill see of the shop's wire and of the world outside, and what does it do to them?"""

from __future__ import annotations

from typing import Any

from harness import Run

from . import wire
from .judge import DAY_SECONDS, Facts

LISTENING, MOST_SAID, DARK_SECONDS = "0A", 300, 2.0


class World:
    """The container `outside` with the drill's key, its neighbours as they are seen from there, and the shop's wire."""

    start: Any  # a standing try to start nginx with what lies in the edge
    listening: Any  # a standing look at what listens there

    def __init__(self, run: Run) -> None:
        """Nothing has been seen."""
        self._run, self._zero = run, run.epoch(0.0)
        self.root = str(run.tell("outside", "root"))
        self.address = run.address("edge", 8443)
        self.looks, self.starts, self.plain = list[list[Any]](), list[list[Any]](), list[Facts | None]()
        self._good_at, self._ends = 0.0, dict[str | None, float]({None: 0.0})

    def act(self, what: str, *, at: float | None = None, ends: float | None = None, **more: float | str) -> None:
        """Have something happen, `at` that second of the drill or now; `ends`: when a certificate does."""
        moments = {name: self._zero + one for name, one in (("at", at), ("ends", ends)) if one is not None}
        self._run.tell("outside", "act", what=what, **moments, **more)

    def notes(self) -> Facts:
        """Certificates, orders, outages, rings of the pager, callers of the bank; moments in seconds of the drill."""
        return dict(self._run.tell("outside", "ledger", zero=self._zero))

    def look(self) -> float:
        """Note what the shop serves, trusting nobody; how many days are left, 0 where nothing valid is served."""
        shown, now = (wire.shown(self.address) or "")[:16] or None, self._run.clock()
        if shown not in self._ends:
            self._ends |= {one["fingerprint"]: one["not_after"] for one in self.notes()["certificates"]}
        self.looks.append([round(now, 3), shown])
        left_days = round(max(0.0, (self._ends.get(shown, 0.0) - now) / DAY_SECONDS), 1)
        self._good_at = now if left_days else self._good_at
        return left_days

    def dark(self) -> bool:
        """Nothing valid has been on the wire for two seconds."""
        return self._run.clock() - self._good_at > DARK_SECONDS

    def facts(self) -> Facts:
        """What was seen until now."""
        return self.notes() | {"looks": list(self.looks), "starts": list(self.starts), "plain": self.plain}

    def look_around(self) -> None:
        """Let billing ask the shop, and see what the edge says without TLS."""
        self.act("meet billing", place="shop", kind="good")
        self.plain.append(self.plainly())

    def would_start(self) -> float:
        """Note whether nginx could be started with what lies in the edge at this moment; 1 if so."""
        code, said = self.start.run()
        self.starts.append([round(self._run.clock(), 3), said[-MOST_SAID:] or f"exit code {code}" if code else ""])
        return float(code == 0)

    def plainly(self) -> Facts | None:
        """What the edge says without TLS, by port on which something listens there; None if it has ended."""
        code, said = self.listening.run()
        rows = [line.split() for line in said.splitlines()]
        ports = {int(row[1].rpartition(":")[2], 16) for row in rows if row[3:4] == [LISTENING]}
        return None if code else {str(port): self._run.tell("outside", "plain", port=port) for port in sorted(ports)}
