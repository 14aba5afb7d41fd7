"""The shop's orders: customers look at a product, and order it."""

from __future__ import annotations

import psycopg
from config import Settings
from database import Database, UnavailableError
from flask import Flask, Response, abort, jsonify, request
from resolver import Resolver
from servicekit import create_app, load_settings


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    database = Database(settings, Resolver(settings.name_server))
    app = create_app("orders")

    @app.get("/products/<int:product_id>")
    def show_product(product_id: int) -> Response:
        product = database.product(product_id)
        if product is None:
            abort(404, f"there is no product {product_id}")
        return jsonify(product)

    @app.post("/orders")
    def place_order() -> tuple[Response, int]:
        order = request.get_json()
        database.place(int(order["number"]), int(order["product"]))
        return jsonify(number=order["number"]), 201

    @app.errorhandler(UnavailableError)
    @app.errorhandler(psycopg.Error)
    def refuse(error: Exception) -> tuple[Response, int]:
        app.logger.warning("refused: %s", error)
        return jsonify(error=f"no order can be taken now: {error or type(error).__name__}"), 503

    return app


app = build()
