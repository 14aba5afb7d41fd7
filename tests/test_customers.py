"""Is each request of a customer counted as what it was, and does nothing tell a drill's request from it?"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from wire import Script, Server, for_ever, json_of, keep_open, saying

from harness.judge import figures
from harness.run.instruments import Http
from harness.run.traffic import Traffic
from harness.run.waiting import patiently

CUSTOMERS = """\
from locust import constant, task
from loadtests import Customer, data

def complaint(body):
    if body["price"] == 3:
        return None
    return f"price {body['price']}"

class Buyer(Customer):
    patience_seconds = 0.5
    wait_time = constant(0.01)

    @task
    def look(self):
STEPS
"""
OK = b"HTTP/1.1 200 OK\r\n"
ODD = {
    "/right": json_of(b'{"price": 3}'),
    "/deep": json_of(b"[" * 100_000),
    "/deeper": json_of(b'{"price": ' + b"[" * 40 + b"]" * 40 + b"}"),
    "/shape": json_of(b'[["price"]]'),
    "/half-a-pair": json_of(rb'{"price": "\ud800"}'),
    "/loud": json_of(b'{"price": "' + b"x" * 9000 + b'"}'),
    "/large": for_ever(OK + b"\r\n", b"a" * 65536),
    "/drips": for_ever(OK + b"\r\n", b"1", 0.1),
    "/silent": keep_open,
    "/gone": saying(),
    "/elsewhere": saying(b"HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:9/\r\n\r\n"),
    "/unpack": saying(OK, b"Content-Encoding: deflate\r\n\r\nabc"),
    "/mail": saying(b"220 ESMTP\r\n\r\n"),
    "/error": saying(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
}
WANTED = {
    "/right": None,
    "/deep": "wrong answer: not JSON",
    "/deeper": f"wrong answer: price {'[' * 40}{']' * 40}",
    "/shape": "wrong answer: unexpected shape (TypeError)",
    "/half-a-pair": r"wrong answer: price \ud800",
    "/loud": f"wrong answer: price {'x' * 180}",
    "/large": "wrong answer: too large",
    "/drips": "timeout",
    "/silent": "timeout",
    "/gone": "connection",
    "/elsewhere": "wrong answer: redirect (HTTP 307)",
    "/unpack": "wrong answer: encoded",
    "/mail": "wrong answer: not HTTP",
    "/error": "HTTP 503",
}


def traffic(tmp_path: Path, server: Server, steps: str, users: int = 1, **data: Any) -> Traffic:
    """Customers who take these steps again and again."""
    file = tmp_path / "locustfile.py"
    file.write_text(CUSTOMERS.replace("STEPS", "\n".join(f"        {line}" for line in steps.splitlines())))
    found = Traffic(tmp_path, seed=7)
    try:
        found.begin(file, server.url, users, data, time.monotonic())
    except BaseException:
        found.end()
        raise
    return found


def served(scripts: dict[str, Script]) -> Server:
    """A server for the length of a test: it ends with the process."""
    return Server(scripts)


def test_every_request_that_began_is_counted_as_what_it_was(tmp_path: Path) -> None:
    """Whatever the answers do to their reader: as many are told as came to the server, each with its error."""
    server = served(ODD)
    load = traffic(tmp_path, server, "for path in data()['paths']: self.ask(path, name=path, expect=complaint)", 20,
                   paths=list(ODD))  # fmt: skip
    patiently(lambda: {request.name for request in load.requests} == set(ODD), 15)
    load.finish()
    load.end()

    came = Counter(asked.split(b" ")[1].decode() for asked in server.asked)
    assert Counter(request.name for request in load.requests) == came
    assert {request.name: request.error for request in load.requests} == WANTED
    assert not load.pending_since(time.monotonic())


def test_a_drill_asks_as_a_customer_does(tmp_path: Path) -> None:
    """Byte for byte: names of headers, values, order, and one connection for each request."""
    server = served({"": json_of(b'{"price": 3}')})
    load = traffic(
        tmp_path, server, "self.ask('/a?b=c', name='a')\nself.send('/a', name='b', body={'id': 7, 'n': 'ü'})"
    )
    patiently(lambda: len(load.requests) > 3, 10)
    load.finish()
    load.end()
    customers = set(server.asked)
    server.asked.clear()
    drill = Http(lambda: server.address)
    drill.get("/a?b=c")
    drill.post("/a", json={"id": 7, "n": "ü"})

    assert len(customers) == 2
    assert set(server.asked) == customers
    assert not any(str(server.address[1]).encode() in asked for asked in server.asked)


def test_a_request_that_is_under_way_at_the_very_end_is_counted(tmp_path: Path) -> None:
    """A customer with more patience than the end of the load has is sent away, and its request told."""
    server = served({"": keep_open, "/right": json_of(b'{"price": 3}')})
    steps = "self.ask('/right', name='right')\nself.patience_seconds = 60\nself.ask('/slow', name='slow')"
    load = traffic(tmp_path, server, steps, 2)
    patiently(lambda: len(server.asked) == 4, 10)
    load.finish()
    load.end()

    assert Counter(request.error for request in load.requests if request.name == "slow") == {"ended with the load": 2}


def test_a_customer_that_fails_between_its_requests_is_counted(tmp_path: Path) -> None:
    """What it would have asked next is missing: that is an error like others, and the log stays short."""
    server = served({"": json_of(b'{"price": 3}')})
    load = traffic(tmp_path, server, "self.ask('/right', name='right')['next']['step']", 5)
    patiently(lambda: len(load.requests) > 500, 10)
    load.finish()
    load.end()

    errors = figures.summed(load.requests)["by_error"]
    assert errors.keys() == {"a customer gave up: KeyError"}
    assert errors["a customer gave up: KeyError"] == sum(request.error is None for request in load.requests)
    assert (tmp_path / "traffic.log").stat().st_size < 300_000


def test_notes_are_bounded(tmp_path: Path) -> None:
    """A note keeps numbers and short texts, and of what is long the beginning; what a locustfile prints is no note."""
    server = served({"": json_of(b'{"price": "' + b"x" * 100_000 + b'"}')})
    steps = "body = self.ask('/', name='a')\nprint('[\"n\"]')\nself.note('seen', price=body['price'], number=7)"
    load = traffic(tmp_path, server, steps)
    patiently(lambda: load.notes, 10)
    load.finish()
    load.end()

    ledger, facts = load.notes[0]
    assert (ledger, facts["number"]) == ("seen", 7)
    assert len(facts["price"]) < 600


def test_a_flood_of_large_answers_does_not_stop_the_clock(tmp_path: Path) -> None:
    """Fifty customers who get megabytes each time: told as wrong answers, and the generator goes on."""
    server = served({"": saying(OK, b"\r\n", b"[" + b"1," * 1_500_000)})
    load = traffic(tmp_path, server, "self.ask('/', name='a')", 50)
    patiently(lambda: len(load.lags) >= 3, 10)
    load.finish()
    load.end()

    assert not load.starved
    assert {request.error for request in load.requests} <= {"wrong answer: too large", "timeout"}


@pytest.mark.parametrize("name", ["LOCUST_HOST", "PYTHONSTARTUP", "GEVENT_RESOLVER", "PYTHONIOENCODING"])
def test_what_the_caller_has_set_does_not_reach_the_customers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The generator runs with an environment of its own making."""
    monkeypatch.setenv(name, "nonsense")
    server = served({"": json_of(b'{"price": 3}')})
    load = traffic(tmp_path, server, f"import os\nself.ask('/', name=os.environ.get('{name}', 'not set'))")
    load.finish()
    load.end()

    assert {request.name for request in load.requests} == {"not set"}
