"""Which processes does a container's main process have directly below it, seen from outside?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docker.errors import APIError

from harness.run import engine, memory

PROC = Path("/proc")
COLUMNS = "-eo pid,ppid,stat"
DEAD = ("Z", "X")


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


def _seen(place: Path) -> Iterator[Process]:
    """From this machine's own list; one that ends meanwhile is left out."""
    try:
        pids = (place / "cgroup.procs").read_text(encoding="ascii").split()
    except OSError:
        return
    for pid in pids:
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
