"""Watches the order database; promotes the standby that has received most when nobody sees the primary any more.

Each acknowledged order is on one standby at least (replication.conf), so both standbys together have all orders.
"""

from __future__ import annotations

import logging
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from servicekit import load_settings

log = logging.getLogger("failover")

CONSOLE = "http://console:8000"
PROMOTION_SECONDS = 5.0
LOOK = """
    SELECT pg_is_in_recovery() AS standby,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()
               THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
               ELSE pg_current_wal_flush_lsn() END, '0/0')::bigint AS received,
           CASE WHEN NOT pg_is_in_recovery()
               THEN ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int END AS timeline,
           EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'
               AND last_msg_receipt_time > clock_timestamp() - interval '2 s') AS hears_primary,
           current_setting('primary_conninfo') AS follows
"""
END_READERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What cluster.toml and the environment can change."""

    nodes: str = "db-a db-b db-c"
    check_every_seconds: float = 0.4
    failures: int = 3


def ask(node: str, *statements: str) -> Row:
    """The first row that the last of these statements gives on this node."""
    dsn = f"host={node} dbname=app user=failover password=failover connect_timeout=2"
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return (cursor.fetchone() if cursor.description else None) or {}


def look(node: str) -> Row | None:
    """What the node says of itself; None if it says nothing."""
    try:
        return ask(node, LOOK)
    except psycopg.Error:
        return None


def console(path: str, text: str = "") -> None:
    """Give an order at the data centre's console."""
    request = urllib.request.Request(CONSOLE + path, data=text.encode(), method="POST")
    urllib.request.urlopen(request, timeout=12).close()


class Cluster:
    """One primary, by the highest timeline, and the standbys that follow it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nodes = settings.nodes.split()
        self._pool = ThreadPoolExecutor(len(self._nodes))
        self._unseen, self._paged = 0, False
        self._ready, self._reason = False, "nothing has been seen yet"

    def step(self) -> None:
        """Look once, and do what is to be done."""
        looks = zip(self._nodes, self._pool.map(look, self._nodes), strict=True)
        seen = {node: state for node, state in looks if state}
        standbys = {node: state for node, state in seen.items() if state["standby"]}
        primaries = [node for node in seen if node not in standbys]
        heard = [node for node, state in standbys.items() if state["hears_primary"]]
        self._judge(primaries, standbys, heard)
        if primaries:
            self._unseen, self._paged = 0, False
            self._follow(max(primaries, key=lambda node: int(seen[node]["timeline"])), seen)
        elif heard or not standbys:
            self._unseen = 0
        else:
            self._unseen += 1
            if self._unseen >= self._settings.failures:
                self._fail_over(standbys)

    def _judge(self, primaries: list[str], standbys: dict[str, Row], heard: list[str]) -> None:
        """A failover needs the primary's successor and the sight of every standby."""
        self._reason = ""
        if not primaries:
            self._reason = "no primary is seen"
        elif len(standbys) < len(self._nodes) - 1:
            self._reason = f"only these standbys are seen: {', '.join(standbys)}"
        elif not heard:
            self._reason = "no standby receives"
        self._ready = not self._reason

    def _follow(self, leader: str, seen: dict[str, Row]) -> None:
        """Standbys receive from the leader. Another machine that still believes to be the primary becomes a standby."""
        for node, state in seen.items():
            if node != leader and not state["standby"]:
                log.warning("%s is rebuilt as a standby of %s", node, leader)
                console(f"/machines/{node}/rebuild/{leader}")
            elif state["standby"] and f"host={leader} " not in state["follows"]:
                log.warning("%s is to follow %s", node, leader)
                conninfo = f"host={leader} user=replicator password=replicator connect_timeout=2"
                ask(node, f"ALTER SYSTEM SET primary_conninfo = '{conninfo}'", "SELECT pg_reload_conf()")

    def _fail_over(self, standbys: dict[str, Row]) -> None:
        if len(standbys) < len(self._nodes) - 1:
            return self._page(f"the primary is gone, and of the standbys only {', '.join(standbys)} can be seen")
        best = max(standbys, key=lambda node: int(standbys[node]["received"]))
        log.warning("%s is to be promoted", best)
        ask(best, "SELECT pg_promote(wait => false)")
        until = time.monotonic() + PROMOTION_SECONDS
        while time.monotonic() < until:
            if not ask(best, END_READERS, "SELECT pg_is_in_recovery() AS standby")["standby"]:
                return None
            time.sleep(0.1)
        return self._page(f"{best} was to be promoted, and is not after {PROMOTION_SECONDS} s")

    def _page(self, text: str) -> None:
        """Call a person, once."""
        if not self._paged:
            log.error("%s", text)
            console("/pages", text)
        self._paged = True

    def status(self) -> Row:
        """Whether a failover would work now."""
        return {"ready": self._ready, "reason": self._reason}


settings = load_settings("/app/cluster.toml", Settings)
cluster = Cluster(settings)
pages = {"/status": cluster.status}


def main() -> None:
    """Look, and look again."""
    while True:
        try:
            cluster.step()
        except (psycopg.Error, OSError) as problem:
            log.warning("%s", str(problem).strip())
        time.sleep(settings.check_every_seconds)
