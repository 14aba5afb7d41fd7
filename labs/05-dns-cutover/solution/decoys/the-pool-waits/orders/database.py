"""The orders database: products to look at, orders to place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from config import Settings
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from resolver import Resolver

CONNECT_SECONDS = 2
WAIT_SECONDS = 2.0
RETRY_SECONDS = 0.5

Connection = psycopg.Connection[dict[str, Any]]


class UnavailableError(Exception):
    """No database can be asked now; the message says why."""


class Database:
    """PostgreSQL behind psycopg's pool: a connection is let in if it is our environment's, and goes when the name moves."""

    def __init__(self, settings: Settings, resolver: Resolver) -> None:
        self._settings, self._resolver = settings, resolver
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            kwargs=self._target,
            min_size=settings.connections,
            max_size=settings.connections,
            timeout=WAIT_SECONDS,
            reconnect_timeout=RETRY_SECONDS,  # the pool's patience doubles from attempt to attempt otherwise
            configure=self._make_sure,
            open=True,
        )

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

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection to where the name leads now. One that goes elsewhere is closed; the pool replaces it."""
        while True:
            with self._pool.connection() as connection:
                if connection.info.host == self._address():
                    try:
                        yield connection
                    except psycopg.OperationalError:
                        connection.close()
                        raise
                    return
                connection.close()

    def _target(self) -> dict[str, Any]:
        return {
            "host": self._address(),
            "user": self._settings.own_role,
            "password": self._settings.own_password,
            "dbname": "app",
            "connect_timeout": CONNECT_SECONDS,
            "autocommit": True,
            "row_factory": dict_row,
        }

    def _make_sure(self, connection: Connection) -> None:
        """The pool does not take in a connection for which this fails."""
        found = connection.execute("SELECT name FROM environment").fetchone()
        if found != {"name": self._settings.environment}:
            connection.close()
            raise UnavailableError(f"{self._settings.database} says that it is {found}")

    def _address(self) -> str:
        try:
            return self._resolver.address(self._settings.database)
        except LookupError as problem:
            raise UnavailableError(str(problem)) from problem
