"""Has a file of the student changed since this worker started?"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

Stamps = dict[str, tuple[int, int]]

LOOK_EVERY_SECONDS = 0.25
GRACE_SECONDS = 0.25


def stamps(root: Path) -> Stamps:
    """Time of change and size of each Python and TOML file below the folder."""
    found: Stamps = {}
    for path in root.rglob("*"):
        if path.suffix in (".py", ".toml"):
            with contextlib.suppress(FileNotFoundError):  # an editor may just be replacing it
                status = path.stat()
                found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found


def watch(root: Path, tell: Callable[[], None]) -> None:
    """Ends this worker soon after a file below the folder changes; gunicorn then starts one with the new code.

    Begins before the application is imported, so that an import that hangs is replaced as well. `tell` is called
    before it ends.
    """
    threading.Thread(target=_watch, args=(root, stamps(root), tell), daemon=True, name="reload").start()


def changed(root: Path, before: Stamps) -> None:
    """Returns when a file below the folder is no longer as it was before."""
    while stamps(root) == before:
        time.sleep(LOOK_EVERY_SECONDS)


def _watch(root: Path, before: Stamps, tell: Callable[[], None]) -> None:
    changed(root, before)
    tell()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(0)
