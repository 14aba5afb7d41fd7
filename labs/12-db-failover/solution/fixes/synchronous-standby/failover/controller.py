"""Watches the order database. One standby has all that was acknowledged, and it alone may become the primary."""

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
END_READERS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'"
HEARS = "SELECT count(*) > 0 AS yes FROM pg_stat_wal_receiver WHERE status = 'streaming'"
IN_STEP = """
    SELECT count(*) > 0 AS yes
    FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid
    WHERE application_name = '{partner}' AND sync_state = 'sync' AND reply_time > clock_timestamp() - interval '2 s'
"""
MAKE_SLOT = """
    SELECT pg_create_physical_replication_slot('{slot}', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What cluster.toml and the environment can change."""

    primary: str = "db-a"
    partner: str = "db-b"
    third: str = "db-c"
    check_every_seconds: float = 0.4
    failures: int = 3


def run(node: str, *statements: str) -> Row:
    """The first row that the last of these statements gives on this node."""
    dsn = f"host={node} dbname=app user=failover password=failover connect_timeout=2"
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return (cursor.fetchone() if cursor.description else None) or {}


def says_yes(node: str, question: str) -> bool:
    """Whether the node answers, and with yes."""
    try:
        return bool(run(node, question).get("yes"))
    except psycopg.Error:
        return False


def console(path: str, text: str = "") -> None:
    """Give an order at the data centre's console; OSError if it was not carried out."""
    request = urllib.request.Request(CONSOLE + path, data=text.encode(), method="POST")
    urllib.request.urlopen(request, timeout=12).close()


def follow(node: str, primary: str) -> None:
    """From now on the node receives from this primary, by a slot of its own there."""
    slot = node.replace("-", "_")
    run(primary, MAKE_SLOT.format(slot=slot))
    conninfo = f"host={primary} user=replicator password=replicator connect_timeout=2"
    run(
        node,
        f"ALTER SYSTEM SET primary_conninfo = '{conninfo}'",
        f"ALTER SYSTEM SET primary_slot_name = '{slot}'",
        "SELECT pg_reload_conf()",
    )


class Cluster:
    """A primary, its synchronous standby, and a third machine."""

    def __init__(self, settings: Settings) -> None:
        self._every, self._failures = settings.check_every_seconds, settings.failures
        self.primary, self.partner, self.third = settings.primary, settings.partner, settings.third

    def prepare(self) -> None:
        """Both standbys follow, each with its slot."""
        for node in (self.partner, self.third):
            follow(node, self.primary)

    def watch(self) -> None:
        """Until nobody hears the primary any more."""
        failures = 0
        while failures < self._failures:
            alive = says_yes(self.primary, IS_PRIMARY) or says_yes(self.partner, HEARS)
            failures = 0 if alive else failures + 1
            time.sleep(self._every)

    def fail_over(self) -> None:
        """The old primary is switched off, the partner takes its place, the third machine becomes the partner."""
        console(f"/machines/{self.primary}/off")
        run(self.partner, f"ALTER SYSTEM SET synchronous_standby_names = '\"{self.third}\"'", "SELECT pg_reload_conf()")
        run(self.partner, "SELECT pg_promote()")
        self.primary, self.partner, self.third = self.partner, self.third, self.primary
        follow(self.partner, self.primary)
        run(self.partner, END_READERS)  # replay that waits for a reader does not look for another primary either
        console("/pages", f"{self.primary} is the primary now, {self.third} is switched off: please rebuild it")

    def status(self) -> Row:
        """Whether a failover would work now."""
        ready = says_yes(self.primary, IN_STEP.format(partner=self.partner))
        return {"ready": ready, "reason": "" if ready else f"{self.partner} is not in step with {self.primary}"}


settings = load_settings("/app/cluster.toml", Settings)
cluster = Cluster(settings)
pages = {"/status": cluster.status}


def main() -> None:
    """One failover after the other; what goes wrong is tried again, and told."""
    prepared = False
    while True:
        try:
            if not prepared:
                cluster.prepare()
                prepared = True
            cluster.watch()
            cluster.fail_over()
        except (psycopg.Error, OSError) as problem:
            log.error("%s", str(problem).strip())
            if prepared:
                console("/pages", str(problem))
            time.sleep(settings.check_every_seconds)
