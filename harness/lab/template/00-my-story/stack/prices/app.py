"""The lab's own price service: one price, which only the drill can change."""

from __future__ import annotations

import os

from flask import Response, abort, jsonify, request
from servicekit import create_app

app = create_app("prices")
current = {"cents": 100}


@app.get("/price")
def price() -> Response:
    """The price as it is now."""
    return jsonify(current)


@app.post("/price")
def change() -> Response:
    """Take the new price of the drill, which has the key."""
    if request.headers.get("X-Key") != os.environ["OUTAGE_KEY"]:
        abort(403)
    current["cents"] = int(request.get_json()["cents"])
    return jsonify(current)
