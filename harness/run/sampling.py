"""How does something that changes during a drill become a time series?"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from harness.run import engine, memory

MEMORY_EVERY_SECONDS, STEP_SECONDS = 1.0, 0.05


class Sampler:
    """Calls a function again and again in a thread of its own, and keeps [seconds, value]."""

    def __init__(self, function: Callable[[], float], clock: Callable[[], float], every_seconds: float) -> None:
        """Nothing runs yet."""
        self.series: list[list[float]] = []
        self.failures: list[str] = []
        self._function, self._clock, self._every = function, clock, every_seconds
        self._over = threading.Event()

    def _once(self) -> None:
        at = self._clock()
        try:
            self.series.append([round(at, 3), float(self._function())])
        except Exception as problem:  # noqa: BLE001 - a sample that cannot be taken is a fact of the run, told below
            self.failures.append(f"{at:.2f} s: {type(problem).__name__}: {problem}")

    def _run(self) -> None:
        while not self._over.is_set():
            begun = time.monotonic()
            self._once()
            self._pause(max(0.005, self._every - (time.monotonic() - begun)))

    def _pause(self, seconds: float) -> None:
        """Sleep in steps: with a preloaded clock, waiting for the event with a time-out would never end."""
        until = time.monotonic() + seconds
        while not self._over.is_set() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, STEP_SECONDS))

    @contextlib.contextmanager
    def running(self) -> Iterator[Sampler]:
        """Sample inside the block."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(timeout=5)


class MemoryWatch:
    """The stack's memory over time: total of all containers, and each one's highest."""

    def __init__(self, containers: Callable[[], list[dict[str, Any]]]) -> None:
        """`containers` lists those of the run as the Docker API does."""
        self._containers = containers
        self.peak_mib = 0.0
        self.by_container: dict[str, float] = {}

    def measure(self) -> float:
        """One look at all running containers; their sum in MiB."""
        running = [one for one in self._containers() if one["State"] == "running"]
        used = [memory.used_bytes(one["Id"]) / memory.MIB for one in running]
        for container, mib in zip(running, used, strict=True):
            service = container["Labels"][engine.LABEL_SERVICE]
            self.by_container[service] = round(max(mib, self.by_container.get(service, 0.0)), 1)
        self.peak_mib = round(max(self.peak_mib, sum(used)), 1)
        return sum(used)

    def facts(self) -> dict[str, Any]:
        """As the recording keeps it."""
        return {"peak_mib": self.peak_mib, "by_container": self.by_container}
