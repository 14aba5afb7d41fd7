"""What ended in a drill without the drill's doing? (being written)"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from harness.judge.recording import Death


class Doings:
    """What the drill itself ends."""


class DeathWatch:
    """Watches the run's containers."""

    def __init__(self, run_id: str, doings: Doings, at: Callable[[float], float], *, live: bool = False) -> None:
        self.found: list[Death] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        yield
