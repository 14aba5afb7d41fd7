"""Takes the events of orders from Kafka and writes them into the shop's database."""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer
from psycopg import OperationalError
from psycopg_pool import ConnectionPool
from servicekit import load_settings

INBOX = "CREATE TABLE IF NOT EXISTS inbox (event text PRIMARY KEY)"
KNOWN = "SELECT FROM inbox WHERE event = %(event)s"
RECEIVE = "INSERT INTO inbox VALUES (%(event)s)"
WRITE_ORDER = "SELECT write_order(%(event)s, %(order)s, %(sequence)s, %(status)s, %(cents)s)"

log = logging.getLogger("orders")
logging.getLogger("kafka").setLevel(logging.WARNING)

Event = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    brokers: str = "kafka:9092"
    topic: str = "orders"
    group: str = "orders"
    max_poll_records: int = 100
    database_url: str = "postgresql://app:app@db/app"
    workers: int = 8
    alarm_seconds: float = 15


def connect(settings: Settings) -> KafkaConsumer:
    """A consumer of all partitions, which tells Kafka how far it is when it says so."""
    return KafkaConsumer(
        settings.topic,
        bootstrap_servers=settings.brokers,
        group_id=settings.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=settings.max_poll_records,
    )


class Intake:
    """From Kafka to PostgreSQL: a poll's events in lanes, an order's always in the same, and the commit when all are written."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer = connect(settings)
        self._database = ConnectionPool(settings.database_url, min_size=settings.workers, open=True)
        self._workers = ThreadPoolExecutor(settings.workers)
        self._oldest: float | None = None
        with self._database.connection() as connection:
            connection.execute(INBOX)

    def run(self) -> None:
        """Take what there is, write it, tell Kafka, and so on for ever."""
        while True:
            polled = self._consumer.poll(timeout_ms=500).values()
            events = [json.loads(record.value) for records in polled for record in records]
            if events:
                self._oldest = min(event["made"] for event in events)
                self._write_all(events)
                self._consumer.commit()
                self._oldest = None

    def _write_all(self, events: list[Event]) -> None:
        lanes: dict[int, list[Event]] = {}
        for event in events:
            lanes.setdefault(event["order"] % self._settings.workers, []).append(event)
        list(self._workers.map(self._write_lane, lanes.values()))

    def _write_lane(self, events: list[Event]) -> None:
        for event in events:
            while not self._write(event):
                time.sleep(0.2)

    def _write(self, event: Event) -> bool:
        """Whether it is written, now or earlier; False if the database is away."""
        try:
            with self._database.connection() as connection:
                if not connection.execute(KNOWN, event).rowcount:
                    connection.execute(WRITE_ORDER, event)
                    connection.commit()
                    connection.execute(RECEIVE, event)
        except OperationalError as problem:
            log.warning("order %s waits: %s", event["order"], problem)
            return False
        return True

    def lag(self) -> dict[str, Any]:
        """How old the oldest event is that has come and is not written."""
        oldest = self._oldest
        seconds = time.time() - oldest if oldest else 0.0
        return {"seconds": round(seconds, 1), "alarm": seconds > self._settings.alarm_seconds}


intake = Intake(load_settings(defaults=Settings))
pages = {"/lag": intake.lag}


def main() -> None:
    intake.run()
