"""How far is the drill: its phases, its moments, and what is told of them, in their order?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from harness.judge import figures
from harness.judge.recording import Mark, Phase
from harness.run.traffic import Traffic

LIVE_SECONDS = 0.25


@dataclass(frozen=True)
class Signal:
    """The lab's signal over a phase: the first series that the drill samples."""

    values: list[float]
    most: float | None
    """The value of a full bar; None if the drill does not say."""


class Watcher(Protocol):
    """Follows how the drill goes on (the screen does, or nobody)."""

    def phase(self, name: str, numbers: dict[str, Any], signal: Signal) -> None:
        """A phase is over, its last answers are in, and this is what customers saw."""

    def mark(self, name: str, kind: str, at: float) -> None:
        """Something was done to the stack."""

    def live(self, name: str, numbers: dict[str, Any], seconds: float) -> None:
        """A phase goes on; `numbers` are of the last second."""


@dataclass
class _Stretch:
    """A phase that may still go on."""

    name: str
    start: float
    end: float | None = None


class Course:
    """The drill's phases and marks as they come."""

    def __init__(self, traffic: Traffic, watcher: Watcher, clock: Callable[[], float]) -> None:
        """Nothing has happened yet."""
        self.marks: list[Mark] = []
        self.samples: dict[str, list[list[float]]] = {}
        self.samples_most: dict[str, float] = {}
        self._stretches: list[_Stretch] = []
        self._news: list[_Stretch | Mark] = []
        self._told = 0
        self._live_at = 0.0
        self._traffic, self._watcher, self._clock = traffic, watcher, clock

    @property
    def now(self) -> tuple[str, float]:
        """Name and start of the phase that goes on."""
        return (self._stretches[-1].name, self._stretches[-1].start) if self._stretches else ("warm-up", 0.0)

    @property
    def phases(self) -> list[Phase]:
        """The phases that the drill has come to the end of."""
        return [Phase(one.name, one.start, one.end) for one in self._stretches if one.end is not None]

    def begin(self, name: str) -> None:
        """End the last phase and begin this one; ValueError if there was one of that name."""
        self.close()
        if name in [one.name for one in self._stretches]:
            raise ValueError(f"the phase {name!r} stands there twice; its figures could not be told apart")
        self._stretches.append(_Stretch(name, round(self._clock(), 3)))

    def seconds_are_over(self) -> None:
        """What is marked from now on stands below the phase that goes on."""
        self._news.append(self._stretches[-1])

    def close(self) -> None:
        """The phase that goes on lasts until now."""
        if self._stretches and self._stretches[-1].end is None:
            self._stretches[-1].end = round(self._clock(), 3)
            if self._stretches[-1] not in self._news:
                self._news.append(self._stretches[-1])
        self.tell()

    def mark(self, name: str, kind: str) -> None:
        """Note this moment."""
        self.marks.append(Mark(name, round(self._clock(), 3), kind))
        self._news.append(self.marks[-1])
        self.tell()

    def tell(self, *, everything: bool = False) -> None:
        """Phases and marks in their order, a phase when its last answer is in: a late answer belongs to it."""
        while self._told < len(self._news):
            news = self._news[self._told]
            if isinstance(news, Mark):
                self._watcher.mark(news.name, news.kind, news.at)
            elif news.end is not None and (everything or not self._traffic.pending_since(news.end)):
                seen = figures.of_phase(self._traffic.requests, news.start, news.end)
                self._watcher.phase(news.name, seen, self._signal(news.start, news.end))
            else:
                break
            self._told += 1

    def _signal(self, start: float, end: float) -> Signal:
        name, series = next(iter(self.samples.items()), ("", []))
        return Signal([value for at, value in series if start <= at <= end], self.samples_most.get(name))

    def tell_live(self, *, loaded: bool) -> None:
        """Some times a second: what the last second was like, and what has become known."""
        at = self._clock()
        if at - self._live_at < LIVE_SECONDS:
            return
        self._live_at = at
        self.tell()
        name, begun = self.now
        self._watcher.live(name, self._traffic.since(at - 1) if loaded else {}, at - begun)
