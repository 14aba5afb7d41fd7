"""Does waiting end with the condition, or else say what was awaited?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.errors import NotJudgedError
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
