"""Is a run on a machine that had no room for it told apart from one that was busy?"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run import crowd


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop."""
    monkeypatch.setattr(crowd, "cpu_count", lambda: 2)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], None),
        ([3, 4, 90, 2], None),
        ([18, 24, 24, 20], None),
        ([26, 30, 3, 28], "27 threads at a time wanted its 2 cores"),
        ([60, 64, 3, 58], "59 threads at a time wanted its 2 cores"),
    ],
    ids=["never looked", "a moment", "busy", "seven stacks", "no room"],
)
def test_only_what_lasts_counts(samples: list[float], said: str | None) -> None:
    """A moment is none, a busy machine is judged; nothing is said of a run where the queue was long all the time."""
    told = crowd.complaint([[0.5 * number, value] for number, value in enumerate(samples)])

    assert (said or "") in (told or "")
    assert bool(told) == bool(said)


def test_what_waits_is_counted() -> None:
    """On Linux this process at least wants a core at this moment."""
    assert crowd.wanting() >= (1 if crowd.LOAD.exists() else 0)


def test_a_system_that_does_not_say_is_not_busy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is no such file, nothing is known, and nothing held against the machine."""
    monkeypatch.setattr(crowd, "LOAD", tmp_path / "nowhere")

    assert crowd.wanting() == 0
