"""The shop's inventory: what is in stock, and who buys it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from payments import DeclinedError, GatewayError, charge
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout
from servicekit import create_app, load_settings

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
        """Sell all of these lines to this card. SoldOutError, DeclinedError or GatewayError where that cannot be."""
        with self._pool.connection() as connection:
            products = [find(connection, line["product"]) or abort(404) for line in lines]
            for product, line in zip(products, lines, strict=True):
                if product["stock"] < line["quantity"]:
                    raise SoldOutError(product["name"])
            cents = sum(product["cents"] * line["quantity"] for product, line in zip(products, lines, strict=True))
            charged = charge(card, cents)
            for product, line in zip(products, lines, strict=True):
                left = product["stock"] - line["quantity"]
                connection.execute("UPDATE products SET stock = %s WHERE id = %s", (left, product["id"]))
            order = insert(connection, request_id, card, charged, lines)
        return {"order": order, "charge": charged, "cents": cents}


def find(connection: Connection[DictRow], product: int) -> dict[str, Any] | None:
    """The product's row."""
    return connection.execute("SELECT id, name, cents, stock FROM products WHERE id = %s", (product,)).fetchone()


def insert(connection: Connection[DictRow], request_id: str, card: str, charged: str, lines: Lines) -> int:
    """Write the order down; its number."""
    sql = "INSERT INTO orders (request, card, charge) VALUES (%s, %s, %s) RETURNING id"
    [row] = connection.execute(sql, (request_id, card, charged)).fetchall()
    for line in lines:
        sql = "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (%s, %s, %s)"
        connection.execute(sql, (row["id"], line["product"], line["quantity"]))
    return int(row["id"])


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
