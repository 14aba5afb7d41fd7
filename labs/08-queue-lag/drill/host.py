"""How does the drill freeze, kill and start the consumer, and wait for one that may be dead, or do nothing?"""

from __future__ import annotations

from collections.abc import Callable

from .flow import Flow

from harness.drill import Run

STOP_SECONDS, UNDO_SECONDS = 10.0, 3.0
MOST_STARTS, LOOK_SECONDS, JOIN_SECONDS = 5, 0.5, 2.0
WASTED_SECONDS, LEAST_SECONDS = 12.0, 1.0
"""So long in all the drill waits for what does not come; after that only a moment each time."""


class Host:
    """The container of the consumer, and who starts it again when it ends."""

    def __init__(self, run: Run, flow: Flow) -> None:
        """It runs."""
        self._run, self._flow = run, flow
        self._container, self._kafka = run.container("orders"), run.http("kafka")
        self._spare, self._looked, self._starts = WASTED_SECONDS, 0.0, 0
        self._idle_since: float | None = run.clock()
        self.died: list[int] = []

    def freeze(self) -> None:
        """It does nothing until it is thawed."""
        if self._container.running():
            self._container.pause()

    def thaw(self) -> None:
        """It goes on."""
        if self._container.running():
            self._container.unpause()

    def lose_kafka(self) -> None:
        """Nothing passes between Kafka and it."""
        if self._container.running():
            self._container.blind_to("kafka")

    def kill(self) -> None:
        """SIGKILL; over when the process is gone."""
        if self._container.running():
            self._container.kill()
        self._run.wait_until(lambda: not self._container.running(), STOP_SECONDS, "the killed consumer ends")

    def undo(self) -> None:
        """What the dead one was at in the database has never been."""
        self._run.wait_until(lambda: not self._flow.disconnect(), STOP_SECONDS, "a dead consumer's connections end")

    def start(self) -> None:
        """Start it again, when what it began in the database has ended or is undone, and Kafka knows of its death."""
        self._run.patiently(lambda: not self._flow.writing(), UNDO_SECONDS)
        self.undo()
        self._run.wait_until(self._forget_members, STOP_SECONDS, "Kafka forgets a dead consumer")
        self._container.start()
        self._idle_since = self._run.clock()

    def keep(self) -> None:
        """If it has ended by itself, start it again, as every platform does; not for ever."""
        self._looked = self._run.clock()
        if not self._container.running():
            self.died.append(self._container.exit_code() or 0)
            if self._starts < MOST_STARTS:
                self._starts += 1
                self.start()
        self._help_to_join()

    def _help_to_join(self) -> None:
        """If its group has members after its start, and none of them any partition, let them join anew.

        It is not to blame: a member whose client library learns of the topic's partitions while it joins may be left
        without any, for ever (kafka-python's issue 2377).
        """
        if self._idle_since is None:
            return
        assigned, now = self._assigned(), self._run.clock()
        if assigned:
            self._idle_since = None
        elif assigned is None:
            self._idle_since = now
        elif now - self._idle_since > JOIN_SECONDS:
            self._idle_since = now
            self._forget_members()

    def _assigned(self) -> int | None:
        """How many of the topic's partitions the consumers have in all; None while there are none, or they join."""
        answer = self._kafka.get("/groups/assigned", timeout=10)
        return sum(answer.json.values()) if answer.ok and answer.json else None

    def _forget_members(self) -> bool:
        """Whether Kafka has forgotten all members of its groups of consumers."""
        return self._kafka.get("/groups/forget", timeout=10).ok

    def patiently(self, condition: Callable[[], object], seconds: float) -> bool:
        """Keep it running until the condition holds; False if it did not in time, or too much was waited in vain."""
        begun = self._run.clock()

        def ask() -> object:
            if self._run.clock() - self._looked > LOOK_SECONDS:
                self.keep()
            return condition()

        held = bool(self._run.patiently(ask, min(seconds, max(self._spare, LEAST_SECONDS)), every_seconds=0.1))
        self._spare -= 0.0 if held else self._run.clock() - begun
        return held

    def writes(self, seconds: float) -> bool:
        """Wait until it has written something."""
        before = self._flow.writes()
        return self.patiently(lambda: self._flow.writes() > before, seconds)
