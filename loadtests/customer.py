"""How does a customer ask, and what does it call an error?"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locust import User
from locust.event import EventHook
from locust.exception import StopUser

from loadtests import answer, client
from loadtests.answer import Reply

PATIENCE_SECONDS = 3.0
DATA_VARIABLE = "OUTAGE_DATA"
MOST_COMPLAINT = 200
MOST_NOTE = 500
BROKEN_OFF = "ended with the load"
"""The complaint about a request that was still under way when its customer was told to go."""

Expect = Callable[[Any], "str | None"]
noted = EventHook()  # type: ignore[no-untyped-call]
"""Fired for each note, with `ledger` and `facts`."""

_customers = itertools.count()


class UnderWay:
    """The requests that have begun, and those of them that have not ended."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.begun, self.over = 0, False
        self._starts: dict[int, float] = {}

    def __len__(self) -> int:
        """How many have not ended."""
        return len(self._starts)

    def begin(self) -> tuple[int, float]:
        """One more: its number, and its start in seconds of the monotonic clock. StopUser if the load is over."""
        if self.over:
            raise StopUser
        self.begun += 1
        self._starts[self.begun] = time.monotonic()
        return self.begun, self._starts[self.begun]

    def end(self, number: int) -> None:
        """This one has ended."""
        del self._starts[number]

    def complete_until(self) -> float:
        """All that began before this moment has ended."""
        return min(self._starts.values(), default=time.monotonic())


under_way = UnderWay()


@cache
def data() -> dict[str, Any]:
    """What the drill handed to its traffic (`run.traffic(data=…)`); empty where Locust runs alone."""
    path = os.environ.get(DATA_VARIABLE)
    if not path:
        return {}
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found


def seed() -> int:
    """The run's seed; 1 where Locust runs alone."""
    return int(os.environ.get("OUTAGE_SEED") or 1)


class Customer(User):
    """A customer with little patience and a random generator of its own, drawn from the run's seed."""

    abstract = True
    patience_seconds = PATIENCE_SECONDS
    """For the whole of an answer, from the first byte that is asked to the last that comes."""

    def __init__(self, environment: Any) -> None:
        """Number this customer, so that its random choices are its own and repeatable."""
        super().__init__(environment)
        self.number = next(_customers)
        self.random = random.Random(f"{seed()}-{self.number}")

    def ask(self, path: str, *, name: str, expect: Expect | None = None) -> Any:
        """GET; the parsed JSON of a right answer, else None (the error is in the figures)."""
        return self._exchange("GET", path, name, expect)

    def send(self, path: str, *, name: str, body: Any = None, expect: Expect | None = None) -> Any:
        """POST a JSON body; the parsed JSON of a right answer, else None."""
        return self._exchange("POST", path, name, expect, body)

    def post(self, path: str, *, name: str, body: Any, fine: Collection[int]) -> Reply:
        """POST a JSON body; all that came back. One of these statuses is a right answer, and all else an error."""
        came = Reply(None, b"")

        def exchange() -> str | None:
            nonlocal came
            address, rest = _address(f"{self.host}{path}")
            came = client.ask(address, "POST", rest, seconds=self.patience_seconds, body=body)
            return (
                None if came.error is None and came.status in fine else _complaint_about(came) or f"HTTP {came.status}"
            )

        self.attempt(name, exchange, "POST")
        return came

    def note(self, ledger: str, **facts: Any) -> None:
        """Write facts (what JSON can carry) into a ledger outside of the stack; the drill reads it by `run.notes`."""
        noted.fire(ledger=ledger, facts={key: _small(value) for key, value in facts.items()})  # type: ignore[no-untyped-call]

    def attempt(self, name: str, exchange: Callable[[], str | None], method: str = "GET") -> str | None:
        """Count one request, however it ends: what `exchange()` complains of, None if all was well.

        An exception is a complaint. When the load is over no request begins any more.
        """
        number, start = under_way.begin()
        complaint: str | None = BROKEN_OFF
        try:
            complaint = exchange()
        except Exception as problem:  # noqa: BLE001 - whatever an answer does to its reader, it was no right one
            complaint = _complaint_of(problem)
        finally:
            self._tell(method, name, start, complaint)
            under_way.end(number)
        return complaint

    def _tell(self, method: str, name: str, start: float, complaint: str | None) -> None:
        self.environment.events.request.fire(
            request_type=method,
            name=name,
            begun=start,
            response_time=(time.monotonic() - start) * 1000,
            response_length=0,
            exception=None if complaint is None else Exception(complaint[:MOST_COMPLAINT]),
            context={},
        )

    def _exchange(self, method: str, path: str, name: str, expect: Expect | None, body: Any = None) -> Any:
        found = None

        def exchange() -> str | None:
            nonlocal found
            address, rest = _address(path if path.startswith("http://") else f"{self.host}{path}")
            found, complaint = _judged(
                client.ask(address, method, rest, seconds=self.patience_seconds, body=body), expect
            )
            return complaint

        return found if self.attempt(name, exchange, method) is None else None


@cache
def _port(netloc: str) -> tuple[str, int]:
    parts = urlsplit(f"//{netloc}")
    return parts.hostname or "localhost", parts.port or 80


def _address(url: str) -> tuple[tuple[str, int], str]:
    """The server to ask, and for which path."""
    netloc, _, path = url.partition("://")[2].partition("/")
    return _port(netloc), f"/{path}"


def _judged(reply: Reply, expect: Expect | None) -> tuple[Any, str | None]:
    """The answer's JSON, and what is wrong with it."""
    if complaint := _complaint_about(reply):
        return None, complaint
    try:
        body = client.parsed(reply.body)
    except ValueError:
        return None, "wrong answer: not JSON"
    try:
        complaint = expect(body) if expect else None
    except Exception as problem:  # noqa: BLE001 - an answer that its reader cannot take is a wrong one
        complaint = f"unexpected shape ({type(problem).__name__})"
    return body, f"wrong answer: {complaint}" if complaint else None


def _complaint_about(reply: Reply) -> str | None:
    if reply.redirects:
        return f"wrong answer: redirect (HTTP {reply.status})"
    if reply.status and reply.status // 100 != 2:  # noqa: PLR2004 - the field's own number
        return f"HTTP {reply.status}"
    if reply.error in (None, answer.TIMEOUT, answer.CONNECTION):
        return reply.error
    return f"wrong answer: {reply.error}"


def _complaint_of(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return answer.TIMEOUT
    return answer.CONNECTION if isinstance(problem, OSError) else f"{type(problem).__name__}: {problem}"


def _small(value: Any) -> Any:
    """The fact, or the beginning of its JSON where that is longer than a note may be."""
    text = json.dumps(value, default=str)
    return value if len(text) <= MOST_NOTE else f"{text[:MOST_NOTE]}…"
