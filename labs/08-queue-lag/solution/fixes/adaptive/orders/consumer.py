"""Takes the events of orders from Kafka and writes them into the shop's database, as fast as that bears it."""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from psycopg import OperationalError
from psycopg_pool import ConnectionPool
from servicekit import load_settings

WRITE_ORDER = """
    SELECT write_order(%(event)s, %(order)s, %(sequence)s, %(status)s, %(cents)s)
    WHERE NOT EXISTS (SELECT FROM orders WHERE id = %(order)s AND sequence >= %(sequence)s)"""

log = logging.getLogger("orders")
logging.getLogger("kafka").setLevel(logging.WARNING)

Event = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    brokers: str = "kafka:9092"
    topic: str = "orders"
    group: str = "orders"
    database_url: str = "postgresql://app:app@db/app"
    most_held: int = 200
    most_writes: int = 8
    slow_seconds: float = 0.3
    alarm_seconds: float = 15


@dataclass
class Backlog:
    """What has come and is not written, in the order of its coming, and how many may be written at once."""

    most_writes: int
    slow_seconds: float
    limit: float = 1.0
    held: dict[tuple[TopicPartition, int], Event] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, partition: TopicPartition, offset: int, event: Event) -> None:
        with self.changed:
            self.held[partition, offset] = event
            self.changed.notify()

    def take(self) -> tuple[tuple[TopicPartition, int], Event]:
        """The first event of an order of which none is being written; waits until there is one."""
        with self.changed:
            while True:
                if len(self.busy) < int(self.limit):
                    for place, event in self.held.items():
                        if event["order"] not in self.busy:
                            self.busy.add(event["order"])
                            return place, event
                self.changed.wait()

    def done(self, place: tuple[TopicPartition, int], event: Event, *, written: bool, seconds: float) -> None:
        """Slow or failed: half as many at once. Else a little more."""
        with self.changed:
            self.busy.remove(event["order"])
            if written:
                del self.held[place]
            good = written and seconds < self.slow_seconds
            self.limit = min(self.limit + 1 / self.limit, self.most_writes) if good else max(1, self.limit / 2)
            self.changed.notify_all()


class Intake:
    """From Kafka to PostgreSQL."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._backlog = Backlog(settings.most_writes, settings.slow_seconds)
        self._database = ConnectionPool(settings.database_url, min_size=settings.most_writes, open=True)
        self._consumer = KafkaConsumer(
            settings.topic, bootstrap_servers=settings.brokers, group_id=settings.group,
            auto_offset_reset="earliest", enable_auto_commit=False, max_poll_records=50,
        )  # fmt: skip

    def run(self) -> None:
        """Take what there is room for, and tell Kafka how far the database is."""
        for _ in range(self._settings.most_writes):
            threading.Thread(target=self._work, daemon=True).start()
        told: dict[TopicPartition, OffsetAndMetadata] = {}
        while True:
            for partition, records in self._consumer.poll(timeout_ms=50).items():
                for record in records:
                    self._backlog.put(partition, record.offset, json.loads(record.value))
            full = len(self._backlog.held) >= self._settings.most_held
            (self._consumer.pause if full else self._consumer.resume)(*self._consumer.assignment())
            if (safe := self._safe()) != told:
                self._consumer.commit(safe)
                told = safe

    def _safe(self) -> dict[TopicPartition, OffsetAndMetadata]:
        """Of each partition the first offset that is not written."""
        safe = {partition: self._consumer.position(partition) for partition in self._consumer.assignment()}
        with self._backlog.changed:
            for partition, offset in self._backlog.held:
                safe[partition] = min(offset, safe[partition])
        return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in safe.items()}

    def _work(self) -> None:
        while True:
            place, event = self._backlog.take()
            begun, written = time.monotonic(), True
            try:
                with self._database.connection() as connection:
                    connection.execute(WRITE_ORDER, event)
            except OperationalError as problem:
                log.warning("order %s waits: %s", event["order"], problem)
                written = False
            self._backlog.done(place, event, written=written, seconds=time.monotonic() - begun)

    def lag(self) -> dict[str, Any]:
        """How old the oldest event is that has come and is not written."""
        with self._backlog.changed:
            age = max((time.time() - event["made"] for event in self._backlog.held.values()), default=0.0)
        return {"seconds": round(age, 1), "alarm": age > self._settings.alarm_seconds}


intake = Intake(load_settings(defaults=Settings))
pages = {"/lag": intake.lag}


def main() -> None:
    intake.run()
