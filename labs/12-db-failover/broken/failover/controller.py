"""Watches the order database, and promotes a standby when the primary is gone."""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from servicekit import load_settings

log = logging.getLogger("failover")

PORT = 5432
PATIENCE_SECONDS = 0.5
STANDBY = """
    SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0') AS received_bytes,
           pg_last_wal_receive_lsn()::text AS received, pg_last_wal_replay_lsn()::text AS replayed,
           extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float AS replay_lag_seconds
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What cluster.toml and the environment can change."""

    nodes: str = "db-a db-b db-c"
    check_every_seconds: float = 0.4
    failures: int = 3
    max_replay_lag_seconds: float = 1.0


def healthy(node: str) -> bool:
    """Whether the node's server answers."""
    try:
        socket.create_connection((node, PORT), PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def ask(node: str, sql: str) -> Row:
    """The first row that a query gives on this node."""
    dsn = f"host={node} dbname=app user=failover password=failover connect_timeout=2"
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        return connection.execute(sql.encode()).fetchone() or {}


class Cluster:
    """A primary and its standbys."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.primary, *self.standbys = settings.nodes.split()

    def watch(self) -> None:
        """Until the primary has been seen, and is gone."""
        log.info("watches %s; standbys: %s", self.primary, ", ".join(self.standbys))
        failures, seen = 0, False
        while not seen or failures < self._settings.failures:
            failures = 0 if healthy(self.primary) else failures + 1
            seen = seen or not failures
            time.sleep(self._settings.check_every_seconds)
        log.error("%s does not answer", self.primary)

    def fail_over(self) -> None:
        """Promote the first standby that is good enough."""
        states = {node: ask(node, STANDBY) for node in self.standbys if healthy(node)}
        for node, state in states.items():
            log.info("%s has received %s, and replayed %s", node, state["received"], state["replayed"])
            if complaint := self._complaint(state, states):
                log.error("%s is refused: %s", node, complaint)
                continue
            log.warning("%s is to be promoted", node)
            ask(node, "SELECT pg_promote()")
            self.standbys = [self.primary, *(other for other in self.standbys if other != node)]
            self.primary = node
            return
        raise LookupError("no standby is good enough: failover is given up, a person has to look")

    def _complaint(self, state: Row, states: dict[str, Row]) -> str | None:
        lag, most = state["replay_lag_seconds"] or 0.0, max(other["received_bytes"] or 0 for other in states.values())
        if lag > self._settings.max_replay_lag_seconds:
            return f"its data are {lag:.1f} s old"
        if (state["received_bytes"] or 0) < most:
            return f"it lacks {most - state['received_bytes']} bytes that another standby has"
        return None

    def status(self) -> Row:
        """Whether a failover would work now."""
        down = [node for node in (self.primary, *self.standbys) if not healthy(node)]
        return {"ready": not down, "reason": f"no answer: {', '.join(down)}" if down else "", "primary": self.primary}


cluster = Cluster(load_settings("/app/cluster.toml", Settings))
pages = {"/status": cluster.status}


def main() -> None:
    """One failover after the other, until one is given up."""
    while True:
        cluster.watch()
        try:
            cluster.fail_over()
        except LookupError as reason:
            log.critical("%s", reason)
            break
    while True:
        time.sleep(60)
