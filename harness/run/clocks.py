"""What time is it in the stack, when the host's own clock may say something else?

Containers have the clock of the machine that the engine runs on. The host's may differ by seconds (a virtual machine
that slept, a faked clock), so a drill counts in monotonic seconds and asks the engine once how these two relate.
"""

from __future__ import annotations

import datetime as dt
import time

from harness.run import engine

LOOKS = 3


class StackClock:
    """Translates between times of the stack (seconds since 1970) and the monotonic seconds of this process."""

    def __init__(self) -> None:
        """Ask the engine; of some answers the quickest counts."""
        _, self._ahead = min(_look() for _ in range(LOOKS))

    def epoch(self, monotonic: float) -> float:
        """The stack's time at this moment."""
        return monotonic + self._ahead

    def monotonic(self, epoch: float) -> float:
        """The moment at which the stack had this time."""
        return epoch - self._ahead


def _look() -> tuple[float, float]:
    """Seconds that the answer took, and by how much the stack's clock is ahead of the monotonic one."""
    asked = time.monotonic()
    said = str(engine.client().info()["SystemTime"])
    answered = time.monotonic()
    return answered - asked, dt.datetime.fromisoformat(said).timestamp() - (asked + answered) / 2
