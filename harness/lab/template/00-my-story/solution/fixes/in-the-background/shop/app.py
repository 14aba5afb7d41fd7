"""The shop: it shows the price of the day."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request

from flask import Flask, Response, abort, jsonify
from servicekit import create_app

PRICES = "http://prices:8000/price"
PATIENCE_SECONDS = 1.0
EVERY_SECONDS = 0.1


class Prices:
    """The price of the day, asked for by a thread of its own."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self._cents: int | None = None
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(PRICES, timeout=PATIENCE_SECONDS) as answer:
                    self._cents = int(json.load(answer)["cents"])
                self._known.set()
            time.sleep(EVERY_SECONDS)

    def now(self) -> int | None:
        """The newest price that is known, in cents; None before the first one has come."""
        self._known.wait(PATIENCE_SECONDS)
        return self._cents


def build() -> Flask:
    app = create_app("shop")
    prices = Prices()

    @app.get("/price")
    def price() -> Response:
        cents = prices.now()
        if cents is None:
            abort(503, "no price is known yet")
        return jsonify(cents=cents)

    return app


app = build()
