"""How does the drill keep the consumer from noting what it has written, without keeping it from writing?"""

from __future__ import annotations

import psycopg
from .flow import Flow

from harness.drill import Run

NAMES = "SELECT name FROM lab.notebooks LIMIT 8"
ASKED = "SELECT count(*) FROM pg_locks WHERE pid = ANY(%s) AND locktype = 'relation' AND mode = 'ShareLock'"
ASK_SECONDS, LOCK_TIMEOUT = 2.0, "SET lock_timeout = '8s'"


class Notebooks:
    """The tables that the consumer has made for itself."""

    def __init__(self, run: Run, flow: Flow) -> None:
        """All are open."""
        self._run, self._flow = run, flow
        self._holding: list[psycopg.Connection[dict[str, object]]] = []

    def close(self) -> None:
        """Stand in the line for each of them, to keep others from writing into it.

        Who has noted something in a transaction that is under way stands before, and can end it. Who comes to note
        what he has already written comes too late. Each table has a connection of its own, which waits for nothing
        else: so there is no deadlock in which one of the consumer's transactions would be chosen to fail.
        """
        for row in self._flow.rows(NAMES):
            connection = self._run.postgres("db").connect()
            connection.execute(LOCK_TIMEOUT)
            connection.pgconn.send_query(f"BEGIN; LOCK TABLE {row['name']} IN SHARE MODE".encode())
            self._holding.append(connection)
        pids = [connection.info.backend_pid for connection in self._holding]
        self._run.patiently(lambda: self._flow.value(ASKED, pids) == len(pids), ASK_SECONDS)

    def open(self) -> None:
        """Leave the lines."""
        while self._holding:
            self._holding.pop().close()
