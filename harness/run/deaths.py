"""What ended in a drill without the drill's doing, so that the code that ended cannot hide it?

Three sources, none of them within reach of what runs in a container: Docker's events, the kernel's count of processes
killed for want of memory, and the list of a web server's workers.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from docker.errors import APIError

from harness.judge.recording import Death
from harness.run import engine, memory, processes

OUT_OF_MEMORY = "killed: out of memory"
LOST_A_WORKER = "lost a worker process (it ended, and was replaced)"
KILLED = 137
LOOK_SECONDS, TOP_SECONDS = 0.25, 2.0
RELOAD_SECONDS = 5.0
"""For so long after a signal of the drill's a server may replace its workers."""
SAME_SECONDS = 2.0
"""What happens to a service within this time has been seen in two ways."""
MOST_EACH, MOST_SEEN = 10, 200
SERVER = "gunicorn"
ENDING = ("KILL", "TERM", "INT", "QUIT", "ABRT")


class Doings:
    """What the drill itself does to services, which is not to be held against them."""

    def __init__(self) -> None:
        """It has done nothing yet."""
        self._owed: Counter[str] = Counter()
        self._touched: set[str] = set()
        self._lock = threading.Lock()

    def sends(self, service: str, signal: str) -> None:
        """The main process gets this signal: it may end by it once, and may replace its workers."""
        with self._lock:
            self._touched.add(service)
        if signal.removeprefix("SIG") in ENDING:
            self.ends(service)

    def ends(self, service: str) -> None:
        """The service's main process may end, once."""
        with self._lock:
            self._owed[service] += 1

    def fails(self, service: str, signal: str) -> None:
        """The signal could not be sent after all."""
        if signal.removeprefix("SIG") in ENDING:
            self.excuses(service)

    def excuses(self, service: str) -> bool:
        """Whether this end of the service is the drill's doing; it is not a second time."""
        with self._lock:
            owed = self._owed[service] > 0
            self._owed[service] -= owed
            return owed

    def touched(self) -> set[str]:
        """The services that got a signal since this was asked last."""
        with self._lock:
            found, self._touched = self._touched, set()
            return found


class DeathWatch:
    """Watches a run's containers while the drill runs. `found` is complete when the block of `running()` is left."""

    def __init__(
        self,
        run_id: str,
        doings: Doings,
        at: Callable[[float], float],
        clock: Callable[[], float],
        *,
        live: bool = False,
    ) -> None:
        """`at`: seconds of the drill at a time of the engine's clock; `clock`: seconds of the drill now.

        `live`: edits are served at once, so workers come and go.
        """
        self._run_id, self._doings, self._at, self._clock, self._live = run_id, doings, at, clock, live
        self._seen: list[Death] = []
        self._count: Counter[str] = Counter()
        self._ended: set[str] = set()
        self._over = threading.Event()
        self._groups: list[Group] = []

    @property
    def found(self) -> list[Death]:
        """In their order; of each service only the first ones."""
        kept: Counter[str] = Counter()
        found = []
        for death in sorted(self._once(), key=lambda death: death.at):
            kept[death.service] += 1
            if kept[death.service] <= MOST_EACH:
                found.append(death)
        return found

    def _once(self) -> Iterator[Death]:
        """Without what was seen twice: memory runs out, and so the main process or a worker ends."""
        hungry = [death for death in self._seen if death.out_of_memory]
        for number, death in enumerate(hungry):
            if not any(_same(death, other) for other in hungry[:number]):
                yield death
        for death in self._seen:
            if not death.out_of_memory and not any(_same(death, other) for other in hungry):
                yield death

    @contextlib.contextmanager
    def running(self) -> Iterator[DeathWatch]:
        """Watch inside the block."""
        self._groups = [Group(one, live=self._live) for one in engine.containers(outage_run=self._run_id)]
        stream = engine.client().events(
            filters={
                "type": "container",
                "label": f"{engine.LABEL_RUN}={self._run_id}",
                "event": ["die", "oom", "start"],
            },
            decode=True,
        )
        threads = [
            threading.Thread(target=target, daemon=True)
            for target in (lambda: self._listen(stream), self._look_again_and_again)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            threads[1].join(timeout=10)
            self._look_at_states()
            stream.close()
            threads[0].join(timeout=2)

    # --- Docker's events ----------------------------------------------------------------------------------------

    def _listen(self, stream: Any) -> None:
        for event in stream:
            about = event["Actor"]["Attributes"]
            service, at = about.get(engine.LABEL_SERVICE, ""), self._at(event["timeNano"] / 1e9)
            if event["Action"] == "oom":
                self._add(service, at, OUT_OF_MEMORY)
            elif event["Action"] == "die":
                self._take_end(service, at, int(about.get("exitCode", 0)))
            else:
                self._ended.discard(service)

    def _take_end(self, service: str, at: float, code: int) -> None:
        self._ended.add(service)
        if not self._doings.excuses(service):
            self._add(service, at, "was killed" if code == KILLED else f"ended with exit code {code}")

    def _add(self, service: str, at: float, what: str) -> None:
        self._count[service] += 1
        if self._count[service] <= MOST_SEEN:
            self._seen.append(Death(service, round(at, 1), what, what == OUT_OF_MEMORY))

    def _look_at_states(self) -> None:
        """What is down, and was not told of: it ended before the watch began, or a moment ago."""
        for group in self._groups:
            try:
                state = engine.client().api.inspect_container(group.container_id)["State"]
            except APIError:
                continue
            if not state["Running"] and group.service not in self._ended:
                self._take_end(group.service, self._at(_epoch(state["FinishedAt"])), int(state["ExitCode"]))
            if state["OOMKilled"] and not any(d.out_of_memory for d in self._seen if d.service == group.service):
                self._add(group.service, self._at(_epoch(state["FinishedAt"])), OUT_OF_MEMORY)

    # --- the kernel's counts ------------------------------------------------------------------------------------

    def _look_again_and_again(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        touched, now = self._doings.touched(), self._clock()
        for group in self._groups:
            if group.service in touched:
                group.replaced_until = now + RELOAD_SECONDS
            for _ in range(group.new_kills()):
                self._add(group.service, now, OUT_OF_MEMORY)
            if group.lost_a_worker(now):
                self._add(group.service, now, LOST_A_WORKER)


class Group:
    """What the kernel knows of one container's processes."""

    def __init__(self, container: dict[str, Any], *, live: bool) -> None:
        """As it is now. `container`: as the Docker API lists it."""
        self.container_id: str = container["Id"]
        self.service: str = container["Labels"].get(engine.LABEL_SERVICE, "")
        self.replaced_until = 0.0
        self._serves = not live and container["Command"].startswith(SERVER)
        self._kills = memory.kills(self.container_id) or 0
        self._main = processes.main(self.container_id) if self._serves else 0
        self._workers = self._living() or frozenset()
        self._every = LOOK_SECONDS if memory.group(self.container_id) else TOP_SECONDS
        self._next = 0.0

    def new_kills(self) -> int:
        """How many of them were killed for want of memory since the last look; a start begins to count at 0 again."""
        kills = memory.kills(self.container_id)
        if kills is None:
            return 0
        before, self._kills = self._kills, kills
        return kills - before if kills >= before else kills

    def lost_a_worker(self, now: float) -> bool:
        """Whether a web server's worker has ended since the last look, which nobody had asked the server for."""
        if not self._serves or now < self._next:
            return False
        self._next = now + self._every
        workers = self._living()
        if workers is None:
            self._main = processes.main(self.container_id)
            self._workers = self._living() or frozenset()
            return False
        lost = bool(self._workers - workers)
        if lost or not self._workers or now < self.replaced_until:
            self._workers = workers
        return lost and now >= self.replaced_until

    def _living(self) -> frozenset[int] | None:
        return processes.alive(self.container_id, self._main) if self._main else None


def _same(death: Death, hungry: Death) -> bool:
    return death.service == hungry.service and abs(death.at - hungry.at) <= SAME_SECONDS


def _epoch(stamp: str) -> float:
    """Docker's times have more digits than Python reads."""
    return dt.datetime.fromisoformat(stamp[:19] + "+00:00").timestamp()
