"""The shop: it shows the price of the day."""

from __future__ import annotations

import json
import urllib.request

from flask import Flask, Response, jsonify
from servicekit import create_app

PRICES = "http://prices:8000/price"
PATIENCE_SECONDS = 1.0


def ask_prices() -> int:
    """The price in cents, from the price service."""
    with urllib.request.urlopen(PRICES, timeout=PATIENCE_SECONDS) as answer:
        return int(json.load(answer)["cents"])


def build() -> Flask:
    app = create_app("shop")

    @app.get("/price")
    def price() -> Response:
        return jsonify(cents=ask_prices())

    return app


app = build()
