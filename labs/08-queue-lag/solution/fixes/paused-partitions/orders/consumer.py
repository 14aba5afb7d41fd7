"""Takes the events of orders from Kafka and writes them into the shop's database, a worker for each partition."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from psycopg import OperationalError
from servicekit import load_settings

PROGRESS = "CREATE TABLE IF NOT EXISTS progress (partition int PRIMARY KEY, next_offset bigint NOT NULL)"
WHERE = "SELECT next_offset FROM progress WHERE partition = %s"
WRITE_ORDER = "SELECT write_order(%(event)s, %(order)s, %(sequence)s, %(status)s, %(cents)s)"
ADVANCE = (
    "INSERT INTO progress VALUES (%s, %s) ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset"
)

log = logging.getLogger("orders")
logging.getLogger("kafka").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    brokers: str = "kafka:9092"
    topic: str = "orders"
    group: str = "orders"
    partitions: int = 3
    most_held: int = 40
    database_url: str = "postgresql://app:app@db/app"
    again_seconds: float = 0.2
    alarm_seconds: float = 15


class Line:
    """What has come of one partition, and the thread that writes it, one event after the other."""

    def __init__(self, settings: Settings, partition: TopicPartition) -> None:
        self.partition = partition
        self.held: queue.Queue[ConsumerRecord] = queue.Queue()
        self.oldest: float | None = None
        self._settings = settings
        self._database = psycopg.connect(settings.database_url)
        threading.Thread(target=self._run, daemon=True).start()

    def next_offset(self) -> int:
        """Where the database says that its events end."""
        with self._database.transaction():
            row = self._database.execute(WHERE, (self.partition.partition,)).fetchone()
        return row[0] if row else 0

    def _run(self) -> None:
        try:
            while True:
                record = self.held.get()
                self.oldest = json.loads(record.value)["made"]
                while not self._write(record):
                    time.sleep(self._settings.again_seconds)
                self.oldest = None
        except Exception:
            log.exception("a partition's line has ended")
            os._exit(1)

    def _write(self, record: ConsumerRecord) -> bool:
        """Whether it is written, and with it how far that is; False if the database is away."""
        event: dict[str, Any] = json.loads(record.value)
        try:
            if self._database.closed:
                self._database = psycopg.connect(self._settings.database_url)
                if self.next_offset() > record.offset:  # it was written, and only the answer was lost
                    return True
            with self._database.transaction():
                self._database.execute(WRITE_ORDER, event)
                self._database.execute(ADVANCE, (record.partition, record.offset + 1))
        except OperationalError as problem:
            log.warning("order %s waits: %s", event["order"], problem)
            return False
        return True


settings = load_settings(defaults=Settings)
with psycopg.connect(settings.database_url) as database:
    database.execute(PROGRESS)
lines = [Line(settings, TopicPartition(settings.topic, partition)) for partition in range(settings.partitions)]
consumer = KafkaConsumer(bootstrap_servers=settings.brokers, group_id=settings.group, enable_auto_commit=False)


def lag() -> dict[str, Any]:
    """How old the oldest event is that one of the lines is at; those behind it are younger."""
    oldest = [line.oldest for line in lines]
    seconds = max((time.time() - made for made in oldest if made), default=0.0)
    return {"seconds": round(seconds, 1), "alarm": seconds > settings.alarm_seconds}


pages = {"/lag": lag}


def main() -> None:
    """Take what there is room for: a partition whose line is full is paused, the others go on."""
    consumer.assign([line.partition for line in lines])
    for line in lines:
        consumer.seek(line.partition, line.next_offset())
    while True:
        for line in lines:
            full = line.held.qsize() >= settings.most_held
            (consumer.pause if full else consumer.resume)(line.partition)
        for partition, records in consumer.poll(timeout_ms=50, max_records=settings.most_held).items():
            for record in records:
                lines[partition.partition].held.put(record)
