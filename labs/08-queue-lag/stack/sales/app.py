"""The shop's sales: events of orders, sent to Kafka when the drill says so, and remembered as they were sent."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from kafka import KafkaProducer
from kafka.future import Future
from servicekit import create_app
from servicekit.control import obey

ORDERS = {"usual": 600, "sale": 240, "single": 20}
PER_SECOND, AT_A_TIME, MESSAGE_BYTES = 10, 3, 2_000
SEND_SECONDS = 10
STEPS = (("created", 0), ("paid", 1), ("cancelled", -1))

Event = dict[str, Any]


def drawn(*names: object) -> bytes:
    """Bytes that the same names always give, and that tell nothing of others."""
    return hashlib.sha256(" ".join(map(str, names)).encode()).digest()


class Sales:
    """Orders drawn from a secret, and all of their events that were sent. Each kind has orders of its own."""

    def __init__(self) -> None:
        """Nothing is planned."""
        self._going = threading.Event()
        self._sent: list[tuple[Event, float, Future]] = []

    def plan(self, draw: str) -> None:
        """The drill's first order. The same `draw` gives the same orders."""
        self._draw = draw
        numbers = (1_000_000 + int.from_bytes(drawn(draw, place)) % 9_000_000 for place in range(2_000))
        different = iter(dict.fromkeys(numbers))
        self._orders = {kind: iter([next(different) for _ in range(many)]) for kind, many in ORDERS.items()}
        self._producer = KafkaProducer(bootstrap_servers="kafka:9092", acks="all", linger_ms=50, batch_size=16_384)
        threading.Thread(target=self._trickle, daemon=True).start()

    def _order(self, kind: str) -> Iterator[Event]:
        """The events of the kind's next order, in their order."""
        number = next(self._orders[kind])
        cents = 700 + int.from_bytes(drawn(self._draw, number)) % 90_000
        for sequence, (status, sign) in enumerate(STEPS, 1):
            name = uuid.UUID(bytes=drawn(self._draw, number, sequence)[:16])
            yield {"event": str(name), "order": number, "sequence": sequence, "status": status, "cents": cents * sign}

    def _send(self, event: Event, age: float = 0.0, partition: int | None = None) -> None:
        """As JSON under its order's number; the signed receipt makes every message equally long."""
        now = time.time()
        event["made"] = round(now - age, 3)
        text = json.dumps(event | {"receipt": ""})
        value = text[:-2] + f"{event['order']:x}".ljust(MESSAGE_BYTES - len(text), "0") + '"}'
        key, when = str(event["order"]).encode(), int(event["made"] * 1000)
        came = self._producer.send("orders", key=key, value=value.encode(), partition=partition, timestamp_ms=when)
        self._sent.append((event, now, came))

    def _some(self, kind: str) -> Iterator[Event]:
        """The first event of each of some orders, the second of each, and so on."""
        for step in zip(*[self._order(kind) for _ in range(AT_A_TIME)], strict=True):
            yield from step

    def _trickle(self) -> None:
        while True:
            for event in self._some("usual"):
                self._going.wait()
                self._send(event)
                time.sleep(1 / PER_SECOND)

    def usual(self, *, on: bool) -> None:
        """A few orders are under way at any time, or no more events come."""
        self._going.set() if on else self._going.clear()
        time.sleep(0 if on else 2 / PER_SECOND)

    def sale(self) -> None:
        """All orders of the sale at once, each of them created, paid and cancelled."""
        for _ in range(ORDERS["sale"] // AT_A_TIME):
            for event in self._some("sale"):
                self._send(event)

    def single(self, ages: list[float]) -> None:
        """In each partition the first event of an order, and no second, made so long ago; Kafka gets them together."""
        self._producer.flush()
        for age, partition in sorted(zip(ages, range(len(ages)), strict=True), reverse=True):
            self._send(next(self._order("single")), age, partition)

    def sent(self, begin: int = 0) -> list[Event]:
        """All events from this one on, with the time at which each was sent and its place in the topic."""
        self._producer.flush()
        settled = [(event, at, future.get(SEND_SECONDS)) for event, at, future in self._sent[begin:]]
        return [event | {"at": at, "partition": to.partition, "offset": to.offset} for event, at, to in settled]

    def meanwhile(self, act: Callable[..., None]) -> Callable[..., list[Event]]:
        """Does the same, and gives the events that were sent meanwhile."""

        def do(**how: Any) -> list[Event]:
            begin = len(self._sent)
            act(**how)
            return self.sent(begin)

        return do


app, sales = create_app("sales"), Sales()
acts = {act.__name__: sales.meanwhile(act) for act in (sales.usual, sales.sale, sales.single)}
obey(app, {"plan": sales.plan, "sent": sales.sent, **acts})
