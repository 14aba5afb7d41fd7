"""The orders database: products to look at, orders to place."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from config import Settings
from psycopg.rows import dict_row
from resolver import Resolver

CONNECT_SECONDS = 2
WAIT_SECONDS = 2.0
PRODUCT = """
    SELECT e.name AS environment, p.id, p.name, p.price_cents
    FROM environment e LEFT JOIN products p ON p.id = %s AND e.name = %s"""
PLACE = """
    WITH placed AS (
        INSERT INTO orders (number, product) SELECT %s::bigint, %s::int FROM environment WHERE name = %s
        ON CONFLICT (number) DO NOTHING)
    SELECT name AS environment FROM environment"""

Connection = psycopg.Connection[dict[str, Any]]


class UnavailableError(Exception):
    """No database can be asked now; the message says why."""


class Database:
    """PostgreSQL behind a few connections that are kept as long as they work."""

    def __init__(self, settings: Settings, resolver: Resolver) -> None:
        self._settings, self._resolver = settings, resolver
        self._room = threading.BoundedSemaphore(settings.connections)
        self._idle: deque[Connection] = deque()

    def product(self, product_id: int) -> dict[str, Any] | None:
        """The product; None if there is no such product."""
        found = self._ask(PRODUCT, product_id)
        return None if found["id"] is None else {key: found[key] for key in ("id", "name", "price_cents")}

    def place(self, number: int, product_id: int) -> None:
        """Accept the customer's order; a number that is there already is the same order once more."""
        self._ask(PLACE, number, product_id)

    def _ask(self, statement: str, *values: int) -> dict[str, Any]:
        """The one row of a statement that does something in our own environment alone, and says where it was."""
        with self._connection() as connection:
            row = connection.execute(statement, (*values, self._settings.environment)).fetchone()
            found = row["environment"] if row else "of no environment"
            if row is None or found != self._settings.environment:
                connection.close()
                raise UnavailableError(f"{self._settings.database} leads to a database that is {found}")
            return row

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._room.acquire(timeout=WAIT_SECONDS):
            raise UnavailableError("all connections are in use")
        try:
            connection = self._idle.pop() if self._idle else self._connect()
            try:
                yield connection
            finally:
                if not connection.closed:
                    self._idle.append(connection)
        finally:
            self._room.release()

    def _connect(self) -> Connection:
        try:
            return psycopg.connect(
                host=self._resolver.address(self._settings.database),
                user=self._settings.role,
                password=self._settings.password,
                dbname="app",
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
                row_factory=dict_row,
            )
        except (LookupError, psycopg.OperationalError) as problem:
            raise UnavailableError(f"{self._settings.database}: {problem}") from problem
