"""Which certificate is on the wire, and since when?"""

from __future__ import annotations

import itertools
from typing import Any

from . import wire
from .ledger import World

from harness.drill import Run

DAYS, LIFETIME_SECONDS = 90, 12.0
DAY_SECONDS = LIFETIME_SECONDS / DAYS
DARK_SECONDS, POLL_SECONDS, WORST_DELAY_MS = 2.0, 0.2, 1000


class Onlooker:
    """Looks at what the shop serves, ten times a second, and trusts nobody: the CA's ledger knows each certificate."""

    def __init__(self, run: Run, world: World) -> None:
        self._run, self._world = run, world
        self.address = run.address("edge", 8443)
        self.looks: list[tuple[float, str | None]] = []
        self._known: dict[str, dict[str, Any]] = {}

    def look(self) -> float:
        """Look once; how many days are left, 0 where nothing valid is served."""
        found = wire.shown(self.address)
        if found and found not in self._known:
            self._known |= {entry["fingerprint"]: entry for entry in self._world.certificates()}
        self.looks.append((round(self._run.clock(), 3), found))
        return max(0.0, self._left(found) / DAY_SECONDS)

    def _left(self, fingerprint: str | None) -> float:
        known = self._known.get(fingerprint or "")
        return known["not_after"] - self._run.clock() if known else 0.0

    def served(self) -> str | None:
        """What the last look saw."""
        return self.looks[-1][1] if self.looks else None

    def shows_newer_than(self, number: int) -> bool:
        """Whether what is served was issued after that one."""
        known = self._known.get(self.served() or "", {"no": 0})
        return int(known["no"]) > number

    def left_seconds(self) -> float:
        """Until what is served ends."""
        return self._left(self.served())

    def dark(self) -> bool:
        """Nothing valid has been on the wire for two seconds."""
        good = (
            at
            for at, found in reversed(list(self.looks))
            if found in self._known and at < self._known[found]["not_after"]
        )
        return self._run.clock() - next(good, 0.0) > DARK_SECONDS

    def changes(self) -> list[float]:
        """When one certificate of the CA has followed another."""
        good = [(at, found) for at, found in list(self.looks) if found in self._known]
        return [at for (_, old), (at, new) in itertools.pairwise(good) if old != new]

    def spans(self) -> list[dict[str, Any]]:
        """What was on the wire, from when to when; `certificate`: the CA's entry, None if it has none."""
        spans: list[dict[str, Any]] = []
        for at, found in list(self.looks):
            if not spans or spans[-1]["shown"] != found:
                spans.append({"shown": found, "start": at, "certificate": self._known.get(found or "")})
            spans[-1]["end"] = at
        return spans


class Delay:
    """How late the drill itself runs: on a machine that is too busy, seconds are no measure."""

    def __init__(self, run: Run) -> None:
        self._run, self._last, self._worst_ms = run, run.clock(), 0.0

    def ms(self) -> float:
        """Since the last call, beyond the tenth of a second that it should have been."""
        before, self._last = self._last, self._run.clock()
        late = max(0.0, (self._last - before) * 1000 - 100)
        self._worst_ms = max(self._worst_ms, late)
        return late

    def require_small(self) -> None:
        """UNKNOWN where it was a second or more."""
        worst = self._worst_ms
        busy = f"this machine is too busy: the drill itself stood still for {worst:.0f} ms"
        self._run.require(worst < WORST_DELAY_MS, busy)
