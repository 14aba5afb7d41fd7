"""What do the machines of the order database say of themselves?"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from .order_ledger import Taken

from harness.drill import Run
from harness import NotJudgedError

MACHINES = ("db-a", "db-b", "db-c")
STANDBYS = MACHINES[1:]
OK = 200
PRIMARY = "SELECT 1 AS found WHERE NOT pg_is_in_recovery()"
TIMELINE = "SELECT lab.timeline() AS timeline WHERE NOT pg_is_in_recovery()"
STREAMING = "SELECT 1 AS found FROM pg_stat_replication WHERE state = 'streaming'"
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint AS bytes"
LOGGED = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS bytes"
RECEIVED = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint AS bytes"
REPLAYED = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS bytes"
TAKEN = """
    SELECT number, node || ' (timeline ' || timeline || ')' AS writer, extract(epoch FROM at)::float AS at
    FROM lab.orders
"""
NEWEST = "SELECT at FROM lab.orders WHERE node = current_setting('cluster_name') ORDER BY at DESC LIMIT 1"

Rows = list[dict[str, Any]]


class Machine:
    """One server, seen with the lab's rights; its connection is kept, and made again when it breaks."""

    def __init__(self, run: Run, name: str) -> None:
        self.name, self._run = name, run
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def rows(self, sql: str, *params: Any) -> Rows:
        """What the query gives; nothing where no server answers."""
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = self._run.postgres(self.name).connect()
                    self._connection.execute("SET synchronous_commit = local")
                cursor = self._connection.execute(sql.encode(), params or None)
                return cursor.fetchall() if cursor.description else []
            except (NotJudgedError, psycopg.Error):
                if self._connection is None:
                    return []
                self._connection = None
        return []

    def bytes(self, sql: str) -> int:
        """A position in the log; 0 where no server answers."""
        return next((int(row["bytes"] or 0) for row in self.rows(sql)), 0)


class Databases:
    """The three machines, and the two services that use them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.machine = {name: Machine(run, name) for name in MACHINES}
        self._sampled = [Machine(run, name) for name in MACHINES]

    def primaries(self) -> list[str]:
        """The machines that take writes."""
        return [name for name, machine in self.machine.items() if machine.rows(PRIMARY)]

    def timeline(self, name: str) -> int:
        """The number that PostgreSQL raises at each promotion; 0 where no writes are taken."""
        return next((int(row["timeline"]) for row in self.machine[name].rows(TIMELINE)), 0)

    def count_primaries(self) -> int:
        """The same as a number, for the sampler's thread."""
        return sum(bool(machine.rows(PRIMARY)) for machine in self._sampled)

    def taken(self, name: str) -> dict[int, Taken]:
        """The orders that this machine has."""
        zero = time.time() - self._run.clock()
        return {row["number"]: Taken(row["writer"], row["at"] - zero) for row in self.machine[name].rows(TAKEN)}

    def all_taken(self) -> dict[str, dict[int, Taken]]:
        """The orders of each machine."""
        return {name: self.taken(name) for name in MACHINES}

    def acknowledged(self, since: float) -> int:
        """Orders that customers have sent since then and been told are taken."""
        return sum(request.error is None and request.start >= since for request in self._run.requests[-4000:])

    def page(self, service: str, path: str) -> dict[str, Any]:
        """What a service says there; empty if it says nothing of use, or has ended."""
        try:
            answer = self._run.http(service).get(path, timeout=2.0)
        except NotJudgedError:
            return {}
        return answer.json if answer.status == OK and isinstance(answer.json, dict) else {}

    def ready(self) -> bool | None:
        """Whether the controller says that a failover would work; None if it does not say."""
        said = self.page("failover", "/status").get("ready")
        return said if isinstance(said, bool) else None

    def pages(self) -> list[str]:
        """What on-call has been paged with."""
        return list(self.page("console", "/pages").get("pages", []))

    def controller(self, verb: str, *args: str) -> None:
        """Do this to the controller, unless it has ended by itself."""
        if (container := self._run.container("failover")).running():
            getattr(container, verb)(*args)

    def last_writer(self) -> str:
        """The machine that took the newest of all orders."""
        newest = [(row["at"], name) for name, machine in self.machine.items() for row in machine.rows(NEWEST)]
        return max(newest, default=(None, "db-a"))[1]
