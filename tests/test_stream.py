"""Does the load generator tell each request as it was, obey, and end when nobody listens any more?"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import pytest

from harness import paths
from harness.errors import NotJudgedError
from harness.judge.figures import Request
from harness.run.traffic import Traffic
from harness.run.waiting import wait_until

CUSTOMERS = """\
from locust import constant, task
from loadtests import Customer, data

def complaint(body):
    return None if body["price"] == 3 else f"price {body['price']}"

class Buyer(Customer):
    patience_seconds = 0.3
    wait_time = constant(0.02)

    @task
    def look(self):
        for path in data().get("paths", PATHS):
            self.ask(path, name=f"{path} {self.number}", expect=complaint)
"""


class Shop(BaseHTTPRequestHandler):
    """Answers as its path says; what is slow goes on only when the test is over."""

    over = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        answers = {"/right": (200, '{"price": 3}'), "/dear": (200, '{"price": 9}'), "/odd": (200, '{"prize": 3}')}
        answers |= {"/text": (200, "sold out"), "/503": (503, "{}"), "/404": (404, "{}"), "/list": (200, "[]")}
        if self.path == "/slow":
            self.over.wait(20)
        if self.path == "/gone":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, text = answers.get(self.path, (200, '{"price": 3}'))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text) + (9 if self.path == "/stalls" else 0)))
        self.end_headers()
        self.wfile.write(text[: 4 if self.path == "/stalls-early" else None].encode())
        if self.path.startswith("/stalls"):
            self.over.wait(20)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """Says nothing either when a customer has hung up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Customers hang up when they have waited too long."""


@pytest.fixture
def shop() -> Iterator[str]:
    """The address of a small HTTP server."""
    server = Quiet(("127.0.0.1", 0), Shop)
    Shop.over = threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Shop.over.set()
    server.shutdown()
    server.server_close()


@dataclass
class Stream:
    """A load generator as a process of its own, and what it has told."""

    process: subprocess.Popen[str]
    told: list[list[Any]] = field(default_factory=list)

    def listen(self) -> None:
        """Take in its lines until it ends."""
        assert self.process.stdout is not None
        self.told.extend(json.loads(line) for line in self.process.stdout)

    @property
    def pipe(self) -> IO[str]:
        """Its standard input."""
        assert self.process.stdin is not None
        return self.process.stdin

    def order(self, **order: Any) -> None:
        """Send it a line."""
        self.pipe.write(json.dumps(order) + "\n")
        self.pipe.flush()

    def requests(self) -> list[list[Any]]:
        """What it told of requests: start, ms, name, error."""
        return self.of("r")

    def of(self, wanted: str) -> list[list[Any]]:
        """What it told of this kind."""
        return [rest for kind, *rest in list(self.told) if kind == wanted]

    def errors(self) -> set[str | None]:
        """The kinds of errors told so far."""
        return {error for *_, error in self.requests()}

    def by_path(self) -> dict[str, str | None]:
        """The last error of each path."""
        return {name.split()[0]: error for _, _, name, error in self.requests()}

    def customers(self) -> set[str]:
        """Who has asked so far."""
        return {name.split()[1] for _, _, name, _ in self.requests()}


@pytest.fixture
def stream() -> Iterator[Stream]:
    """A load generator that waits for its order."""
    command = [sys.executable, "-m", "loadtests.stream"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=paths.ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.PIPE, text=True
    ) as process:
        found = Stream(process)
        threading.Thread(target=found.listen, daemon=True).start()
        yield found
        process.kill()


def locustfile(tmp_path: Path, *paths: str) -> Path:
    """Customers who ask for these paths in turn."""
    file = tmp_path / "traffic.py"
    file.write_text(CUSTOMERS.replace("PATHS", repr(paths or ("/right",))))
    return file


def started(stream: Stream, tmp_path: Path, host: str, *paths: str) -> Stream:
    """The load is on, and each path has been told of once."""
    stream.order(locustfile=str(locustfile(tmp_path, *paths)), host=host, users=1, spawn_rate=50)
    wait_until(lambda: len(stream.by_path()) >= len(paths or "1"), 20, "each is told", lambda: str(stream.told))
    return stream


def test_errors_are_told_by_kind(stream: Stream, tmp_path: Path, shop: str) -> None:
    """Each request is told with null if the answer was right, and else with the kind of its error."""
    wanted = {
        "/right": None,
        "/503": "HTTP 503",
        "/404": "HTTP 404",
        "/slow": "timeout",
        "/gone": "connection",
        "/dear": "wrong answer: price 9",
        "/odd": "wrong answer: unexpected shape (KeyError)",
        "/list": "wrong answer: unexpected shape (TypeError)",
        "/text": "wrong answer: not JSON",
    }

    assert started(stream, tmp_path, shop, *wanted).by_path() == wanted


@pytest.mark.parametrize("path", ["/stalls", "/stalls-early"])
def test_an_answer_that_stops_half_way_is_a_timeout(stream: Stream, tmp_path: Path, shop: str, path: str) -> None:
    """Headers that came in time do not make an answer of which the rest never comes, whatever has come so far."""
    assert started(stream, tmp_path, shop, path).errors() == {"timeout"}


def test_nobody_at_home_is_a_connection_error(stream: Stream, tmp_path: Path) -> None:
    """A port that nobody listens to is told as `connection`."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        started(stream, tmp_path, f"http://127.0.0.1:{reserved.getsockname()[1]}")

        assert stream.errors() == {"connection"}


def test_a_request_is_told_with_its_times(stream: Stream, tmp_path: Path, shop: str) -> None:
    """Start is on the machine's monotonic clock, before the time of telling; the time is in milliseconds."""
    begun = wait_until(lambda: stream.told, 20, "ready is told") and time.monotonic()
    started(stream, tmp_path, shop, "/slow")

    start, ms, *_ = stream.requests()[0]
    assert begun <= start <= time.monotonic()
    assert 250 <= ms <= 3000


def test_it_says_when_it_is_ready(stream: Stream) -> None:
    """The first line is `["ready"]`, before any order."""
    wait_until(lambda: stream.told, 20, "ready is told")

    assert stream.told == [["ready"]]


@pytest.mark.parametrize("ordered", [True, False])
def test_it_ends_when_its_input_ends(stream: Stream, tmp_path: Path, shop: str, ordered: bool) -> None:
    """A harness that is gone leaves no load behind, whether it had ordered any or not."""
    if ordered:
        started(stream, tmp_path, shop, "/slow")

    stream.pipe.close()

    assert stream.process.wait(timeout=10) == 0


def test_it_tells_how_late_it_runs(stream: Stream, tmp_path: Path, shop: str) -> None:
    """About each second it tells by how many milliseconds it ran late itself."""
    started(stream, tmp_path, shop)

    _at, ms, busy = wait_until(lambda: stream.of("lag"), 10, "a lag is told")[0]
    assert 0 <= ms < 5000
    assert 0 <= busy < 2


def test_it_tells_up_to_when_it_is_complete(stream: Stream, tmp_path: Path, shop: str) -> None:
    """While a request is under way, nothing is complete that began after it; all is when it has ended."""
    begun = time.monotonic()
    started(stream, tmp_path, shop, "/slow")

    told = [at for [at] in stream.of("told")]
    assert told == sorted(told)
    slow = stream.requests()[0][0]
    assert slow in told
    wait_until(lambda: stream.of("told")[-1][0] > slow + 0.3, 5, "it is complete beyond the slow request")
    assert begun < told[0]


def test_traffic_returns_with_the_first_answer(tmp_path: Path, shop: str) -> None:
    """begin() comes back when a request was told; the drill's data reached the customers; end() may come twice."""
    traffic = Traffic(tmp_path, seed=7)
    try:
        traffic.begin(locustfile(tmp_path), shop, 2, {"paths": ["/503"]}, time.monotonic())
        assert traffic.pending_since(time.monotonic() + 1000)
        first = traffic.requests[0]
        assert (first.error, first.name in ("/503 0", "/503 1"), 0 <= first.start < 30) == ("HTTP 503", True, True)
        traffic.require_alive()
    finally:
        traffic.end()
        traffic.end()
    assert traffic.since(0)["by_error"].keys() == {"HTTP 503"}
    assert not traffic.pending_since(time.monotonic() + 1000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def look(:\n", "SyntaxError"),
        ("import no_such_module\n", "no_such_module"),
        ("WAIT = 3\n", "has no class of customers"),
    ],
)
def test_a_locustfile_that_does_not_load_cannot_be_judged(tmp_path: Path, shop: str, text: str, said: str) -> None:
    """The error carries Locust's last lines, at once."""
    (tmp_path / "traffic.py").write_text(text)
    traffic = Traffic(tmp_path, seed=7)
    try:
        with pytest.raises(NotJudgedError, match="the load generator ended by itself") as caught:
            traffic.begin(tmp_path / "traffic.py", shop, 1, {}, 0.0)
    finally:
        traffic.end()
    assert said in str(caught.value)


def test_requests_that_hang_at_the_end_are_counted(tmp_path: Path, shop: str) -> None:
    """A service that has stopped answering is seen as that, also by who was still waiting when the load ended."""
    traffic = Traffic(tmp_path, seed=7)
    try:
        traffic.begin(locustfile(tmp_path), shop, 3, {"paths": ["/right", "/slow"]}, time.monotonic())
        traffic.finish()
    finally:
        traffic.end()
    asked = {request.name for request in traffic.requests if request.name.startswith("/right")}
    hung = {request.name for request in traffic.requests if request.error == "timeout"}
    assert asked
    assert hung == {name.replace("/right", "/slow") for name in asked}


def test_a_generator_that_was_killed_cannot_be_judged(tmp_path: Path, shop: str) -> None:
    """Figures of a generator that died in the middle are no figures."""
    traffic = Traffic(tmp_path, seed=7)
    try:
        traffic.begin(locustfile(tmp_path), shop, 1, {}, 0.0)
        traffic._process.kill()
        traffic._process.wait()
        with pytest.raises(NotJudgedError, match="the load generator ended by itself"):
            traffic.require_alive()
    finally:
        traffic.end()


@pytest.mark.parametrize(("begun", "whole"), [(2, True), (3, False), (None, False)])
def test_a_request_that_was_not_told_cannot_be_judged(tmp_path: Path, begun: int | None, whole: bool) -> None:
    """As many as began have to be told; a generator that does not say how many began has not told the end."""
    traffic = Traffic(tmp_path, seed=7)
    traffic.end()
    traffic.requests = [Request(0.0, 1.0, "order", None)] * 2
    traffic._begun = begun
    with contextlib.nullcontext() if whole else pytest.raises(NotJudgedError, match="did not tell everything"):
        traffic._require_all()


def test_a_generator_that_runs_late_is_starved(tmp_path: Path) -> None:
    """More than one second in three late by more than a second: the machine is too busy to judge by."""
    traffic = Traffic(tmp_path, seed=7)
    traffic.end()
    seen = {}
    for lag_ms in ((), (5000.0,), (5.0, 1500.0, 5.0), (1500.0, 1500.0, 5.0), (900.0,) * 9):
        traffic.lags = [(ms, 0.3) for ms in lag_ms]
        seen[lag_ms] = traffic.starved

    assert [lag_ms for lag_ms, starved in seen.items() if starved] == [(1500.0, 1500.0, 5.0)]


def test_a_generator_that_answers_keep_busy_is_not_starved(tmp_path: Path) -> None:
    """What runs late because it works all the time has all the CPU that it can use: the answers are to blame."""
    traffic = Traffic(tmp_path, seed=7)
    traffic.end()
    traffic.lags = [(1500.0, 0.97)] * 9

    assert not traffic.starved
