"""The shop's payments: an order is paid, and sometimes paid back."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from gateway import DeclinedError, GatewayError, charge, refund
from psycopg import Connection, Error
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool
from servicekit import create_app, load_settings

CAPTURERS, LOOK_SECONDS = 8, 0.1
Db = Connection[DictRow]
NEXT = """
    SELECT orders.id, card, cents FROM orders JOIN payments ON order_id = orders.id
    WHERE state = 'accepted' ORDER BY orders.id LIMIT 1 FOR UPDATE OF orders SKIP LOCKED
"""


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql://app:app@hop/app"
    pool_size: int = 16
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
        """Take the products, and write down that the card has to be charged; `accepted`, if that is new."""
        with self._pool.connection() as connection:
            known = lock(connection, "orders", order)
            if known["state"] != "new":
                return str(known["state"])
            move_stock(connection, order, -1)
            connection.execute("UPDATE orders SET state = 'accepted' WHERE id = %s", (order,))
        return "accepted"

    def capture_for_ever(self) -> None:
        """Charge what has been accepted, one order after the other; several of these share the work."""
        while True:
            try:
                if not self.capture():
                    time.sleep(LOOK_SECONDS)
            except (Error, GatewayError):
                time.sleep(1.0)

    def capture(self) -> bool:
        """Charge the next order that is accepted and that nobody else is at; whether there was one."""
        with self._pool.connection() as connection:
            row = connection.execute(NEXT).fetchone()
            if row is None:
                return False
            try:
                name, state = charge(row["card"], row["cents"], f"order-{row['id']}"), "paid"
            except DeclinedError:
                name, state = None, "declined"
                move_stock(connection, row["id"], 1)
            connection.execute("UPDATE payments SET charge = %s WHERE order_id = %s", (name, row["id"]))
            connection.execute("UPDATE orders SET state = %s WHERE id = %s", (state, row["id"]))
        return True

    def pay_back(self, order: int) -> str:
        """Give back the money, and the products; the order's state. The gateway gives back each charge once."""
        with self._pool.connection() as connection:
            state = str(lock(connection, "orders", order, wait=False)["state"])
            payment = lock(connection, "payments", order, key="order_id", wait=False)
        if state != "paid":
            return state
        refund(payment["charge"])
        with self._pool.connection() as connection:
            if lock(connection, "orders", order)["state"] == "paid":
                connection.execute("UPDATE payments SET refunded = true WHERE order_id = %s", (order,))
                connection.execute("UPDATE orders SET state = 'refunded' WHERE id = %s", (order,))
                move_stock(connection, order, 1)
        return "refunded"


def move_stock(connection: Db, order: int, sign: int) -> None:
    """Put the order's products back (1), or take them (-1); all rows are locked in the order of their ids before."""
    connection.execute(
        "SELECT FROM products WHERE id IN (SELECT product_id FROM order_lines WHERE order_id = %s) ORDER BY id FOR UPDATE",
        (order,),
    )
    connection.execute(
        "UPDATE products SET stock = stock + %s * quantity FROM order_lines WHERE product_id = products.id AND order_id = %s",
        (sign, order),
    )


def lock(connection: Db, table: str, value: int, key: str = "id", *, wait: bool = True) -> dict[str, Any]:
    """The row, which nobody else changes until the transaction is over; without `wait` it is only read."""
    sql = f"SELECT * FROM {table} WHERE {key} = %s{' FOR UPDATE' if wait else ''}"  # noqa: S608 - names of our own
    return connection.execute(sql.encode(), (value,)).fetchone() or abort(404, f"no row {value} in {table}")


def build() -> Flask:
    payments = Payments(load_settings(defaults=Settings))
    app = create_app("payments")
    for _ in range(CAPTURERS):
        threading.Thread(target=payments.capture_for_ever, daemon=True).start()

    @app.post("/orders")
    def take_order() -> tuple[Response, int]:
        wanted = request.get_json()
        payments.order(wanted["id"], wanted["card"], wanted["lines"])
        return jsonify(state="new"), 201

    @app.get("/orders/<int:order>")
    def show_order(order: int) -> Response:
        return jsonify(id=order, state=payments.state(order)["state"])

    @app.post("/orders/<int:order>/<any(pay, refund):step>")
    def take_step(order: int, step: str) -> tuple[Response, int]:
        state = payments.pay(order) if step == "pay" else payments.pay_back(order)
        return jsonify(id=order, state=state), 202 if state == "accepted" else 200

    app.register_error_handler(DeclinedError, lambda _: (jsonify(error="the card was declined"), 402))
    app.register_error_handler(GatewayError, lambda problem: (jsonify(error=f"gateway: {problem}"), 502))
    app.register_error_handler(Error, lambda problem: (jsonify(error=f"database: {type(problem).__name__}"), 503))
    return app


app = build()
