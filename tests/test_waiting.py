"""Does waiting end with the condition, or else say what was awaited?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.errors import NotJudgedError
from harness.run.drill import Run
from harness.run.waiting import patiently, wait_until


def test_the_first_truthy_answer_ends_the_wait() -> None:
    """The condition is asked until its answer is truthy, and that answer is returned."""
    answers = iter([0, 0, 5, 7])

    assert wait_until(lambda: next(answers), 10, "five comes") == 5
    assert next(answers) == 7


def test_the_condition_is_asked_once_where_there_is_no_time() -> None:
    """Without time, what is true already still counts."""
    assert wait_until(lambda: "there", 0, "it is there") == "there"


def test_time_over_says_what_and_in_which_state() -> None:
    """The error names what was awaited, how long, and the state at the end."""
    with pytest.raises(NotJudgedError, match=r"^the queue is empty: not within 0 s\. 3 left$"):
        wait_until(lambda: False, 0, "the queue is empty", lambda: "3 left")


def test_patience_returns_the_last_answer() -> None:
    """Where the time is over, the last answer is returned, and nothing raised."""
    answers: Iterator[object] = iter([[], {}])

    assert patiently(lambda: next(answers), 0.005, step_seconds=0.01) == {}


class Clock:
    """A drill whose clock goes on by a tenth of a second with each look, and whose counter says what the test wants."""

    def __init__(self, counts: list[int]) -> None:
        """The counter's values in their order; the last one stays."""
        self._counts, self.looks = counts, 0

    def clock(self) -> float:
        """Seconds."""
        return 0.1 * self.looks

    def count(self) -> int:
        """What is counted now."""
        self.looks += 1
        return self._counts[min(self.looks, len(self._counts)) - 1]

    def patiently(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Looks until it holds or the time is over."""
        while not (held := condition()) and self.clock() < seconds:
            pass
        return held


@pytest.mark.parametrize(
    ("counts", "seen", "looks"),
    [([0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3], 3, 13), ([1, 2, 5, 5, 5, 5, 5, 5, 5, 5], 5, 8), ([0], 0, 30)],
    ids=["they come late", "they come one after the other", "nobody comes"],
)
def test_a_gate_is_not_quiet_before_somebody_has_come(counts: list[int], seen: int, looks: int) -> None:
    """On a busy machine the first comes late; if nobody comes at all, the time is up at last."""
    drill = Clock(counts)
    assert Run.until_quiet(drill, drill.count, still_seconds=0.45, seconds=3.0) == seen  # type: ignore[arg-type]
    assert drill.looks == looks
