"""The shop's inventory: what is in stock, and who buys it."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from payments import DeclinedError, GatewayError, charge, refund
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout
from servicekit import create_app, load_settings

TRIES, VERSION_TRIES = 3, 40

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

        The card is charged first. A buyer who is too late gets the money back; and that is written down, so
        that the same request does not become an order later on.
        """
        with self._pool.connection() as connection:
            products = [find(connection, line["product"]) or abort(404) for line in lines]
            if (known := read(connection, request_id)) is not None:
                return self._told(known)
        if any(product["stock"] < line["quantity"] for product, line in zip(products, lines, strict=True)):
            raise SoldOutError
        cents = sum(product["cents"] * line["quantity"] for product, line in zip(products, lines, strict=True))
        charged = charge_surely(card, cents, request_id)
        return self._told(self._settle(request_id, card, charged, lines)) | {"cents": cents}

    def _told(self, order: dict[str, Any]) -> dict[str, Any]:
        if not order["sold"]:
            refund(order["charge"])
            raise SoldOutError
        return {"order": order["id"], "charge": order["charge"]}

    def _settle(self, request_id: str, card: str, charged: str, lines: Lines) -> dict[str, Any]:
        """The order of this request: what it has become already, or what it becomes now."""
        for again in range(VERSION_TRIES):
            try:
                with self._pool.connection() as connection, connection.transaction():
                    if not sell(connection, lines):
                        raise TooLateError
                    insert(connection, request_id, card, charged, lines, sold=True)
            except StaleError:
                time.sleep(random.uniform(0, 0.01 * (1 + again)))
                continue
            except TooLateError:
                with contextlib.suppress(UniqueViolation), self._pool.connection() as connection:
                    insert(connection, request_id, card, charged, [], sold=False)
            except UniqueViolation:
                pass
            with self._pool.connection() as connection:
                return read(connection, request_id) or abort(500)
        raise PoolTimeout("too many buyers at once")


class StaleError(Exception):
    """Somebody else has changed the product since it was read."""


class TooLateError(Exception):
    """There are not enough pieces any more."""


def sell(connection: Connection[DictRow], lines: Lines) -> bool:
    """Take the pieces of all lines, if nobody has touched the products since they were read; False if there are too few."""
    for line in sorted(lines, key=lambda line: line["product"]):
        [row] = connection.execute("SELECT stock, version FROM products WHERE id = %s", (line["product"],)).fetchall()
        left = row["stock"] - line["quantity"]
        if left < 0:
            return False
        taken = "UPDATE products SET stock = %s, version = version + 1 WHERE id = %s AND version = %s"
        if connection.execute(taken, (left, line["product"], row["version"])).rowcount == 0:
            raise StaleError
    return True


def read(connection: Connection[DictRow], request_id: str) -> dict[str, Any] | None:
    """The order of this request."""
    return connection.execute("SELECT id, charge, sold FROM orders WHERE request = %s", (request_id,)).fetchone()


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


def insert(
    connection: Connection[DictRow], request_id: str, card: str, charged: str, lines: Lines, *, sold: bool
) -> None:
    """Write the order down."""
    sql = "INSERT INTO orders (request, card, charge, sold) VALUES (%s, %s, %s, %s) RETURNING id"
    [row] = connection.execute(sql, (request_id, card, charged, sold)).fetchall()
    for line in lines:
        sql = "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (%s, %s, %s)"
        connection.execute(sql, (row["id"], line["product"], line["quantity"]))


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
