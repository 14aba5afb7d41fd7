"""What happened when in a recording, whatever of it is missing?"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Json = dict[str, Any]
Points = list[tuple[float, float | None]]
Clock = Callable[[float], float]


@dataclass(frozen=True)
class Phase:
    """A named stretch of a drill, in seconds since it began."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Mark:
    """A named moment of a drill: a fault, the fault's end (`healed`) or a note."""

    number: int
    """1, 2, 3 … in the order of time: how pictures refer to it."""
    name: str
    at: float
    kind: str


@dataclass(frozen=True)
class Second:
    """What the customers saw in one second."""

    middle: float
    """Where a picture draws it: half a second after its beginning."""
    requests: float
    latency_ms: tuple[float | None, float | None, float | None]
    """p50, p95, p99; None where nothing was measured."""
    errors: Counter[str]


@dataclass(frozen=True)
class Course:
    """The course of one run over time."""

    phases: tuple[Phase, ...]
    marks: tuple[Mark, ...]
    seconds: tuple[Second, ...]
    samples: dict[str, Points]
    end: float

    @property
    def errors(self) -> Counter[str]:
        """The errors of the whole run by kind."""
        return sum((second.errors for second in self.seconds), Counter())


def number(value: object) -> float | None:
    """The value as a finite number; None if it is none."""
    if not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def points(pairs: Iterable[Any]) -> Points:
    """The pairs (time, value) whose time is a number."""
    return [(at, number(pair[1])) for pair in pairs if (at := number(pair[0])) is not None]


def read(recording: Json) -> Course:
    """The course that this recording tells."""
    seconds = tuple(_second(row) for row in (recording.get("traffic") or {}).get("seconds") or [])
    samples = {str(name): points(pairs or []) for name, pairs in (recording.get("samples") or {}).items()}
    rows = sorted(recording.get("marks") or [], key=lambda row: number(row.get("at")) or 0)
    marks = tuple(_mark(position, row) for position, row in enumerate(rows, start=1))
    phases = recording.get("phases") or []
    end = _end(phases, marks, seconds, samples)
    return Course(tuple(_phase(row, end) for row in phases), marks, seconds, samples, end)


def _second(row: Json) -> Second:
    p50, p95, p99 = (number(row.get(key)) or None for key in ("p50_ms", "p95_ms", "p99_ms"))
    errors = Counter({str(kind): count for kind, count in (row.get("by_error") or {}).items()})
    return Second((number(row.get("at")) or 0) + 0.5, number(row.get("requests")) or 0, (p50, p95, p99), errors)


def _mark(position: int, row: Json) -> Mark:
    return Mark(position, str(row.get("name", "")), number(row.get("at")) or 0, str(row.get("kind", "note")))


def _phase(row: Json, end: float) -> Phase:
    start, stop = number(row.get("start")) or 0, number(row.get("end"))
    return Phase(str(row.get("name", "")), start, max(start, end if stop is None else stop))


def _end(phases: list[Json], marks: tuple[Mark, ...], seconds: tuple[Second, ...], samples: dict[str, Points]) -> float:
    """The last moment of which anything is known; traffic after the last phase is not shown."""
    ends = [number(row.get(key)) or 0 for row in phases for key in ("start", "end")] + [mark.at for mark in marks]
    if phases and number(phases[-1].get("end")) is not None:
        return max(ends)
    ends += [second.middle + 0.5 for second in seconds]
    return max([*ends, *(at for pairs in samples.values() for at, _ in pairs)], default=0.0)


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
