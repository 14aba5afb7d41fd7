"""How long does it take to pull the plug of a machine that takes writes while another one takes them, too?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

import psycopg

HELD_SECONDS = 10.0
DSN = "host={} dbname=app user=failover password=failover connect_timeout=2"
TAKES_WRITES = "SELECT NOT pg_is_in_recovery()"
log = logging.getLogger("console")


class Gate:
    """Open, but for a part of the drill. It never holds a controller that pulls the plug first and promotes then."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._opened.set()

    def shut(self) -> None:
        """From now on hold."""
        self._opened.clear()

    def open(self) -> None:
        """Let all go on."""
        self._opened.set()

    def hold(self, name: str, others: Iterable[str]) -> None:
        """Back when the gate is open, when only one machine takes writes, or when the time is over."""
        if self._opened.is_set() or not takes_writes(name):
            return
        if also := [other for other in others if takes_writes(other)]:
            log.info("%s: somebody is on the way to its plug; %s takes writes, too", name, " ".join(also))
            self._opened.wait(HELD_SECONDS)


def takes_writes(name: str) -> bool:
    """Whether a server answers there that is no standby."""
    try:
        with psycopg.connect(DSN.format(name)) as connection:
            return bool((connection.execute(TAKES_WRITES).fetchone() or [False])[0])
    except psycopg.Error:
        return False
