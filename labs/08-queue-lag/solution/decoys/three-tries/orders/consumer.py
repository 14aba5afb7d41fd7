"""Takes the events of orders from Kafka and writes them into the shop's database, each partition in a line of its own."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg import OperationalError
from servicekit import load_settings

INBOX = "CREATE TABLE IF NOT EXISTS inbox (event text PRIMARY KEY)"
RECEIVE = "INSERT INTO inbox VALUES (%(event)s) ON CONFLICT DO NOTHING"
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
    partitions: int = 3
    max_poll_records: int = 20
    database_url: str = "postgresql://app:app@db/app"
    tries: int = 3
    again_seconds: float = 0.2
    alarm_seconds: float = 15


class Line:
    """One partition from Kafka to PostgreSQL: a consumer, a connection, one event after the other."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self.oldest: float | None = None
        self._settings = settings
        self._database: psycopg.Connection[Any] | None = None
        self._consumer = KafkaConsumer(
            bootstrap_servers=settings.brokers,
            group_id=settings.group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_poll_records=settings.max_poll_records,
        )
        self._consumer.assign([TopicPartition(settings.topic, partition)])

    def run(self) -> None:
        """Take what there is, write it, tell Kafka, and so on for ever; what else goes wrong ends the process."""
        try:
            while True:
                for records in self._consumer.poll(timeout_ms=500).values():
                    self._write_all([json.loads(record.value) for record in records])
                    self._consumer.commit()
        except Exception:
            log.exception("a partition's line has ended")
            os._exit(1)

    def _write_all(self, events: list[Event]) -> None:
        for event in events:
            self.oldest = event["made"]
            for attempt in range(self._settings.tries):
                if self._write(event):
                    break
                time.sleep(self._settings.again_seconds * 2**attempt)
            else:
                log.error("order %s, %s was not written", event["order"], event["status"])
        self.oldest = None

    def _write(self, event: Event) -> bool:
        """Whether it is written, now or earlier; False if the database is away."""
        try:
            if self._database is None or self._database.closed:
                self._database = psycopg.connect(self._settings.database_url)
            with self._database.transaction():
                if self._database.execute(RECEIVE, event).rowcount:
                    self._database.execute(WRITE_ORDER, event)
        except OperationalError as problem:
            log.warning("order %s waits: %s", event["order"], problem)
            return False
        return True


settings = load_settings(defaults=Settings)
with psycopg.connect(settings.database_url) as database:
    database.execute(INBOX)
lines = [Line(settings, partition) for partition in range(settings.partitions)]


def lag() -> dict[str, Any]:
    """How old the oldest event is that one of the lines is at; those behind it are younger."""
    oldest = [line.oldest for line in lines]
    seconds = max((time.time() - made for made in oldest if made), default=0.0)
    return {"seconds": round(seconds, 1), "alarm": seconds > settings.alarm_seconds}


pages = {"/lag": lag}


def main() -> None:
    threads = [threading.Thread(target=line.run, daemon=True) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
