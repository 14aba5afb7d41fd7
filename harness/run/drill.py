"""What can a lab's drill do to its stack, and how does it note what it saw?"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import redis

from harness.chance import Chance
from harness.errors import NotJudgedError, OutageError
from harness.judge import figures
from harness.lab.manifest import Lab
from harness.run import sampling, waiting
from harness.run.clocks import StackClock
from harness.run.container import Container
from harness.run.course import LIVE_SECONDS, Course, Watcher
from harness.run.deaths import Doings
from harness.run.instruments import Http, Postgres, redis_client
from harness.run.stack import Stack
from harness.run.traffic import Traffic

T = TypeVar("T")
TELL_SECONDS, KEY_HEADER = 30.0, "X-Outage-Key"


class Run:
    """One drill on one stack. Everything that a drill.py does goes through here."""

    def __init__(self, lab: Lab, stack: Stack, traffic: Traffic, seed: int, watcher: Watcher) -> None:
        """The stack answers; the traffic is started but not ordered."""
        self.random: random.Random = Chance(lab.slug, seed)
        self.facts: dict[str, Any] = {}
        self.doings = Doings()
        self.course = Course(traffic, watcher, self.clock)
        self._lab, self._stack, self._traffic = lab, stack, traffic
        self._stack_clock = StackClock()
        self._zero = time.monotonic()
        self._loaded = False
        self._http: dict[str, Http] = {}

    def restart_clock(self) -> None:
        """The drill begins now."""
        self._zero = time.monotonic()

    @property
    def key(self) -> str:
        """What the lab's own services want to see before they obey the drill (their OUTAGE_KEY)."""
        return self._stack.key

    @property
    def stays_up(self) -> bool:
        """Whether the stack is left up for somebody to look at when the drill is over."""
        return self._stack.live

    @property
    def requests(self) -> list[figures.Request]:
        """What the customers have asked so far."""
        return self._traffic.requests

    def clock(self) -> float:
        """Seconds since the drill began."""
        return time.monotonic() - self._zero

    def at(self, epoch: float) -> float:
        """Seconds of the drill at this time of the stack's clocks (seconds since 1970)."""
        return self._stack_clock.monotonic(epoch) - self._zero

    def epoch(self, at: float | None = None) -> float:
        """The time of the stack's clocks (seconds since 1970) at this second of the drill, or now."""
        return self._stack_clock.epoch(self._zero + (self.clock() if at is None else at))

    # --- what happens -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def traffic(self, users: int, *, service: str, data: dict[str, Any] | None = None) -> Iterator[Traffic]:
        """Customers of the lab's locustfile at this service; `data` reaches them as `loadtests.data()`."""
        self._traffic.begin(self._lab.locustfile, self._stack.url(service), users, data or {}, self._zero)
        self._loaded = True
        try:
            yield self._traffic
            self.course.close()
            self._traffic.finish()
            self.course.tell(everything=True)
        finally:
            self._loaded = False
            self._traffic.end()

    def phase(self, name: str, seconds: float = 0.0) -> None:
        """End the last phase and begin this one; with `seconds`, also stay in it that long."""
        try:
            self.course.begin(name)
        except ValueError as problem:
            raise OutageError(f"{self._lab.drill}: {problem}.") from None
        until = self.clock() + seconds
        while (left := until - self.clock()) > 0:
            self._tell_live()
            time.sleep(min(LIVE_SECONDS, left))
            self._check_limit()
        if seconds:
            self.course.seconds_are_over()

    def end(self) -> None:
        """The drill is over: the last phase is, and all is told that has not been yet."""
        self.course.close()
        self.course.tell(everything=True)

    def _tell_live(self) -> None:
        self.course.tell_live(loaded=self._loaded)

    def _check_limit(self) -> None:
        if self.clock() > self._lab.limit_seconds:
            limit, phase = f"{self._lab.limit_seconds:g} s", self.course.now[0]
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
        self.course.mark(name, kind)
        return result

    def mark(self, name: str) -> None:
        """Note a moment."""
        self.course.mark(name, "note")

    def wait_until(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """The first truthy answer; the verdict is UNKNOWN, with `what`, if none comes in time."""
        return waiting.wait_until(self._limited(condition), seconds, what)

    def patiently(self, condition: Callable[[], T], seconds: float, every_seconds: float = waiting.STEP_SECONDS) -> T:
        """The first truthy answer, or the last one when the time is over."""
        return waiting.patiently(self._limited(condition), seconds, every_seconds)

    def until_quiet(self, count: Callable[[], int], still_seconds: float = 0.4, seconds: float = 3.0) -> int:
        """Wait until a counter has not changed for so long, or the time is over; the count. At zero nothing has begun.

        A gate holds callers until the system is quiet, and not until a number of them has come: a right fix may
        never send the second one.
        """
        seen, since = count(), self.clock()

        def quiet() -> bool:
            nonlocal seen, since
            if (now := count()) != seen:
                seen, since = now, self.clock()
            return bool(seen) and self.clock() - since > still_seconds

        self.patiently(quiet, seconds)
        return seen

    def until_answered(self, seconds: float = 4.0) -> None:
        """Wait until all is answered, or given up, that customers have asked before now; or the time is over.

        A request belongs to the phase in which it begins. What is harmed while it is under way is harmed in that one.
        """
        began = self.clock()
        self.patiently(lambda: not self._traffic.pending_since(began), seconds)

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
    def sample(
        self, name: str, function: Callable[[], float], every_ms: int = 100, most: float | None = None
    ) -> Iterator[sampling.Sampler]:
        """Keep what the function says as a time series; the first one is the lab's signal.

        `most` is the value of a full bar on the screen: without it bars of two runs cannot be compared.
        """
        sampler = sampling.Sampler(function, self.clock, every_ms / 1000)
        self.course.samples[name] = sampler.series
        if most is not None:
            self.course.samples_most[name] = most
        with sampler.running():
            yield sampler
        self.require(sampler.series or not sampler.failures, f"{name!r} could not be sampled: {sampler.failures[:1]}")

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
        return redis_client(lambda: self._stack.address(service), self._stack.secret)

    def http(self, service: str) -> Http:
        """The HTTP server of this service."""
        if service not in self._http:
            self._http[service] = Http(lambda: self._stack.address(service), self._check_limit)
        return self._http[service]

    def tell(self, service: str, order: str, **how: Any) -> Any:
        """Have a service of the lab's own do this (`servicekit.control`); its answer. NotJudgedError if it does not."""
        said = self.http(service).post(f"/drill/{order}", TELL_SECONDS, json=how, headers={KEY_HEADER: self.key})
        if not said.ok:
            raise NotJudgedError(f"{service} did not do what the drill wanted ({order}): {said.error or said.status}")
        return said.json

    def address(self, service: str, port: int | None = None) -> tuple[str, int]:
        """Host and port on this machine of a service's published port, as it is now."""
        return self._stack.address(service, port)

    def container(self, service: str) -> Container:
        """The container of this service."""
        return Container(self._stack.run_id, service, self.doings)
