"""What does this machine have: memory, cores, room, open files, and does Docker's clock agree with ours?"""

from __future__ import annotations

import os
import re
import resource
import secrets
import shutil
import socket
import time
from datetime import datetime
from pathlib import Path

from harness import paths
from harness.setup.shell import Result, ask

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def memory_gib() -> float:
    """The machine's memory, also where it stands at another place than Linux has it."""
    try:
        found = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="utf-8"))
    except OSError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return int(found[1]) / 2**20 if found else 0.0


def cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # a system without affinities
        return os.cpu_count() or 1


def open_files() -> int:
    """How many files a process of this shell may have open at once."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def room_gib() -> tuple[float, Path]:
    """The least room of those disks that are written to, and where that is."""
    folders = [paths.ROOT, paths.runs_root(), docker_folder()]
    there = [folder for folder in folders if folder and folder.exists()]
    return min((shutil.disk_usage(folder).free / 2**30, folder) for folder in there)


def docker_folder() -> Path | None:
    """Where the engine keeps images; None where it does not say, or keeps them in a machine of its own."""
    answer = ask("docker", "info", "--format", "{{.DockerRootDir}}")
    folder = Path(answer.text.strip()) if answer.ok else None
    return folder if folder and os.access(folder, os.F_OK) else None


def loopback_port() -> int:
    """A port on 127.0.0.1 that could be bound, or 0."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])
    except OSError:
        return 0


def clock_difference_seconds() -> float | None:
    """By how much the engine's clock is ahead of this machine's; None where the engine does not say.

    Half the time of the question is the error; nothing within it counts as a difference.
    """
    before = time.time()
    answer = ask("docker", "info", "--format", "{{.SystemTime}}")
    after = time.time()
    there = _moment(answer.text) if answer.ok else None
    if there is None:
        return None
    return there - after if there > after else min(0.0, there - before)


def _moment(text: str) -> float | None:
    """Seconds since 1970 of a moment as Docker writes it, to the nanosecond."""
    found = _MOMENT.search(text)
    if not found:
        return None
    whole = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    return whole.timestamp() + float(found[2] or 0)


def network_refusal() -> Result:
    """Makes a network as a stack does, and removes it: the one way to know whether Docker has addresses left."""
    name = f"outage-doctor-{secrets.token_hex(4)}"
    labels = [f"--label=outage.home={paths.runs_root()}", f"--label=outage.run={name}"]
    made = ask("docker", "network", "create", *labels, name, seconds=30)
    if made.ok:
        ask("docker", "network", "rm", name, seconds=30, keep=True)
    return made
