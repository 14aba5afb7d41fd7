"""How does gunicorn run a service, as its configuration file says it?"""

from __future__ import annotations

import gc
import importlib
import mmap
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from gunicorn.errors import HaltServer
from gunicorn.workers.gthread import TConn

from servicekit.closing import hang_up
from servicekit.ending import tell_ends
from servicekit.entry import BOOT_FAILED
from servicekit.reload import watch

RELOAD = os.environ.get("OUTAGE_RELOAD") == "1"

bind = "0.0.0.0:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "1"))
threads = int(os.environ.get("WEB_THREADS", "16"))
timeout = 10
graceful_timeout = 1
keepalive = 5
worker_tmp_dir = "/dev/shm"  # noqa: S108  a tmpfs that each container has for itself
control_socket_disable = True
loglevel = "warning"

TConn.close = hang_up


def on_starting(_server: Any) -> None:
    """Imports in the parent what every worker needs: its memory is shared, and a new worker starts sooner."""
    importlib.import_module("servicekit.service")
    gc.collect()
    gc.freeze()


LOADING, LOADED, ASKED = 0, 1, 2
"""How far a worker is, in a byte that it shares with the server; `ASKED`: it was told to end."""
YOUNG_SECONDS, MOST_YOUNG, PAUSE_SECONDS = 2.0, 3, 0.25
_died_young = 0


def pre_fork(_server: Any, worker: Any) -> None:
    """Gives the worker its byte."""
    worker.state, worker.begun = mmap.mmap(-1, 1), time.monotonic()


def post_fork(_server: Any, worker: Any) -> None:
    """Starts the clock of `timeout`, and watches the student's files, from before they are imported."""
    worker.notify()  # gunicorn itself starts it after the import, so an import that hangs would hang for ever
    if RELOAD:
        watch(Path("/app"), lambda: _set(worker, ASKED))
    tell_ends()


def _set(worker: Any, state: int) -> None:
    worker.state[0] = state


def post_worker_init(worker: Any) -> None:
    """The student's code is loaded."""
    _set(worker, LOADED)


def worker_abort(worker: Any) -> None:
    """Prints where the main thread stands when it has not answered for `timeout` seconds."""
    _set(worker, ASKED)
    lines = traceback.format_stack()
    own = [line for line in lines if '"/app/' in line] or lines
    sys.stderr.write(f"The service hangs: no answer for {timeout} s. It stands at (most recent call last):\n")
    sys.stderr.write("".join(own))
    sys.stderr.flush()


def worker_exit(_server: Any, worker: Any) -> None:
    """In the worker, if it ends in an orderly way."""
    if not worker.alive:
        _set(worker, ASKED)


def on_reload(_server: Any) -> None:
    """All workers are replaced: none of those that end now has failed."""
    global _died_young  # noqa: PLW0603 - this file is gunicorn's configuration: functions of a module
    _died_young = 0


def child_exit(server: Any, worker: Any) -> None:
    """In the server: a worker has ended.

    Code that ends while it loads, or again and again soon after its start, ends the service: gunicorn would go on
    starting it, and nobody would learn why nothing answers.
    """
    global _died_young  # noqa: PLW0603
    state, age = worker.state[0], time.monotonic() - worker.begun
    if state == ASKED or not server.LISTENERS:
        return
    _died_young = _died_young + 1 if age < YOUNG_SECONDS else 0
    if state == LOADING:
        _give_up("The service does not load: its process ended while /app was imported.")
    elif _died_young >= MOST_YOUNG:
        _give_up(f"The service ends by itself, {MOST_YOUNG} times within {YOUNG_SECONDS:g} s of its start.")


def _give_up(reason: str) -> None:
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    if not RELOAD:
        raise HaltServer(reason, BOOT_FAILED)
    time.sleep(PAUSE_SECONDS)  # and another worker, until an edit changes something
