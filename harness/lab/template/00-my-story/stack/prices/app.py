"""The lab's own price service: one price, which only the drill can change."""

from __future__ import annotations

from flask import Response, jsonify
from servicekit import create_app
from servicekit.control import obey

app = create_app("prices")
current = {"cents": 100}


@app.get("/price")
def price() -> Response:
    """The price as it is now."""
    return jsonify(current)


obey(app, {"change": current.update})
