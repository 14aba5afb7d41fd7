"""Takes the events of orders from Kafka and writes them into the shop's database."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import ConsumerRecord
from psycopg import Error
from psycopg_pool import ConnectionPool, PoolTimeout
from servicekit import load_settings

WRITE_ORDER = "SELECT write_order(%(event)s, %(order)s, %(sequence)s, %(status)s, %(cents)s)"

log = logging.getLogger("orders")
logging.getLogger("kafka").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    brokers: str = "kafka:9092"
    topic: str = "orders"
    group: str = "orders"
    max_poll_records: int = 500
    database_url: str = "postgresql://app:app@db/app"
    connections: int = 10
    alarm_messages: int = 1000


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
    """From Kafka to PostgreSQL."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer = connect(settings)
        self._database = ConnectionPool(settings.database_url, min_size=settings.connections, open=True)

    def run(self) -> None:
        """Take what there is, write it, and so on for ever."""
        while True:
            for records in self._consumer.poll(timeout_ms=500).values():
                self._consumer.commit()
                for record in records:
                    threading.Thread(target=self._write, args=(record,), daemon=True).start()

    def _write(self, record: ConsumerRecord) -> None:
        event: dict[str, Any] = json.loads(record.value)
        try:
            with self._database.connection() as connection:
                connection.execute(WRITE_ORDER, event)
        except (Error, PoolTimeout) as problem:
            log.warning("order %s, %s: %s", event["order"], event["status"], problem)

    def lag(self) -> dict[str, Any]:
        """How many messages are waiting in Kafka."""
        waiting = 0
        for partition in self._consumer.assignment():
            end, position = self._consumer.highwater(partition), self._consumer.position(partition)
            waiting += max(0, (end or 0) - position)
        return {"messages": waiting, "alarm": waiting > self._settings.alarm_messages}


intake = Intake(load_settings(defaults=Settings))
pages = {"/lag": intake.lag}


def main() -> None:
    intake.run()
