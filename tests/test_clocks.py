"""Are times of the stack turned into seconds of the drill, whatever the host's clock says?"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from harness.judge.recording import Phase
from harness.run import clocks, engine, inside, logs

AHEAD = 37.5


class Engine:
    """An engine whose clock is ahead of the host's, and whose answers take their time now and then."""

    def __init__(self) -> None:
        """The first answer is slow."""
        self.delays = [0.05, 0.0, 0.02]

    def info(self) -> dict[str, str]:
        """Its time, after the delay."""
        now = dt.datetime.fromtimestamp(time.time() + AHEAD, tz=dt.UTC).isoformat()
        time.sleep(self.delays.pop(0) if self.delays else 0.0)
        return {"SystemTime": now}


def test_the_stacks_clock_may_be_another_than_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference of half a minute is taken out, to a few milliseconds, both ways."""
    monkeypatch.setattr(engine, "client", Engine)
    clock = clocks.StackClock()
    now = time.monotonic()

    assert clock.epoch(now) == pytest.approx(time.time() + AHEAD, abs=0.1)
    assert clock.monotonic(clock.epoch(now)) == pytest.approx(now, abs=0.001)


def test_logs_are_told_in_seconds_of_the_drill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each line has its second, each phase its heading, and nothing that a service printed moves a terminal."""
    printed = (
        "2026-11-25T22:00:01.500000000Z before\n"
        '2026-11-25T22:00:03.250000000Z {"message": "flush"}\n'
        "no time \x1b[2J\n"
    )  # fmt: skip
    monkeypatch.setattr(inside, "printed", lambda *_, **__: printed)
    begun = dt.datetime(2026, 11, 25, 22, 0, 0, tzinfo=dt.UTC).timestamp()
    folder = tmp_path / "logs"
    container = {"Id": "x", "Labels": {engine.LABEL_SERVICE: "shop"}}
    phases = [Phase("normal", 1.0, 3.0), Phase("flush", 3.0, 4.0), Phase("quiet", 4.0, 5.0)]
    logs.save([container], folder, phases, lambda epoch: epoch - begun)

    assert (folder / "shop.log").read_text().splitlines() == [
        "── normal (from 1.0 s)",
        "   1.500 before",
        "── flush (from 3.0 s)",
        '   3.250 {"message": "flush"}',
        "         no time \\x1b[2J",
        "── quiet (from 4.0 s)",
    ]
