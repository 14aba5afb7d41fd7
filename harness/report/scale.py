"""On which scales are runs drawn, so that they compare?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.judge.recording import Second
from harness.report.course import Course, number
from harness.report.drawing import KINDS

SHOWN_KINDS = len(KINDS) - 1


@dataclass(frozen=True)
class Scale:
    """What this run's pictures and those of the run as shipped have in common, so that they compare."""

    end: float
    rate: float
    latency_ms: float
    errors: float
    signal: float
    signal_name: str | None
    kinds: tuple[str, ...]
    """Kinds of errors that have a colour of their own, most frequent first; the others share one."""


def common(courses: Sequence[Course], end: float) -> Scale:
    """Scales for these runs, this run first; `end` is that of their time axis."""
    seconds = [second for course in courses for second in course.seconds]
    name = next((name for course in courses for name in course.samples), None)
    return Scale(
        end=max(end, 1.0),
        rate=_room(second.requests for second in seconds),
        latency_ms=_room(value for second in seconds for value in latency_ms(second) if value),
        errors=_room(second.errors for second in seconds),
        signal=top(courses, name) if name is not None else 1.0,
        signal_name=name,
        kinds=kinds_of(courses),
    )


def top(courses: Iterable[Course], name: str) -> float:
    """The end of a sample's axis: the value that the lab gives it, or the largest one if that is larger."""
    values = [value for course in courses for _, value in course.samples.get(name, []) if value is not None]
    return _room([*values, *(course.most[name] for course in courses if name in course.most)])


def latency_ms(second: Second) -> tuple[float | None, ...]:
    """p50, p95 and p99 of a second; None where nothing was measured."""
    return tuple(number(value) or None for value in (second.p50_ms, second.p95_ms, second.p99_ms))


def _room(values: Iterable[float]) -> float:
    return max([*values, 1.0]) * 1.08


def kinds_of(courses: Iterable[Course]) -> tuple[str, ...]:
    """The kinds of errors that get a colour of their own, most frequent first."""
    total: Counter[str] = sum((course.errors for course in courses), Counter())
    return tuple(kind for kind, _ in total.most_common(SHOWN_KINDS))
