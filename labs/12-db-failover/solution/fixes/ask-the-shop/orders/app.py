"""The shop's orders: each is written to the database before the customer is told that it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request
from psycopg.rows import dict_row
from servicekit import create_app, load_settings

PLACE_ORDER = "SELECT node, timeline FROM place_order(%s, %s)"
PRIMARY = "SELECT current_setting('cluster_name') AS node"
SALES_REPORT = "SELECT orders, cents FROM sales_report(%s)"

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    dsn: str = "host=db-a dbname=app user=app password=app"
    report_dsn: str = "host=db-a dbname=app user=app password=app"


def ask(dsn: str, sql: str, *values: Any) -> Row:
    """The one row that a query gives, committed."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        row = connection.execute(sql.encode(), values).fetchone()
    return row or {}


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    app = create_app("orders")

    @app.post("/orders")
    def place_order() -> tuple[Response, int]:
        order = request.get_json()
        ask(settings.dsn, PLACE_ORDER, order["number"], order["cents"])
        return jsonify(number=order["number"]), 201

    @app.get("/primary")
    def primary() -> Response:
        return jsonify(ask(settings.dsn, PRIMARY))

    @app.get("/reports/sales")
    def sales_report() -> Response:
        seconds = request.args.get("seconds", 0.0, type=float)
        return jsonify(ask(settings.report_dsn, SALES_REPORT, seconds))

    @app.errorhandler(psycopg.Error)
    def database_unavailable(error: psycopg.Error) -> tuple[Response, int]:
        app.logger.warning("database: %s", str(error).strip().replace("\n", " ")[-200:])
        return jsonify(error="the order was not taken"), 503

    return app


app = build()
