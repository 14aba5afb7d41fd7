"""What processes do containers have, seen from outside, and how many of their threads want a core?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from docker.errors import APIError

from harness.run import engine, memory

PROC = Path("/proc")
COLUMNS = "-eo pid,ppid,stat"
DEAD, RUNNABLE = ("Z", "X"), "R"
THREADS = ("tasks", "cgroup.threads")
"""With version 1 and version 2 of control groups."""


class Process(NamedTuple):
    """A process, as the machine that the engine runs on numbers it."""

    pid: int
    parent: int
    state: str


def main(container_id: str) -> int:
    """The main process; 0 while there is none."""
    try:
        return int(engine.client().api.inspect_container(container_id)["State"]["Pid"])
    except APIError:
        return 0


def alive(container_id: str, main_pid: int) -> frozenset[int] | None:
    """The children of this main process that live: a server's workers. None if it is gone itself.

    Commands that are run inside have their parents outside, what a worker starts has the worker for its parent.
    """
    place = memory.group(container_id)
    found = [one for one in (_seen(place) if place else _told(container_id)) if one.state not in DEAD]
    if main_pid not in [one.pid for one in found]:
        return None
    return frozenset(one.pid for one in found if one.parent == main_pid)


def wanting(container_ids: Iterable[str]) -> int:
    """How many threads in these containers run or wait to run at this moment; 0 where this machine cannot tell.

    What a stack itself wants says nothing about how busy the machine is with other things.
    """
    places = [place for one in container_ids if (place := memory.group(one))]
    return sum(_state(number) == RUNNABLE for place in places for number in _numbers(place, THREADS))


def _numbers(place: Path, names: tuple[str, ...]) -> list[str]:
    """The numbers in the first of these files of a control group; none if it is gone."""
    for name in names:
        with contextlib.suppress(OSError):
            return (place / name).read_text(encoding="ascii").split()
    return []


def _state(number: str) -> str:
    """State of a process or thread; empty if it has ended."""
    try:
        return (PROC / number / "stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    except OSError:
        return ""


def _seen(place: Path) -> Iterator[Process]:
    """From this machine's own list; one that ends meanwhile is left out."""
    for pid in _numbers(place, ("cgroup.procs",)):
        try:
            status = (PROC / pid / "stat").read_bytes()
        except OSError:
            continue
        state, parent = status.rpartition(b")")[2].split()[:2]
        yield Process(int(pid), int(parent), state.decode())


def _told(container_id: str) -> Iterator[Process]:
    """From the engine, where it runs on another machine."""
    try:
        rows = engine.client().api.top(container_id, ps_args=COLUMNS)["Processes"] or []
    except APIError:
        return
    for pid, parent, state in rows:
        yield Process(int(pid), int(parent), state[:1])
