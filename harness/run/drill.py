"""What can a lab's drill do to its stack, and how does it note what it saw?"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import redis

from harness.judge import figures
from harness.run import sampling, waiting
from harness.run.container import Container
from harness.errors import NotJudgedError, OutageError
from harness.run.instruments import Http, Postgres, redis_client
from harness.lab.manifest import Lab
from harness.run.stack import Stack
from harness.run.traffic import Traffic

T = TypeVar("T")
LIVE_SECONDS = 0.25


class Watcher(Protocol):
    """Who is told how the drill goes on (the screen, or nobody)."""

    def phase(self, name: str, numbers: dict[str, Any], seconds: float, signal: list[float]) -> None:
        """A phase is over, and this is what customers saw."""

    def mark(self, name: str, kind: str, at: float) -> None:
        """Something was done to the stack."""

    def live(self, name: str, numbers: dict[str, Any], seconds: float) -> None:
        """A phase goes on; `numbers` are of the last second."""


class Run:
    """One drill on one stack. Everything that a drill.py does goes through here."""

    def __init__(self, lab: Lab, stack: Stack, traffic: Traffic, seed: int, watcher: Watcher) -> None:
        """The stack answers; the traffic is started but not ordered."""
        self.seed = seed
        self.random = random.Random(seed)
        self.facts: dict[str, Any] = {}
        self.phases: list[dict[str, Any]] = []
        self.marks: list[dict[str, Any]] = []
        self.samples: dict[str, list[list[float]]] = {}
        self.pictures: list[dict[str, Any]] = []
        self._lab, self._stack, self._traffic, self._watcher = lab, stack, traffic, watcher
        self._zero = time.monotonic()
        self._loaded = False
        self._told = 0.0
        self._http: dict[str, Http] = {}
        self._phases_told: set[str] = set()

    def restart_clock(self) -> None:
        """The drill begins now."""
        self._zero = time.monotonic()

    @property
    def requests(self) -> list[figures.Request]:
        """What the customers have asked so far."""
        return self._traffic.requests

    def clock(self) -> float:
        """Seconds since the drill began."""
        return time.monotonic() - self._zero

    # --- what happens -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def traffic(
        self, users: int, *, service: str, data: dict[str, Any] | None = None, file: str = "traffic.py"
    ) -> Iterator[Traffic]:
        """Customers of the lab's locustfile at this service; `data` reaches them as `loadtests.data()`."""
        self._traffic.begin(self._lab.folder / file, self._stack.url(service), users, data or {}, self._zero)
        self._loaded = True
        try:
            yield self._traffic
            self._close_phase()
            self._traffic.finish()
            self.end_phase()
        finally:
            self._loaded = False
            self._traffic.end()

    def phase(self, name: str, seconds: float = 0.0) -> None:
        """End the last phase and begin this one; with `seconds`, also stay in it that long."""
        self.end_phase()
        if name in self._phases_told:
            raise OutageError(
                f"{self._lab.drill}: the phase {name!r} stands there twice; its figures could not be told apart."
            )
        self.phases.append({"name": name, "start": round(self.clock(), 3), "end": None})
        until = self.clock() + seconds
        while (left := until - self.clock()) > 0:
            self._tell_live()
            time.sleep(min(LIVE_SECONDS, left))
            self._check_limit()
        if seconds:
            self._tell_phase()

    def _close_phase(self) -> None:
        """The phase lasts until now."""
        if self.phases and self.phases[-1]["end"] is None:
            self.phases[-1]["end"] = round(self.clock(), 3)

    def end_phase(self) -> None:
        """It is over, and told if it has not been yet."""
        self._close_phase()
        if self.phases:
            self._tell_phase()

    def _tell_phase(self) -> None:
        """Once for each phase, as soon as its time is over: what is done next stands below it on the screen."""
        name, start = self.phases[-1]["name"], self.phases[-1]["start"]
        if name in self._phases_told:
            return
        self._phases_told.add(name)
        seen = figures.of_phase(self._traffic.requests, start, self.phases[-1]["end"] or self.clock())
        signal = [value for at, value in next(iter(self.samples.values()), []) if at >= start]
        self._watcher.phase(name, seen, seen["seconds"], signal)

    def _tell_live(self) -> None:
        if self.clock() - self._told < LIVE_SECONDS:
            return
        self._told = self.clock()
        name = self.phases[-1]["name"] if self.phases else "warm-up"
        begun = self.phases[-1]["start"] if self.phases else 0.0
        recent = self._traffic.since(self._told - 1) if self._loaded else {}
        self._watcher.live(name, recent, self._told - begun)

    def _check_limit(self) -> None:
        if self.clock() > self._lab.limit_seconds:
            limit, phase = f"{self._lab.limit_seconds:g} s", self.phases[-1]["name"] if self.phases else "warm-up"
            raise NotJudgedError(f"the drill was ended after its limit of {limit}, in {phase!r}: is this machine busy?")
        if self._loaded:
            self._traffic.require_alive()

    def fault(self, name: str, action: Callable[..., T], *args: Any) -> T:
        """Do this harm, and mark the moment when it was done."""
        return self._acted(name, "fault", action, *args)

    def healed(self, name: str, action: Callable[..., T], *args: Any) -> T:
        """Take the harm away, and mark the moment."""
        return self._acted(name, "healed", action, *args)

    def _acted(self, name: str, kind: str, action: Callable[..., T], *args: Any) -> T:
        self._check_limit()
        result = action(*args)
        self._mark(name, kind)
        return result

    def mark(self, name: str) -> None:
        """Note a moment."""
        self._mark(name, "note")

    def _mark(self, name: str, kind: str) -> None:
        at = round(self.clock(), 3)
        self.marks.append({"name": name, "at": at, "kind": kind})
        self._watcher.mark(name, kind, at)

    def wait_until(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """The first truthy answer; the verdict is UNKNOWN, with `what`, if none comes in time."""
        return waiting.wait_until(self._limited(condition), seconds, what)

    def patiently(self, condition: Callable[[], T], seconds: float, every_seconds: float = waiting.STEP_SECONDS) -> T:
        """The first truthy answer, or the last one when the time is over."""
        return waiting.patiently(self._limited(condition), seconds, every_seconds)

    def until_quiet(self, count: Callable[[], int], still_seconds: float = 0.4, seconds: float = 3.0) -> int:
        """Wait until a counter has not changed for so long, or the time is over; the count.

        A gate holds callers until the system is quiet, and not until a number of them has come: a right fix may
        never send the second one.
        """
        seen, since = count(), self.clock()

        def quiet() -> bool:
            nonlocal seen, since
            if (now := count()) != seen:
                seen, since = now, self.clock()
            return self.clock() - since > still_seconds

        self.patiently(quiet, seconds)
        return seen

    def _limited(self, condition: Callable[[], T]) -> Callable[[], T]:
        def ask() -> T:
            self._check_limit()
            self._tell_live()
            return condition()

        return ask

    # --- what is noted ----------------------------------------------------------------------------------------

    def record(self, **facts: Any) -> None:
        """Keep these facts for the checks (what JSON can carry)."""
        self.facts |= facts

    def require(self, condition: object, reason: str) -> None:
        """Without this condition nothing can be judged: the verdict is UNKNOWN, for this reason."""
        if not condition:
            raise NotJudgedError(reason)

    @contextlib.contextmanager
    def sample(self, name: str, function: Callable[[], float], every_ms: int = 100) -> Iterator[sampling.Sampler]:
        """Keep what the function says as a time series; the first one is the lab's signal."""
        sampler = sampling.Sampler(function, self.clock, every_ms / 1000)
        self.samples[name] = sampler.series
        with sampler.running():
            yield sampler
        self.require(sampler.series or not sampler.failures, f"{name!r} could not be sampled: {sampler.failures[:1]}")

    def evidence(self, title: str, kind: str, **picture: Any) -> None:
        """A picture for the report: `bars` (x, y, limit), `series` (lines), `spans` (rows) or `table`."""
        self.pictures.append({"title": title, "kind": kind} | picture)

    def notes(self, ledger: str) -> list[dict[str, Any]]:
        """What the customers have written down (`self.note(ledger, …)`), each with `at`, seconds of the drill's clock.

        Complete when the traffic has ended.
        """
        return [note for name, note in self._traffic.notes if name == ledger]

    # --- what it is done to -----------------------------------------------------------------------------------

    def postgres(self, service: str) -> Postgres:
        """The PostgreSQL of this service."""
        return Postgres(lambda: self._stack.address(service), self._stack.secret)

    def redis(self, service: str) -> redis.Redis:
        """The Redis of this service."""
        return redis_client(lambda: self._stack.address(service))

    def http(self, service: str) -> Http:
        """The HTTP server of this service."""
        if service not in self._http:
            self._http[service] = Http(lambda: self._stack.address(service))
        return self._http[service]

    def address(self, service: str, port: int | None = None) -> tuple[str, int]:
        """Host and port on this machine of a service's published port, as it is now."""
        return self._stack.address(service, port)

    def container(self, service: str) -> Container:
        """The container of this service."""
        return Container(self._stack.run_id, service)
