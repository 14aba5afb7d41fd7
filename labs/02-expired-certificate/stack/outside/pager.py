"""When did the pager ring, and for which endpoint? Its network has gaps: it misses the first ring after a while."""

from __future__ import annotations

import time

MOST_NOTED = 5000
SAME_SECONDS = 0.05  # what comes in between is the same ring
QUIET_SECONDS, RETRIED_SECONDS = 3.0, 2.0


class Pager:
    """Notes each ring. Times are seconds since 1970."""

    def __init__(self) -> None:
        """Nothing has rung."""
        self.rings: list[tuple[float, str, str]] = []
        self.missed: dict[str, float] = {}
        """By endpoint the ring that was missed, if nobody has rung again."""
        self._tried: dict[str, float] = {}

    def ring(self, endpoint: str, reason: str) -> bool:
        """Whether it was heard. A ring after one that was missed counts from then on, if it comes soon."""
        now = time.time()
        before, self._tried[endpoint] = self._tried.get(endpoint, 0.0), now
        if now - before > QUIET_SECONDS and endpoint not in self.missed:
            self.missed[endpoint] = now
            return False
        missed = self.missed.pop(endpoint, 0.0)
        if (missed or now - before > SAME_SECONDS) and len(self.rings) < MOST_NOTED:
            self.rings.append((missed if now - missed < RETRIED_SECONDS else now, endpoint, reason))
        return True
