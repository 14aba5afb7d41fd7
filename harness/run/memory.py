"""How much memory does a container use, and what had to be killed for it, read as cheaply as the machine allows?

The kernel's own files take microseconds, but stand only where the engine runs on this kernel; Docker's statistics
are there everywhere and take up to a second.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from harness.run import engine

MIB = 1024 * 1024
GROUPS = Path("/sys/fs/cgroup")
PLACES = (
    "memory/docker/{id}",
    "docker/{id}",
    "system.slice/docker-{id}.scope",
    "memory/system.slice/docker-{id}.scope",
)
USAGE = ("memory.current", "memory.usage_in_bytes")
KILLS = ("memory.events", "memory.oom_control")
"""With version 2 and version 1 of control groups."""


def used_bytes(container_id: str) -> int:
    """Bytes in use without the page cache that can be dropped at once; 0 if the container is gone."""
    if place := group(container_id):
        try:
            return _of_group(place)
        except OSError:
            return 0
    try:
        return of_stats(engine.client().api.stats(container_id, stream=False, one_shot=True))
    except (APIError, NotFound):
        return 0


def kills(container_id: str) -> int | None:
    """How many of its processes the kernel has killed for want of memory since it was started; None if unknown."""
    place = group(container_id)
    for file in [place / name for name in KILLS] if place else []:
        with contextlib.suppress(OSError):
            lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
            return next((int(count) for name, count in lines if name == "oom_kill"), 0)
    return None


def group(container_id: str) -> Path | None:
    """The folder of a running container's control group, where this machine has it."""
    places = (GROUPS / place.format(id=container_id) for place in PLACES)
    return next((place for place in places if place.is_dir()), None)


def _of_group(place: Path) -> int:
    usage = next(place / name for name in USAGE if (place / name).exists())
    details = dict(line.split() for line in (place / "memory.stat").read_text(encoding="ascii").splitlines())
    return _without_cache(int(usage.read_text(encoding="ascii")), details)


def of_stats(stats: dict[str, Any]) -> int:
    """The same from one answer of Docker's statistics."""
    memory = stats.get("memory_stats", {})
    return _without_cache(int(memory.get("usage", 0)), memory.get("stats", {}))


def _without_cache(usage: int, details: dict[str, Any]) -> int:
    """With either version of control groups."""
    return max(0, usage - int(details.get("total_inactive_file", details.get("inactive_file", 0))))
