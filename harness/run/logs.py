"""What did each service print, phase by phase in seconds of the drill?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness import text
from harness.judge.recording import Phase
from harness.run import engine, inside

MOST_LINES = 2000
MOST_LINE = 2000


def save(containers: list[dict[str, Any]], folder: Path, phases: list[Phase], at: Callable[[float], float]) -> None:
    """Write `<service>.log` for each container; `at` turns seconds since 1970 into seconds of the drill."""
    folder.mkdir(parents=True, exist_ok=True)
    for container in containers:
        printed = inside.printed(container["Id"], MOST_LINES, timestamps=True)
        lines = _told(printed.splitlines(), phases, at)
        path = folder / f"{container['Labels'][engine.LABEL_SERVICE]}.log"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _told(lines: list[str], phases: list[Phase], at: Callable[[float], float]) -> Iterator[str]:
    """Each line with its second, and a heading where a phase begins."""
    ahead = list(phases)
    for line in lines:
        stamp, _, said = line.partition(" ")
        try:
            second = at(dt.datetime.fromisoformat(stamp).timestamp())
        except ValueError:
            yield f"{'':9}{text.printable(line, MOST_LINE)}"
            continue
        while ahead and second >= ahead[0].start:
            yield _heading(ahead.pop(0))
        yield f"{second:8.3f} {text.printable(said, MOST_LINE)}"
    yield from map(_heading, ahead)


def _heading(phase: Phase) -> str:
    return f"── {phase.name} (from {phase.start:.1f} s)"
