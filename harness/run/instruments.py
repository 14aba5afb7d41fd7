"""How does a drill read and disturb PostgreSQL, Redis and HTTP services from outside?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import redis
from psycopg.rows import dict_row

from harness.errors import NotJudgedError
from harness.run.readiness import postgres_dsn

REDIS_SECONDS = 5.0
ASK_SECONDS = 3.0

Address = Callable[[], tuple[str, int]]


class Postgres:
    """A PostgreSQL of the stack, seen by the lab's superuser, whom the student's code cannot be."""

    def __init__(self, address: Address, secret: str) -> None:
        """`address` is asked at each connection: a restart changes the port."""
        self._address, self._secret = address, secret

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """A new connection, autocommit; NotJudgedError if the server does not take it."""
        dsn = postgres_dsn(*self._address(), self._secret)
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=5, row_factory=dict_row)
        except psycopg.OperationalError as problem:
            raise NotJudgedError(f"PostgreSQL does not take the lab's connection: {problem}") from problem

    def rows(self, sql: str, params: Any = ()) -> list[dict[str, Any]]:
        """The rows that a query gives, as dictionaries."""
        with self.connect() as connection:
            return connection.execute(sql.encode(), params or None).fetchall()

    def value(self, sql: str, params: Any = ()) -> Any:
        """The first column of the first row; None without rows."""
        rows = self.rows(sql, params)
        return next(iter(rows[0].values())) if rows else None

    def execute(self, sql: str, params: Any = ()) -> int:
        """Run a statement; how many rows it touched."""
        with self.connect() as connection:
            return connection.execute(sql.encode(), params or None).rowcount

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of these rows."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)

    def statements(self, role: str = "app") -> list[dict[str, Any]]:
        """What this role has run since the last reset: rows of query, calls, rows (pg_stat_statements)."""
        return self.rows(
            "SELECT query, calls, rows FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
            " WHERE r.rolname = %s AND toplevel ORDER BY calls DESC",
            (role,),
        )

    def reset_statements(self) -> None:
        """Forget the statements counted so far."""
        self.execute("SELECT pg_stat_statements_reset()")

    def waiting(self) -> list[dict[str, Any]]:
        """Who waits for a lock now: rows of pid, blocked_by (pids), wait_event, seconds, query."""
        return self.rows(
            "SELECT pid, pg_blocking_pids(pid) AS blocked_by, wait_event, query,"
            " extract(epoch FROM clock_timestamp() - query_start)::float AS seconds"
            " FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        )


def redis_client(address: Address) -> redis.Redis:
    """A client of a Redis of the stack; answers are text."""
    host, port = address()
    return redis.Redis(
        host=host,
        port=port,
        decode_responses=True,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )


@dataclass(frozen=True)
class Answer:
    """What came back of an HTTP request."""

    status: int | None
    """None if no answer came."""
    json: Any
    """The parsed body; None if it was not JSON."""
    text: str
    ms: float
    error: str | None
    """`timeout` or the connection's error; None if an answer came, whatever its status."""

    @property
    def ok(self) -> bool:
        """Whether the answer's status is 2xx."""
        return self.status is not None and httpx.codes.is_success(self.status)


class Http:
    """An HTTP service of the stack. Network errors are answers too; NotJudgedError where the service does not run."""

    def __init__(self, address: Address) -> None:
        """`address` is asked once, and again when nobody takes a connection there (a restart changes the port)."""
        self._address = address
        self._at: tuple[str, int] | None = None
        self._client = httpx.Client(trust_env=False, verify=False, limits=httpx.Limits(max_keepalive_connections=0))  # noqa: S501 - plain HTTP on this machine

    def get(self, path: str, timeout: float = ASK_SECONDS, **more: Any) -> Answer:
        """GET this path."""
        return self._send("GET", path, timeout, more)

    def post(self, path: str, timeout: float = ASK_SECONDS, **more: Any) -> Answer:
        """POST to this path (`json=…` for a body)."""
        return self._send("POST", path, timeout, more)

    def _send(self, method: str, path: str, timeout: float, more: dict[str, Any]) -> Answer:
        self._at = self._at or self._address()
        begun = time.monotonic()
        try:
            answer = self._client.request(method, "http://{}:{}".format(*self._at) + path, timeout=timeout, **more)
        except httpx.TimeoutException:
            return Answer(None, None, "", _ms_since(begun), "timeout")
        except httpx.HTTPError as problem:
            self._at = None
            return Answer(None, None, "", _ms_since(begun), str(problem) or type(problem).__name__)
        return Answer(answer.status_code, _parsed(answer), answer.text, _ms_since(begun), None)


def _ms_since(begun: float) -> float:
    return (time.monotonic() - begun) * 1000


def _parsed(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
