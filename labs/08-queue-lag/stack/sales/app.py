"""The shop's sales: events of orders, made on the drill's command, sent to Kafka, and remembered as they were sent."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from kafka import KafkaProducer
from kafka.future import Future

PER_SECOND, ORDERS_IN_A_SALE = 10, 261
SEND_SECONDS = 10
MESSAGE_BYTES = 2_000
STEPS = ("created", "paid", "cancelled")
OLD_SECONDS, PARTITIONS = 20.0, 3

Event = dict[str, Any]
chance = random.Random(f"sales-{os.environ.get('OUTAGE_SEED')}")
numbers = iter(chance.sample(range(1_000_000, 10_000_000), 20_000))
producer = KafkaProducer(bootstrap_servers="kafka:9092", acks="all", linger_ms=5, batch_size=16_384)
going = threading.Event()
sent: list[Event] = []


def an_order() -> Iterator[Event]:
    """The events of a new order, in their order."""
    number, cents = next(numbers), chance.randint(700, 90_000)
    signs = {"created": 0, "paid": 1, "cancelled": -1}
    for sequence, status in enumerate(STEPS, 1):
        name = str(uuid.UUID(int=chance.getrandbits(128)))
        about = {"event": name, "order": number, "sequence": sequence}
        yield about | {"status": status, "cents": cents * signs[status]}


def send(event: Event, made: float | None = None, partition: int | None = None) -> Future:
    """As JSON under its order's number; the signed receipt makes every message equally long."""
    event["made"] = round(made or time.time(), 3)
    text = json.dumps(event | {"receipt": ""})
    value = text[:-2] + f"{event['order']:x}".ljust(MESSAGE_BYTES - len(text), "0") + '"}'
    sent.append(event)
    when = int(event["made"] * 1000)
    key = str(event["order"]).encode()
    return producer.send("orders", key=key, value=value.encode(), partition=partition, timestamp_ms=when)


def in_turns(orders: list[Iterator[Event]]) -> Iterator[Event]:
    """The first event of each, the second of each, and so on."""
    for step in zip(*orders, strict=True):
        yield from step


def settle(came: list[tuple[Event, Future]]) -> dict[str, Any]:
    """These events, and where in the topic Kafka has put them."""
    producer.flush()
    places = [(event, future.get(SEND_SECONDS)) for event, future in came]
    return {"sent": [event | {"partition": at.partition, "offset": at.offset} for event, at in places]}


def a_sale() -> dict[str, Any]:
    """Hundreds of orders at once, each of them created, paid and cancelled."""
    groups = ([an_order() for _ in range(3)] for _ in range(ORDERS_IN_A_SALE // 3))
    return settle([(event, send(event)) for group in groups for event in in_turns(group)])


def one() -> dict[str, Any]:
    """The first event of an order, and no second."""
    event = next(an_order())
    return settle([(event, send(event))])


def an_old_one() -> dict[str, Any]:
    """One that was made a while ago, and behind it, in the same partition, one of this moment."""
    where, old, young = chance.randrange(PARTITIONS), next(an_order()), next(an_order())
    return settle([(old, send(old, time.time() - OLD_SECONDS, where)), (young, send(young, partition=where))])


def switch(*, on: bool) -> dict[str, Any]:
    """Go on with the trickle, or stop it."""
    going.set() if on else going.clear()
    if not on:
        time.sleep(2 / PER_SECOND)
        producer.flush()
    return {"sent": []}


def main() -> None:
    """The trickle: a few orders under way at any time."""
    while True:
        for event in in_turns([an_order() for _ in range(4)]):
            going.wait()
            send(event)
            time.sleep(1 / PER_SECOND)


pages = {
    "/on": lambda: switch(on=True),
    "/off": lambda: switch(on=False),
    "/sale": a_sale,
    "/young": one,
    "/old": an_old_one,
    "/sent": lambda: sent,
}
