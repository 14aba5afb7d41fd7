"""Takes the events of orders from Kafka and writes them into the shop's database."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from servicekit import load_settings

PROGRESS = "CREATE TABLE IF NOT EXISTS progress (partition int PRIMARY KEY, next_offset bigint NOT NULL)"
WHERE = "SELECT next_offset FROM progress WHERE partition = %s"
WRITE_ORDERS = "SELECT write_orders(%s)"
ADVANCE = (
    "INSERT INTO progress VALUES (%s, %s) ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset"
)

logging.getLogger("kafka").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    brokers: str = "kafka:9092"
    topic: str = "orders"
    group: str = "orders"
    max_poll_records: int = 100
    database_url: str = "postgresql://app:app@db/app"
    alarm_seconds: float = 15


class Intake(ConsumerRebalanceListener):
    """From Kafka to PostgreSQL: a poll's events in one statement, and in the same transaction how far that is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._oldest: float | None = None
        self._database = psycopg.connect(settings.database_url)
        with self._database.transaction():
            self._database.execute(PROGRESS)
        self._consumer = KafkaConsumer(
            bootstrap_servers=settings.brokers,
            group_id=settings.group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_poll_records=settings.max_poll_records,
        )
        self._consumer.subscribe([settings.topic], listener=self)

    def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Nothing is under way between two polls."""

    def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Begin where the database says that its events end."""
        for partition in assigned:
            with self._database.transaction():
                row = self._database.execute(WHERE, (partition.partition,)).fetchone()
            if row:
                self._consumer.seek(partition, row[0])

    def run(self) -> None:
        """Take what there is, write it, and so on for ever."""
        while True:
            polled = self._consumer.poll(timeout_ms=500)
            if not polled:
                continue
            events = [json.loads(record.value) for records in polled.values() for record in records]
            self._oldest = min(event["made"] for event in events)
            with self._database.transaction():
                self._database.execute(WRITE_ORDERS, (json.dumps(events),))
                for partition, records in polled.items():
                    self._database.execute(ADVANCE, (partition.partition, records[-1].offset + 1))
            self._oldest = None

    def lag(self) -> dict[str, Any]:
        """How old the oldest event is that has come and is not written."""
        oldest = self._oldest
        seconds = time.time() - oldest if oldest else 0.0
        return {"seconds": round(seconds, 1), "alarm": seconds > self._settings.alarm_seconds}


intake = Intake(load_settings(defaults=Settings))
pages = {"/lag": intake.lag}


def main() -> None:
    intake.run()
