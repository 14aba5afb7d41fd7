"""The shop's pages: a customer looks at one of the orders in the database that the consumer writes to."""

from __future__ import annotations

from flask import Flask, Response, abort, jsonify
from psycopg import Error
from psycopg_pool import ConnectionPool, PoolTimeout
from servicekit import create_app

READ = "SELECT id, status, cents FROM read_order(%s)"


def build() -> Flask:
    """Waits a second and a half for a connection, and as long for the answer (the role's statement_timeout)."""
    app = create_app("shop")
    pool = ConnectionPool("postgresql://shop:shop@db/app", min_size=2, max_size=8, timeout=1.5, open=True)

    @app.get("/orders/<int:number>")
    def show_order(number: int) -> Response:
        with pool.connection() as connection:
            row = connection.execute(READ, (number,)).fetchone()
        if row is None:
            abort(404, f"there is no order {number}")
        return jsonify(id=row[0], status=row[1], cents=row[2])

    @app.errorhandler(Error)
    @app.errorhandler(PoolTimeout)
    def database_too_slow(error: Exception) -> tuple[Response, int]:
        app.logger.warning("database: %s", type(error).__name__)
        return jsonify(error="the database is too slow"), 503

    return app


app = build()
