"""The shop's payments: an order is paid, and sometimes paid back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from gateway import DeclinedError, GatewayError, charge, refund
from psycopg import Connection, Error
from psycopg.errors import LockNotAvailable
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool
from servicekit import create_app, load_settings

TRIES = 60
Db = Connection[DictRow]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql://app:app@hop/app"
    pool_size: int = 12
    pool_wait_seconds: float = 2.0


class Payments:
    """Orders, the products that they take, and the money."""

    def __init__(self, settings: Settings) -> None:
        self._pool = ConnectionPool(
            settings.database_url,
            kwargs={"row_factory": dict_row},
            min_size=settings.pool_size,
            max_size=settings.pool_size,
            timeout=settings.pool_wait_seconds,
            open=True,
        )

    def order(self, order: int, card: str, lines: list[dict[str, int]]) -> None:
        """Take an order that is not paid yet."""
        with self._pool.connection() as connection:
            connection.execute("INSERT INTO orders (id, card) VALUES (%s, %s)", (order, card))
            for position, line in enumerate(lines):
                row = order, position, line["product"], line["quantity"]
                connection.execute("INSERT INTO order_lines VALUES (%s, %s, %s, %s)", row)
            due = "SELECT sum(cents * quantity) FROM order_lines JOIN products ON id = product_id WHERE order_id = %s"
            connection.execute(f"INSERT INTO payments VALUES (%s, ({due}))", (order, order))  # noqa: S608 - our own

    def state(self, order: int) -> dict[str, Any]:
        """What has become of the order."""
        with self._pool.connection() as connection:
            return lock(connection, "orders", order, wait=False)

    def pay(self, order: int) -> str:
        """As `_pay`, from the start if a row is taken."""
        return again(lambda: self._pay(order))

    def pay_back(self, order: int) -> str:
        """As `_pay_back`, from the start if a row is taken."""
        return again(lambda: self._pay_back(order))

    def _pay(self, order: int) -> str:
        """Take the products, charge the card; the order's state. DeclinedError, GatewayError."""
        with self._pool.connection() as connection:
            for line in lines_of(connection, order):
                product = lock(connection, "products", line["product_id"])
                left = product["stock"] - line["quantity"]
                connection.execute("UPDATE products SET stock = %s WHERE id = %s", (left, product["id"]))
            payment = lock(connection, "payments", order, key="order_id")
            known = lock(connection, "orders", order)
            if known["state"] != "new":
                connection.rollback()
                return str(known["state"])
            name = charge(known["card"], payment["cents"], f"order-{order}")
            connection.execute("UPDATE payments SET charge = %s WHERE order_id = %s", (name, order))
            connection.execute("UPDATE orders SET state = 'paid' WHERE id = %s", (order,))
        return "paid"

    def _pay_back(self, order: int) -> str:
        """Give back the money, and the products; the order's state."""
        with self._pool.connection() as connection:
            known = lock(connection, "orders", order)
            if known["state"] != "paid":
                return str(known["state"])
            payment = lock(connection, "payments", order, key="order_id")
            for line in lines_of(connection, order):
                product = lock(connection, "products", line["product_id"])
                more = product["stock"] + line["quantity"]
                connection.execute("UPDATE products SET stock = %s WHERE id = %s", (more, product["id"]))
            refund(payment["charge"])
            connection.execute("UPDATE payments SET refunded = true WHERE order_id = %s", (order,))
            connection.execute("UPDATE orders SET state = 'refunded' WHERE id = %s", (order,))
        return "refunded"


def again(step: Callable[[], str]) -> str:
    """Do it; where somebody else has a row, let go of everything and begin again a little later, for two seconds or so."""
    for _ in range(TRIES - 1):
        try:
            return step()
        except LockNotAvailable:
            time.sleep(random.uniform(0.01, 0.06))
    return step()


def lines_of(connection: Db, order: int) -> list[dict[str, Any]]:
    """What the order wants, as it stands in the cart."""
    sql = "SELECT product_id, quantity FROM order_lines WHERE order_id = %s ORDER BY position"
    return connection.execute(sql, (order,)).fetchall()


def lock(connection: Db, table: str, value: int, key: str = "id", *, wait: bool = True) -> dict[str, Any]:
    """The row, which nobody else changes until the transaction is over; without `wait` it is only read."""
    sql = f"SELECT * FROM {table} WHERE {key} = %s{' FOR UPDATE NOWAIT' if wait else ''}"  # noqa: S608 - names of our own
    return connection.execute(sql.encode(), (value,)).fetchone() or abort(404, f"no row {value} in {table}")


def build() -> Flask:
    payments = Payments(load_settings(defaults=Settings))
    app = create_app("payments")

    @app.post("/orders")
    def take_order() -> tuple[Response, int]:
        wanted = request.get_json()
        payments.order(wanted["id"], wanted["card"], wanted["lines"])
        return jsonify(state="new"), 201

    @app.get("/orders/<int:order>")
    def show_order(order: int) -> Response:
        return jsonify(id=order, state=payments.state(order)["state"])

    @app.post("/orders/<int:order>/<any(pay, refund):step>")
    def take_step(order: int, step: str) -> Response:
        return jsonify(id=order, state=payments.pay(order) if step == "pay" else payments.pay_back(order))

    app.register_error_handler(DeclinedError, lambda _: (jsonify(error="the card was declined"), 402))
    app.register_error_handler(GatewayError, lambda problem: (jsonify(error=f"gateway: {problem}"), 502))
    app.register_error_handler(Error, lambda problem: (jsonify(error=f"database: {type(problem).__name__}"), 503))
    return app


app = build()
