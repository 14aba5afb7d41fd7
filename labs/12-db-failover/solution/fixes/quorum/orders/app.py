"""The shop's orders: each is written to the database before the customer is told that it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request
from psycopg.rows import dict_row
from servicekit import create_app, load_settings

PLACE_ORDER = "SELECT node, timeline FROM place_order(%s, %s)"
SALES_REPORT = "SELECT orders, cents FROM sales_report(%s)"

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    hosts: str = "db-a db-b db-c"
    dsn: str = "dbname=app user=app password=app target_session_attrs=read-write"
    report_dsn: str = "host=db-a dbname=app user=app password=app"


class Orders:
    """The order database, wherever its primary is: the one with the highest timeline that was ever met."""

    def __init__(self, settings: Settings) -> None:
        self._dsn = settings.dsn
        self._hosts = settings.hosts.split()
        self._epoch = 0

    def place(self, number: int, cents: int) -> None:
        """Take the order, at a primary that nobody has succeeded; psycopg.Error if there is none."""
        for host in list(self._hosts):
            try:
                with psycopg.connect(self._dsn, host=host, row_factory=dict_row) as connection:
                    row = connection.execute(PLACE_ORDER, (number, cents)).fetchone() or {}
                    if row["timeline"] < self._epoch:
                        raise psycopg.OperationalError(f"{host} has been succeeded")
                    self._epoch = row["timeline"]
            except psycopg.OperationalError:
                continue
            self._hosts.sort(key=lambda other: other != host)
            return
        raise psycopg.OperationalError("no primary")


def report(dsn: str, seconds: float) -> Row:
    """Finance's report."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(SALES_REPORT, (seconds,)).fetchone() or {}


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    orders = Orders(settings)
    app = create_app("orders")

    @app.post("/orders")
    def place_order() -> tuple[Response, int]:
        order = request.get_json()
        orders.place(order["number"], order["cents"])
        return jsonify(number=order["number"]), 201

    @app.get("/reports/sales")
    def sales_report() -> Response:
        seconds = request.args.get("seconds", 0.0, type=float)
        return jsonify(report(settings.report_dsn, seconds))

    @app.errorhandler(psycopg.Error)
    def database_unavailable(error: psycopg.Error) -> tuple[Response, int]:
        app.logger.warning("database: %s", str(error).strip().replace("\n", " ")[-200:])
        return jsonify(error="the order was not taken"), 503

    return app


app = build()
