"""How does a drill read and disturb PostgreSQL, Redis and HTTP services from outside?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import redis
from psycopg.rows import dict_row

from harness.errors import NotJudgedError
from harness.run.database import BoundedConnection
from harness.run.readiness import postgres_dsn
from loadtests import answer, client
from loadtests.answer import Reply

REDIS_SECONDS = 5.0
ASK_SECONDS = 3.0
MOST_BYTES = 1024 * 1024

Address = Callable[[], tuple[str, int]]


class Postgres:
    """A PostgreSQL of the stack, seen by the lab's superuser; the student's code cannot be that user."""

    def __init__(self, address: Address, secret: str) -> None:
        """`address` is asked at each connection: a restart changes the port."""
        self._address, self._secret = address, secret

    def connect(self) -> BoundedConnection:
        """A new connection: autocommit, rows are dictionaries. NotJudgedError if the server does not take it."""
        dsn = postgres_dsn(*self._address(), self._secret)
        try:
            return BoundedConnection.connect(dsn, autocommit=True, connect_timeout=5, row_factory=dict_row)
        except psycopg.OperationalError as problem:
            raise NotJudgedError(f"PostgreSQL does not take the lab's connection: {problem}") from problem


def redis_client(address: Address, secret: str) -> redis.Redis:
    """A client of a Redis of the stack, as its administrator; answers are text."""
    host, port = address()
    return redis.Redis(
        host=host,
        port=port,
        username="lab",
        password=secret,
        decode_responses=True,
        encoding_errors="surrogateescape",
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )


@dataclass(frozen=True)
class Answer:
    """What came back of an HTTP request."""

    status: int | None
    """None if no answer began."""
    json: Any
    """The parsed body; None if it was not JSON, or not whole."""
    text: str
    """What came of the body."""
    ms: float
    error: str | None
    """`timeout`, `too large`, `not HTTP`, `encoded` or the connection's error; None if an answer came, whatever its
    status."""

    @property
    def ok(self) -> bool:
        """Whether a whole answer came, and its status is 2xx."""
        return self.error is None and self.status is not None and self.status // 100 == 2  # noqa: PLR2004


class Http:
    """An HTTP service of the stack, asked just as its customers do.

    Network errors are answers too; NotJudgedError where the service does not run.
    """

    def __init__(self, address: Address, before: Callable[[], None] | None = None) -> None:
        """`address` is asked once, and again when nobody takes a connection there (a restart changes the port).

        `before` is called ahead of each request: it may raise what ends the drill.
        """
        self._address, self._before = address, before
        self._at: tuple[str, int] | None = None

    def get(self, path: str, timeout: float = ASK_SECONDS, headers: Mapping[str, str] | None = None) -> Answer:
        """GET this path; `timeout` is for the whole answer, in seconds."""
        return self._send("GET", path, timeout, None, headers)

    def post(
        self,
        path: str,
        timeout: float = ASK_SECONDS,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST this body to this path."""
        return self._send("POST", path, timeout, json, headers)

    def _send(self, method: str, path: str, timeout: float, body: Any, headers: Mapping[str, str] | None) -> Answer:
        if self._before:
            self._before()
        self._at = self._at or self._address()
        begun = time.monotonic()
        came = client.ask(self._at, method, path, seconds=timeout, body=body, headers=headers, most_bytes=MOST_BYTES)
        ms = (time.monotonic() - begun) * 1000
        if came.error == answer.CONNECTION:
            self._at = None
        return Answer(came.status, _parsed(came), came.body.decode(errors="replace"), ms, _error(came))


def _error(came: Reply) -> str | None:
    return came.detail or came.error


def _parsed(came: Reply) -> Any:
    try:
        return None if came.error else client.parsed(came.body)
    except ValueError:
        return None
