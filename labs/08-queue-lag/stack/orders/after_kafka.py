"""Starts the student's worker, the module that the argument names, as soon as Kafka has its topics."""

from __future__ import annotations

import runpy
import sys
import time
import urllib.request

import kafka  # noqa: F401 - the worker needs it: half a second that is spent while Kafka starts, too

KAFKA = "http://kafka:8000/health"


def there() -> bool:
    """Whether Kafka answers that it is ready."""
    try:
        with urllib.request.urlopen(KAFKA, timeout=1):
            return True
    except OSError:
        return False


while not there():
    time.sleep(0.1)
sys.argv = ["servicekit.worker", *sys.argv[1:]]
runpy.run_module("servicekit.worker", run_name="__main__", alter_sys=True)
