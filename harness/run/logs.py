"""What did each service print, phase by phase in seconds of the drill?"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness import text
from harness.judge.recording import Phase
from harness.run import complaints, engine, inside

MOST_LINES = 2000
MOST_LINE = 10_000
"""A line of the kit holds a whole traceback."""
SECOND = 9
"""So many characters of a saved line tell when it was printed."""
COMPLAINTS = ("warning", "error", "critical")
"""Levels of lines that complain."""
MOST_COMPLAINT = 300


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
            yield f"{'':{SECOND}}{text.printable(line, MOST_LINE)}"
            continue
        while ahead and second >= ahead[0].start:
            yield _heading(ahead.pop(0))
        yield f"{second:{SECOND - 1}.3f} {text.printable(said, MOST_LINE)}"
    yield from map(_heading, ahead)


def _heading(phase: Phase) -> str:
    return f"── {phase.name} (from {phase.start:.1f} s)"


def loudest(folder: Path) -> str:
    """What the kit's services have complained of most often in the logs saved there; empty if they did not.

    `feed, 214 times: …`, with the error that ends a traceback. Numbers do not tell complaints apart.
    """
    counted: Counter[tuple[str, str]] = Counter()
    said: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*.log")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if complaint := _complaint(line[SECOND:]):
                kind = (path.stem, re.sub(r"\d+", "0", complaint))
                counted[kind] += 1
                said.setdefault(kind, complaint)
    if not counted:
        return ""
    [(kind, times)] = counted.most_common(1)
    often = "once" if times == 1 else f"{times} times"
    return f"{kind[0]}, {often}: {said[kind]}"


def _complaint(line: str) -> str:
    """What a line of the kit's log complains of; empty for others."""
    record = complaints.record(line)
    if record.get("level") not in COMPLAINTS:
        return ""
    errors = list(complaints.raised(str(record.get("traceback", "")).split("\n")))
    return text.printable(errors[-1] if errors else str(record.get("message", "")), MOST_COMPLAINT)
