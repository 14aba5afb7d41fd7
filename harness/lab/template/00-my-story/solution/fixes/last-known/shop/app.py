"""The shop: it shows the price of the day."""

from __future__ import annotations

import json
import urllib.request

from flask import Flask, Response, jsonify
from servicekit import create_app

PRICES = "http://prices:8000/price"
PATIENCE_SECONDS = 1.0


class Prices:
    """The price service, and what it has said last."""

    def __init__(self) -> None:
        self._last: int | None = None

    def ask(self) -> int:
        """The price in cents; the last one that was known where the service does not answer."""
        try:
            with urllib.request.urlopen(PRICES, timeout=PATIENCE_SECONDS) as answer:
                self._last = int(json.load(answer)["cents"])
        except OSError:
            if self._last is None:
                raise
        return self._last


def build() -> Flask:
    app = create_app("shop")
    prices = Prices()

    @app.get("/price")
    def price() -> Response:
        return jsonify(cents=prices.ask())

    return app


app = build()
