"""What can be done to one container of a stack, and what can be read from outside of it?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from docker.errors import APIError, NotFound
from docker.models.containers import Container as DockerContainer

from harness.errors import NotJudgedError
from harness.run import engine, inside, partition
from harness.run.deaths import Doings

PAUSE_TRIES = 3


class Container:
    """One container. Every fault is a plain verb; errors of Docker become NotJudgedError."""

    def __init__(self, run_id: str, service: str, doings: Doings | None = None) -> None:
        """The container of this service in this run; `doings` is told what the drill does to it."""
        self.service = service
        self._run_id, self._doings = run_id, doings or Doings()

    def _handle(self) -> DockerContainer:
        found = engine.containers(outage_run=self._run_id, **{engine.LABEL_SERVICE: self.service})
        if not found:
            raise NotJudgedError(f"the stack has no container of the service {self.service!r}")
        try:
            return engine.client().containers.get(found[0]["Id"])
        except NotFound as problem:
            raise NotJudgedError(f"the container of {self.service} has just gone") from problem

    def _do(self, verb: str, **options: Any) -> None:
        try:
            getattr(self._handle(), verb)(**options)
        except APIError as problem:
            raise NotJudgedError(
                f"Docker could not {verb} {self.service}: {problem.explanation or problem}"
            ) from problem

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal to the main process."""
        self._doings.sends(self.service, signal)
        try:
            self._do("kill", signal=signal)
        except NotJudgedError:
            self._doings.fails(self.service, signal)
            raise

    def expected_to_end(self) -> None:
        """What the drill does next may end its main process, once: that is then no death of its own."""
        self._doings.ends(self.service)

    def start(self) -> None:
        """Start it again (its published port changes; tmpfs is empty)."""
        self._do("start")

    def pause(self) -> None:
        """Freeze all its processes; tried again where Docker says `unable to freeze`: one was just being born."""
        for _ in range(PAUSE_TRIES - 1):
            with contextlib.suppress(NotJudgedError):
                return self._do("pause")
        return self._do("pause")

    def unpause(self) -> None:
        """Let them go on."""
        self._do("unpause")

    def blind_to(self, other: str) -> None:
        """Nothing passes between it and that service any more, in silence; both still see everybody else.

        Ends when either is started again (a new address, a new network namespace) or by `sees_again`. Some service of
        the lab's compose file has the label `outage.netfault: ${OUTAGE_IMAGE_NETFAULT}`, so that the image is there.
        """
        partition.silence(self._handle(), self._of(other))

    def sees_again(self) -> None:
        """Take away all of `blind_to`."""
        partition.speak(self._handle())

    def divert(self, other: str, port: int, to: str, to_port: int) -> Callable[[], None]:
        """From now on its connections to that service's port reach the other service's port, and it is not told.

        Call what is returned to take that away; a start takes it away too. The image is needed as for `blind_to`.
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
        """The last lines that it printed, at most 1 MiB of them."""
        return inside.printed(str(self._handle().id), lines)

    def running(self) -> bool:
        """Whether its main process lives."""
        return bool(self._handle().attrs["State"]["Running"])

    def exit_code(self) -> int | None:
        """Exit code of the main process; None while it runs."""
        state = self._handle().attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])
