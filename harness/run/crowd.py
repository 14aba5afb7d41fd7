"""How many processes wanted this machine's cores while a drill ran, and were these too many to judge it?"""

from __future__ import annotations

import statistics
from os import cpu_count
from pathlib import Path

LOAD = Path("/proc/loadavg")
EVERY_SECONDS = 0.5
MOST_PER_CORE = 12
"""Beside four other stacks (six to twelve for each core) runs were judged rightly; beside six (13 to 15) not all."""


def wanting() -> int:
    """How many threads run or wait to run at this moment; 0 where the system does not say."""
    try:
        return int(LOAD.read_text(encoding="ascii").split()[3].partition("/")[0])
    except OSError:
        return 0


def complaint(seen: list[list[float]]) -> str | None:
    """Why nothing can be said of a run with these samples of `wanting`; None if the machine had room for it."""
    usual = statistics.median(value for _, value in seen) if seen else 0.0
    cores = cpu_count() or 1
    if usual <= MOST_PER_CORE * cores:
        return None
    return (
        f"this machine is too busy: {usual:.0f} threads at a time wanted its {cores} cores. Try again on a quieter one"
    )
