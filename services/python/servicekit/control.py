"""How does a service of the lab's own obey the drill, and nobody else?

The drill says `run.tell(service, order, …)`. Student code reaches the same port, so each order shows the run's key
(OUTAGE_KEY), which no service with student code has.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, request

KEY_HEADER = "X-Outage-Key"


def obey(app: Flask, orders: Mapping[str, Callable[..., Any]]) -> None:
    """`POST /drill/<order>` calls the function of this name; what it is given and what it returns is JSON."""
    key = os.environ["OUTAGE_KEY"].encode()

    def take(order: str) -> Response:
        if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), key) or order not in orders:
            abort(404)
        return jsonify(orders[order](**request.get_json()))

    app.add_url_rule("/drill/<order>", view_func=take, methods=["POST"])
