"""What can be done to one container of a stack, and what can be read from outside of it?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from docker.errors import APIError, NotFound
from docker.models.containers import Container as DockerContainer

from harness.run import engine, inside, memory, partition
from harness.errors import NotJudgedError


class Container:
    """One container. Every fault is a plain verb; errors of Docker become NotJudgedError."""

    def __init__(self, run_id: str, service: str) -> None:
        """The container of this service in this run."""
        self.service = service
        self._run_id = run_id

    def _handle(self) -> DockerContainer:
        found = engine.containers(outage_run=self._run_id, **{engine.LABEL_SERVICE: self.service})
        if not found:
            raise NotJudgedError(f"the stack has no container of the service {self.service!r}")
        return engine.client().containers.get(found[0]["Id"])

    def _do(self, verb: str, **options: Any) -> None:
        try:
            getattr(self._handle(), verb)(**options)
        except (APIError, NotFound) as problem:
            raise NotJudgedError(f"Docker could not {verb} {self.service}: {problem}") from problem

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal to the main process."""
        self._do("kill", signal=signal)

    def start(self) -> None:
        """Start it again (its published port changes; tmpfs is empty)."""
        self._do("start")

    def stop(self, seconds: int = 1) -> None:
        """Ask it to end, and kill it after these seconds."""
        self._do("stop", timeout=seconds)

    def restart(self, seconds: int = 0) -> None:
        """Stop and start."""
        self._do("restart", timeout=seconds)

    def pause(self) -> None:
        """Freeze all its processes."""
        self._do("pause")

    def unpause(self) -> None:
        """Let them go on."""
        self._do("unpause")

    def limit(self, *, cpus: float | None = None, memory_mib: int | None = None) -> None:
        """Change the limits of the running container."""
        wanted: dict[str, int] = {}
        if cpus is not None:
            wanted |= {"NanoCpus": int(cpus * 1e9)}
        if memory_mib is not None:
            wanted |= {"Memory": memory_mib * memory.MIB, "MemorySwap": memory_mib * memory.MIB}
        try:
            engine.update(str(self._handle().id), wanted)
        except APIError as problem:
            raise NotJudgedError(f"Docker could not change the limits of {self.service}: {problem}") from problem

    def cut_off(self) -> None:
        """Take it off its networks: nothing reaches it, and it reaches nothing."""
        handle = self._handle()
        for name in handle.attrs["NetworkSettings"]["Networks"]:
            engine.client().networks.get(name).disconnect(handle, force=True)

    def reconnect(self) -> None:
        """Put it back on the run's networks, under its service's name."""
        for network in engine.client().networks.list(filters={"label": f"{engine.LABEL_RUN}={self._run_id}"}):
            network.connect(self._handle(), aliases=[self.service])

    def blind_to(self, other: str) -> None:
        """Nothing passes between it and that service any more, in silence; both still see everybody else.

        Ends when either is started anew (a new address, a new network namespace) or by `sees_again`. Some service of
        the lab's compose file has the label `outage.netfault: ${OUTAGE_IMAGE_NETFAULT}`, so that the image is there.
        """
        partition.silence(self._handle(), self._of(other))

    def sees_again(self) -> None:
        """Take away all of `blind_to`."""
        partition.speak(self._handle())

    def divert(self, other: str, port: int, to: str, to_port: int) -> Callable[[], None]:
        """Whoever of it connects to that service's port reaches the other one's from now on, and is not told.

        What is called to take that away again is returned; a start anew takes it away too. Of the image holds what
        `blind_to` says.
        """
        rules = partition.diversions(self._of(other), port, self._of(to), to_port)
        partition.divert(self._handle(), rules)
        return lambda: partition.straighten(self._handle(), rules)

    def _of(self, other: str) -> DockerContainer:
        return Container(self._run_id, other)._handle()  # noqa: SLF001 - its own kind

    def exec(self, command: list[str]) -> tuple[int, str]:
        """Run a command inside; its exit code and what it printed, both streams in one."""
        return inside.run(str(self._handle().id), command)

    def standing(self, command: list[str]) -> AbstractContextManager[inside.Standing]:
        """The same command inside, again and again: its `run()` gives what `exec` does, at a twentieth of the cost."""
        return inside.standing(str(self._handle().id), command)

    def logs(self, lines: int = 50) -> str:
        """The last lines that it printed."""
        return str(self._handle().logs(tail=lines).decode(errors="replace"))

    def running(self) -> bool:
        """Whether its main process lives."""
        return bool(self._handle().attrs["State"]["Running"])

    def exit_code(self) -> int | None:
        """Exit code of the main process; None while it runs."""
        state = self._handle().attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])

    def restarts(self) -> int:
        """How often Docker has restarted it by itself."""
        return int(self._handle().attrs["RestartCount"])

    def started_at(self) -> dt.datetime:
        """When its main process was started last."""
        return dt.datetime.fromisoformat(self._handle().attrs["State"]["StartedAt"][:19] + "+00:00")

    def oom_kills(self, since: dt.datetime) -> int:
        """How many of its processes the kernel has killed for want of memory since then."""
        now = dt.datetime.now(dt.UTC)
        filters = {"container": self._handle().id, "event": "oom"}
        return sum(1 for _ in engine.client().events(since=since, until=now, filters=filters, decode=True))

    def memory_bytes(self) -> int:
        """Memory in use, without the page cache that can be dropped at once."""
        return memory.used_bytes(str(self._handle().id))

    def cpu_seconds(self) -> float:
        """CPU time used since it was started."""
        return float(self._stats()["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9

    def _stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = engine.client().api.stats(str(self._handle().id), stream=False, one_shot=True)
        return stats
