"""The shop's inventory: what is in stock, and who buys it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from payments import DeclinedError, GatewayError, charge
from psycopg import Connection
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout
from servicekit import create_app, load_settings

TRIES, SERIALIZATION_TRIES = 3, 40

Lines = list[dict[str, int]]
"""What is bought: each with `product` and `quantity`."""


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql://app:app@hop/app"
    pool_size: int = 10
    pool_wait_seconds: float = 2.0


class SoldOutError(Exception):
    """There are not enough pieces of a product."""


class Inventory:
    """Products, and orders of them."""

    def __init__(self, settings: Settings) -> None:
        self._pool = ConnectionPool(
            settings.database_url,
            connection_class=Connection[DictRow],
            kwargs={"row_factory": dict_row},
            min_size=settings.pool_size,
            max_size=settings.pool_size,
            timeout=settings.pool_wait_seconds,
            open=True,
        )

    def take_in(self, product: int, name: str, cents: int, stock: int) -> None:
        """Take a product into the shop."""
        with self._pool.connection() as connection:
            row = "INSERT INTO products (id, name, cents, stock) VALUES (%s, %s, %s, %s)"
            connection.execute(row, (product, name, cents, stock))

    def product(self, product: int) -> dict[str, Any] | None:
        """The product as it is now; None if there is no such product."""
        with self._pool.connection() as connection:
            return find(connection, product)

    def buy(self, request_id: str, card: str, lines: Lines) -> dict[str, Any]:
        """Sell all of these lines to this card. SoldOutError, DeclinedError or GatewayError where that cannot be.

        The pieces are taken first, and given back if the card is declined. The request's name is the charge's key, so
        whoever asks again goes on where the first one was.
        """
        order = self._reserve(request_id, card, lines)
        if order["state"] == "declined":
            raise DeclinedError
        if order["state"] == "reserved":
            try:
                order["charge"] = charge_surely(card, order["cents"], request_id)
            except DeclinedError:
                self._give_back(order["id"])
                raise
            with self._pool.connection() as connection:
                sold = "UPDATE orders SET state = 'sold', charge = %s WHERE id = %s"
                connection.execute(sold, (order["charge"], order["id"]))
        return {"order": order["id"], "charge": order["charge"], "cents": order["cents"]}

    def _reserve(self, request_id: str, card: str, lines: Lines) -> dict[str, Any]:
        """The order of this request: the one that is there already, or a new one that has its pieces.

        The serializable transaction reads as little as it can: whatever it has read, others must not write meanwhile.
        """
        for again in range(SERIALIZATION_TRIES):
            try:
                with self._pool.connection() as connection, connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                    new = "INSERT INTO orders (request, card) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id"
                    row = connection.execute(new, (request_id, card)).fetchone()
                    if row:
                        take(connection, row["id"], lines)
                break
            except (SerializationFailure, DeadlockDetected, UniqueViolation):
                time.sleep(random.uniform(0, 0.02 * (1 + again % 5)))
        else:
            raise PoolTimeout("too many buyers at once")
        with self._pool.connection() as connection:
            return read(connection, request_id)

    def _give_back(self, order: int) -> None:
        with self._pool.connection() as connection:
            declined = "UPDATE orders SET state = 'declined' WHERE id = %s AND state = 'reserved' RETURNING id"
            if connection.execute(declined, (order,)).fetchone():
                lines = "SELECT product_id, quantity FROM order_lines WHERE order_id = %s ORDER BY product_id"
                for line in connection.execute(lines, (order,)).fetchall():
                    back = "UPDATE products SET stock = stock + %s WHERE id = %s"
                    connection.execute(back, (line["quantity"], line["product_id"]))


def take(connection: Connection[DictRow], order: int, lines: Lines) -> None:
    """Take the pieces of all lines; SoldOutError where there are not enough. The caller's transaction is serializable."""
    for line in sorted(lines, key=lambda line: line["product"]):
        product, quantity = line["product"], line["quantity"]
        found = find(connection, product)
        if found is None or found["stock"] < quantity:
            raise SoldOutError(product)
        connection.execute("UPDATE products SET stock = %s WHERE id = %s", (found["stock"] - quantity, product))
        line = "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (%s, %s, %s)"
        connection.execute(line, (order, product, quantity))


def read(connection: Connection[DictRow], request_id: str) -> dict[str, Any]:
    """The order of this request, with what it costs."""
    sql = """
        SELECT orders.id, state, charge, sum(cents * quantity)::int AS cents
        FROM orders JOIN order_lines ON order_id = orders.id JOIN products ON products.id = product_id
        WHERE request = %s GROUP BY orders.id
    """
    [row] = connection.execute(sql, (request_id,)).fetchall()
    return row


def charge_surely(card: str, cents: int, key: str) -> str:
    """Charge the card; where no answer comes, ask for the same charge again."""
    for _ in range(TRIES - 1):
        try:
            return charge(card, cents, key)
        except GatewayError:
            continue
    return charge(card, cents, key)


def find(connection: Connection[DictRow], product: int) -> dict[str, Any] | None:
    """The product's row."""
    return connection.execute("SELECT id, name, cents, stock FROM products WHERE id = %s", (product,)).fetchone()


def build() -> Flask:
    inventory = Inventory(load_settings(defaults=Settings))
    app = create_app("inventory")

    @app.post("/products")
    def take_in_product() -> tuple[Response, int]:
        wanted = request.get_json()
        inventory.take_in(wanted["id"], wanted["name"], wanted["cents"], wanted["stock"])
        return jsonify(id=wanted["id"]), 201

    @app.get("/products/<int:product>")
    def show_product(product: int) -> Response:
        return jsonify(inventory.product(product) or abort(404, f"there is no product {product}"))

    @app.post("/orders")
    def take_order() -> tuple[Response, int]:
        wanted = request.get_json()
        return jsonify(inventory.buy(wanted["request"], wanted["card"], wanted["lines"])), 201

    app.register_error_handler(SoldOutError, lambda problem: (jsonify(error=f"sold out: {problem}"), 409))
    app.register_error_handler(DeclinedError, lambda _: (jsonify(error="the card was declined"), 402))
    app.register_error_handler(GatewayError, lambda problem: (jsonify(error=f"payment: {problem}"), 502))
    app.register_error_handler(PoolTimeout, lambda _: (jsonify(error="the database is busy"), 503))
    return app


app = build()
