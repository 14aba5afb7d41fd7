"""Watches the order database. A primary that is left alone goes on alone, and from then on it has no successor.

A successor is promoted when nobody hears the primary, and it has been switched off at its plug.
"""

from __future__ import annotations

import logging
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from servicekit import load_settings

log = logging.getLogger("failover")

CONSOLE = "http://console:8000"
IS_PRIMARY = "SELECT NOT pg_is_in_recovery() AS yes"
RECEIVED = """
    SELECT pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::bigint AS bytes
"""
STANDBYS = """
    SELECT count(*) FILTER (WHERE reply_time > clock_timestamp() - interval '2.5 s') AS fresh,
           coalesce(max(flush_lsn) >= pg_current_wal_flush_lsn(), false) AS complete,
           current_setting('synchronous_standby_names') <> '' AS waits
    FROM pg_stat_replication WHERE state = 'streaming'
"""
GO_ON_ALONE = "ALTER SYSTEM SET synchronous_standby_names = ''"
WAIT_AGAIN = "ALTER SYSTEM RESET synchronous_standby_names"
HEARS = "SELECT count(*) > 0 AS yes FROM pg_stat_wal_receiver WHERE status = 'streaming'"
END_READERS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'"

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What cluster.toml and the environment can change."""

    nodes: str = "db-a db-b db-c"
    check_every_seconds: float = 0.5
    failures: int = 3
    alone_seconds: float = 2.0


def ask(node: str, *statements: str) -> Row | None:
    """The first row that the last of these statements gives on this node; None if the node does not answer."""
    dsn = f"host={node} dbname=app user=failover password=failover connect_timeout=2"
    try:
        with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchone()
    except psycopg.Error as problem:
        log.warning("%s: %s", node, str(problem).strip())
        return None


def console(path: str, text: str = "") -> bool:
    """Give an order at the data centre's console; whether it was carried out."""
    request = urllib.request.Request(CONSOLE + path, data=text.encode(), method="POST")
    try:
        urllib.request.urlopen(request, timeout=12).close()
    except OSError:
        return False
    return True


class Cluster:
    """A primary and its standbys."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nodes = settings.nodes.split()
        self.primary: str | None = None
        self._alone_since: float | None = None
        self._whole = False
        """At the last look, each order that had been confirmed was on a standby."""

    def find(self) -> None:
        """Until one is found that takes writes."""
        while self.primary is None:
            self.primary = next((node for node in self._nodes if (ask(node, IS_PRIMARY) or {}).get("yes")), None)
            time.sleep(self._settings.check_every_seconds)

    def watch(self) -> None:
        """Until the primary does not answer any more, and no standby hears it either."""
        failures = 0
        while failures < self._settings.failures:
            row = ask(self.primary, STANDBYS) if self.primary else None
            failures = 0 if row or self._is_heard() else failures + 1
            if row:
                self._care(row)
            time.sleep(self._settings.check_every_seconds)

    def _is_heard(self) -> bool:
        """Whether a standby receives: then the primary is well, and it is the controller that does not see it."""
        return any((ask(node, HEARS) or {}).get("yes") for node in self._nodes if node != self.primary)

    def _care(self, row: Row) -> None:
        """Alone for long the primary goes on alone; when a standby is back, orders wait for it again."""
        if row["fresh"]:
            self._alone_since = None
            self._whole = self._whole or bool(row["waits"] and row["complete"])
            if not row["waits"]:
                log.warning("%s waits for a standby again", self.primary)
                ask(str(self.primary), WAIT_AGAIN, "SELECT pg_reload_conf()")
        elif row["waits"]:
            self._alone_since = self._alone_since or time.monotonic()
            if time.monotonic() - self._alone_since > self._settings.alone_seconds:
                log.error("%s goes on alone, and has no successor", self.primary)
                self._whole = False
                ask(str(self.primary), GO_ON_ALONE, "SELECT pg_reload_conf()")

    def fail_over(self) -> str | None:
        """Why not; None when it is done."""
        if not self._whole:
            return f"{self.primary} does not answer, and has confirmed orders that no standby has"
        standbys = [node for node in self._nodes if node != self.primary]
        if not console(f"/machines/{self.primary}/off"):
            return f"{self.primary} could not be switched off"
        positions = {node: int(row["bytes"]) for node in standbys if (row := ask(node, RECEIVED))}
        if len(positions) < len(self._nodes) - 1:
            return f"only {', '.join(positions) or 'none'} can be asked, and another one may have more"
        best = max(positions, key=lambda node: positions[node])
        ask(best, "SELECT pg_promote(wait => false)")
        for _ in range(50):
            ask(best, END_READERS)
            if (ask(best, IS_PRIMARY) or {}).get("yes"):
                self.primary = best
                return None
            time.sleep(0.1)
        return f"{best} was told to become the primary, and is not"

    def status(self) -> Row:
        """Whether a failover would work now."""
        row = ask(self.primary, STANDBYS) if self.primary else None
        reason = "" if row and row["fresh"] else f"no standby receives from {self.primary}"
        if not self._whole:
            reason = reason or f"{self.primary} has confirmed orders that no standby has"
        return {"ready": not reason, "reason": reason}


settings = load_settings("/app/cluster.toml", Settings)
cluster = Cluster(settings)
pages = {"/status": cluster.status}


def main() -> None:
    """One failover after the other, until one needs a person."""
    cluster.find()
    while True:
        cluster.watch()
        if problem := cluster.fail_over():
            log.error("%s", problem)
            console("/pages", problem)
            cluster.primary = None
            cluster.find()
