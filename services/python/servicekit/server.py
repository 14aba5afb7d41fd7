"""How does gunicorn run a service, as its configuration file says it?"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

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


def on_starting(_server: Any) -> None:
    """Imports in the parent what every worker needs: its memory is shared, and a new worker starts sooner."""
    importlib.import_module("servicekit.service")
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Starts the clock of `timeout`, and watches the student's files, from before they are imported."""
    worker.notify()  # gunicorn itself starts it after the import, so an import that hangs would hang for ever
    if RELOAD:
        watch(Path("/app"))


def worker_abort(_worker: Any) -> None:
    """Prints where the main thread stands when it has not answered for `timeout` seconds."""
    lines = traceback.format_stack()
    own = [line for line in lines if '"/app/' in line] or lines
    sys.stderr.write(f"The service hangs: no answer for {timeout} s. It stands at (most recent call last):\n")
    sys.stderr.write("".join(own))
    sys.stderr.flush()
