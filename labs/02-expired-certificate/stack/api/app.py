"""The shop's API: orders, and the export of a day's orders, which takes its time."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from functools import cache

from flask import Flask, Response, abort, jsonify, request
from servicekit import create_app

KEY = os.environ["OUTAGE_KEY"].encode()
"""Nobody but the API and its customers can tell what an order comes to: an edge cannot make the answer up."""

ROWS, ROW_SECONDS, ROW_BYTES = 30, 0.1, 4096


def total_cents(order: int) -> int:
    """What an order came to."""
    drawn = hashlib.blake2b(str(order).encode(), key=KEY[:64], digest_size=4).digest()
    return int.from_bytes(drawn, "big") % 100_000


def rows(day: int) -> Iterator[str]:
    """A row every tenth of a second."""
    for row in range(ROWS):
        yield f"{day};{row};".ljust(ROW_BYTES - 1, ".") + "\n"
        time.sleep(ROW_SECONDS)
    yield "end\n"


@cache
def edge_address() -> str:
    """Where requests come from."""
    return socket.gethostbyname("edge")


def build() -> Flask:
    app = create_app("api")

    @app.before_request
    def only_the_edge() -> None:
        if request.path not in ("/health", "/metrics") and request.remote_addr != edge_address():
            abort(403, "the API is reached through the edge")

    @app.get("/orders/<int:order>")
    def show_order(order: int) -> Response:
        return jsonify(order=order, total_cents=total_cents(order))

    @app.get("/exports/<int:day>")
    def export(day: int) -> Response:
        return Response(rows(day), mimetype="text/csv")

    return app


app = build()
