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

Connection = psycopg.Connection[dict[str, Any]]


class UnavailableError(Exception):
    """No database can be asked now; the message says why."""


class Database:
    """PostgreSQL behind a few connections, all of them to where the name leads now."""

    def __init__(self, settings: Settings, resolver: Resolver) -> None:
        self._settings, self._resolver = settings, resolver
        self._room = threading.BoundedSemaphore(settings.connections)
        self._idle: deque[Connection] = deque()
        resolver.watch(settings.database, self._leave)

    def product(self, product_id: int) -> dict[str, Any] | None:
        """The product; None if there is no such product."""
        with self._connection() as connection:
            found = connection.execute("SELECT id, name, price_cents FROM products WHERE id = %s", (product_id,))
            return found.fetchone()

    def place(self, number: int, product_id: int) -> None:
        """Accept the customer's order; a number that is there already is the same order once more."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO orders (number, product) VALUES (%s, %s) ON CONFLICT (number) DO NOTHING",
                (number, product_id),
            )

    def _leave(self) -> None:
        """The name leads elsewhere: no connection is used again."""
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._room.acquire(timeout=WAIT_SECONDS):
            raise UnavailableError("all connections are in use")
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            finally:
                if not connection.closed:
                    if connection.info.host == self._resolver.address(self._settings.database):
                        self._idle.append(connection)
                    else:
                        connection.close()
        finally:
            self._room.release()

    def _connect(self) -> Connection:
        connection = self._open()
        row = connection.execute("SELECT name FROM environment").fetchone()
        found = row["name"] if row else "of no environment"
        if found != self._settings.environment:
            connection.close()
            raise UnavailableError(f"{self._settings.database} leads to a database that is {found}")
        return connection

    def _open(self) -> Connection:
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
