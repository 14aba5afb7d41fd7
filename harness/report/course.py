"""What happened when in a run, and how do the times of two runs compare?"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any

from harness.judge.recording import Phase, Recording, Second

Points = list[tuple[float, float | None]]
Clock = Callable[[float], float]
DEATH = "death"


@dataclass(frozen=True)
class Moment:
    """A named moment of a drill: a fault, the fault's end (`healed`), a note, or a death that the drill did not do."""

    number: int
    """1, 2, 3 … in the order of time: how pictures refer to it."""
    name: str
    at: float
    """Seconds since the drill began."""
    kind: str


@dataclass(frozen=True)
class Course:
    """The course of one run over time."""

    phases: tuple[Phase, ...]
    marks: tuple[Moment, ...]
    seconds: tuple[Second, ...]
    """From the first second with a request to the last; not one that lies after the end by more than half."""
    samples: dict[str, Points]
    most: dict[str, float]
    """For some samples: the value that fills the axis of every run of the lab."""
    end: float

    def share(self, second: Second) -> float:
        """How much of a second the drill lasted, 0.5 to 1."""
        return min(1.0, self.end - second.at)

    @property
    def errors(self) -> Counter[str]:
        """The errors of the whole run by kind."""
        return sum((Counter(second.by_error) for second in self.seconds), Counter())


def number(value: object) -> float | None:
    """The value as a finite number; None if it is none."""
    if not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def points(pairs: Iterable[Any]) -> Points:
    """The pairs (time, value) whose time is a number."""
    return [(at, number(pair[1])) for pair in pairs if (at := number(pair[0])) is not None]


def read(seen: Recording) -> Course:
    """The course of this run."""
    seconds = _all(seen.seconds)
    samples = {name: points(pairs) for name, pairs in seen.samples.items()}
    marks, phases = tuple(_marks(seen)), tuple(seen.phases)
    ends = [phase.end for phase in phases] + [mark.at for mark in marks]
    if not phases or seen.unknown or seen.broken_off:  # else traffic after the last phase is not shown
        ends += [second.at + 1.0 for second in seconds] + [at for pairs in samples.values() for at, _ in pairs]
    end = max(ends, default=0.0)
    shown = tuple(second for second in seconds if second.at + 0.5 <= end)
    return Course(phases, marks, shown, samples, seen.samples_most, end)


def _all(seconds: list[Second]) -> tuple[Second, ...]:
    """With the seconds in which no request started, so that no line is drawn across them."""
    known = {second.at: second for second in seconds}
    return tuple(known.get(at, Second(at)) for at in range(min(known), max(known) + 1)) if known else ()


def _marks(seen: Recording) -> list[Moment]:
    told = [(mark.at, mark.name, mark.kind) for mark in seen.marks]
    told += [(death.at, f"{death.service} {death.what}", DEATH) for death in seen.deaths]
    return [
        Moment(place, name, at, kind) for place, (at, name, kind) in enumerate(sorted(told, key=itemgetter(0)), start=1)
    ]


def onto(course: Course, other: Course) -> Clock:
    """Turns times of `course` into times of `other` so that the phases they have in common coincide."""
    common = _shared(course, other)
    if not common:
        return lambda at: at
    here = [course.phases[0].start, *(course.phases[index].end for index in range(common))]
    there = [other.phases[0].start, *(other.phases[index].end for index in range(common))]
    return lambda at: _between(at, here, there)


def _shared(course: Course, other: Course) -> int:
    """How many phases, from the first on, have the same names in both."""
    together = zip(course.phases, other.phases, strict=False)
    different = (index for index, (one, two) in enumerate(together) if one.name != two.name)
    return next(different, min(len(course.phases), len(other.phases)))


def _between(at: float, here: list[float], there: list[float]) -> float:
    """Piecewise linear within the phases, shifted before and after them."""
    if at < here[0]:
        return at - here[0] + there[0]
    if at >= here[-1]:
        return at - here[-1] + there[-1]
    index = bisect_right(here, at) - 1
    (start, stop), (low, high) = list(pairwise(here))[index], list(pairwise(there))[index]
    return low + (at - start) / (stop - start) * (high - low)
