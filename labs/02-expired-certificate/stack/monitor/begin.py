"""When does the monitor begin? As soon as the shop can be reached, so that its first look is no false alarm."""

from __future__ import annotations

import runpy
import socket
import ssl  # noqa: F401 - loaded while there is time: the monitor begins at once when it may
import sys
import time
import urllib.request  # noqa: F401

from cryptography import x509  # noqa: F401


def listens(host: str, port: int) -> bool:
    """Whether a server takes connections there."""
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


while not listens("edge", 8443):
    time.sleep(0.05)
sys.argv = ["servicekit.worker", "monitor"]
runpy.run_module("servicekit.worker", run_name="__main__")
