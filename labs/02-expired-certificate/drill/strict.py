"""How does a customer ask that verifies name, chain and dates in each handshake, and makes one for each request?"""

from __future__ import annotations

import time
import urllib.parse
from typing import Any

import gevent

from loadtests import Customer, data

from . import wire


class Strict(Customer):
    """The drill says where the shop is, which root to trust, and what time it is; alone, any certificate will do."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        alone = urllib.parse.urlsplit(str(environment.host))
        self.address = tuple(data().get("address") or (alone.hostname, alone.port))
        self.trust, self.ahead = wire.strict(data().get("root")), float(data().get("clock_ahead", 0.0))

    def fetch(self, path: str, name: str, wanted: bytes) -> str | None:
        """What was wrong with the answer, which has to end like this; None if nothing was."""
        return self.attempt(name, lambda: self._asked(path, wanted))

    def _asked(self, path: str, wanted: bytes) -> str | None:
        until = time.monotonic() + self.patience_seconds
        with gevent.Timeout(self.patience_seconds, TimeoutError):
            return wire.complaint(self.address, self.trust, path, wanted, until=until, ahead=self.ahead)
