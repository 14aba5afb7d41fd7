"""How does everything here wait for something without sleeping blindly?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from harness.errors import NotJudgedError

STEP_SECONDS = 0.05
T = TypeVar("T")


def patiently(condition: Callable[[], T], seconds: float, step_seconds: float = STEP_SECONDS) -> T:
    """Ask until the answer is truthy or the time is over; the last answer."""
    until = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < until:
        time.sleep(step_seconds)
    return answer


def wait_until(condition: Callable[[], T], seconds: float, what: str, state: Callable[[], str] = str) -> T:
    """The first truthy answer; NotJudgedError with what was awaited and the state when time is over."""
    if answer := patiently(condition, seconds):
        return answer
    raise NotJudgedError(f"{what}: not within {seconds:g} s. {state()}".strip())
