"""Is what the screen tells of a drill what the recording says, and in the order in which it happened?"""

from __future__ import annotations

from typing import Any

import pytest

from harness.judge.figures import Request
from harness.run.course import Course, Signal


class Generator:
    """Traffic whose answers come when the test says so."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self.requests: list[Request] = []
        self.pending: list[float] = []
        """Starts of requests that are under way."""

    def pending_since(self, seconds: float) -> bool:
        """Whether one of them began before this second."""
        return any(start < seconds for start in self.pending)

    def since(self, _seconds: float) -> dict[str, Any]:
        """What the live line shows is not looked at here."""
        return {}


class Screen:
    """Notes what it is told."""

    def __init__(self) -> None:
        """Nothing was told."""
        self.told: list[Any] = []
        self.signals: list[Signal] = []

    def phase(self, name: str, numbers: dict[str, Any], signal: Signal) -> None:
        """A phase with its errors."""
        self.told.append((name, numbers["requests"], numbers["errors"]))
        self.signals.append(signal)

    def mark(self, name: str, _kind: str, _at: float) -> None:
        """A moment."""
        self.told.append(name)

    def live(self, _name: str, _numbers: dict[str, Any], _seconds: float) -> None:
        """Not looked at."""


class Drill:
    """A course with a clock that the test moves."""

    def __init__(self) -> None:
        """It is second 0."""
        self.at = 0.0
        self.traffic, self.screen = Generator(), Screen()
        self.course = Course(self.traffic, self.screen, lambda: self.at)  # type: ignore[arg-type]


@pytest.fixture
def drill() -> Drill:
    """A drill that has begun."""
    return Drill()


def test_a_late_answer_belongs_to_the_phase_in_which_it_was_asked_for(drill: Drill) -> None:
    """A phase is told when its last answer is in, so that its row and the verdict say the same."""
    drill.course.begin("flush")
    drill.traffic.pending = [0.9]
    drill.at = 1.0
    drill.course.begin("after")
    assert drill.screen.told == []

    drill.traffic.requests.append(Request(0.9, 3000.0, "product", "timeout"))
    drill.traffic.pending = [2.0]
    drill.at = 4.0
    drill.course.tell()
    assert drill.screen.told == [("flush", 1, 1)]


def test_moments_keep_their_place_among_phases(drill: Drill) -> None:
    """What happened after a phase is told after it, also while the phase waits for its last answer."""
    drill.course.begin("normal")
    drill.traffic.pending = [0.5]
    drill.course.mark("during", "note")
    drill.course.seconds_are_over()
    drill.at = 1.0
    drill.course.mark("the cache is flushed", "fault")
    drill.course.begin("flush")
    assert drill.screen.told == ["during"]

    drill.traffic.pending = []
    drill.at = 2.0
    drill.course.close()
    assert drill.screen.told == ["during", ("normal", 0, 0), "the cache is flushed", ("flush", 0, 0)]


def test_at_the_end_everything_is_told(drill: Drill) -> None:
    """When the traffic has ended nothing is held back."""
    drill.course.begin("normal")
    drill.traffic.pending = [0.1]
    drill.at = 1.0
    drill.course.close()
    drill.course.tell(everything=True)

    assert drill.screen.told == [("normal", 0, 0)]
    assert [(phase.name, phase.end) for phase in drill.course.phases] == [("normal", 1.0)]


def test_a_phase_has_its_part_of_the_signal(drill: Drill) -> None:
    """The first series is the signal; its values within the phase are told with the value of a full bar."""
    drill.course.samples = {"reads": [[0.5, 3.0], [1.5, 9.0]], "other": [[0.5, 1.0]]}
    drill.course.samples_most = {"reads": 10}
    drill.course.begin("normal")
    drill.at = 1.0
    drill.course.close()

    assert drill.screen.signals == [Signal([3.0], 10)]


def test_two_phases_of_one_name_are_refused(drill: Drill) -> None:
    """Their figures could not be told apart."""
    drill.course.begin("normal")
    with pytest.raises(ValueError, match="'normal' stands there twice"):
        drill.course.begin("normal")
