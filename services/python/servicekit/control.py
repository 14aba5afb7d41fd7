"""How does a service of the lab's own obey the drill, and nobody else?

The drill says `run.tell(service, order, …)`. Student code reaches the same port, so each order shows the run's key.
A Flask application calls `obey`; a worker of the kit names what it can be told in `orders`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from servicekit.key import KEY_HEADER, is_the_drill


def obey(app: Flask, orders: Mapping[str, Callable[..., Any]]) -> None:
    """`POST /drill/<order>` calls the function of this name; what it is given and what it returns is JSON.

    How often that happens is nobody's business: `/metrics` is for the drill alone, too.
    """
    os.environ["OUTAGE_KEY"]  # a service without it must not begin

    def take(order: str) -> Response:
        if order not in orders or not is_the_drill(request.headers.get(KEY_HEADER)):
            abort(404)
        return jsonify(orders[order](**request.get_json()))

    @app.before_request
    def hide() -> None:
        if request.path == "/metrics" and not is_the_drill(request.headers.get(KEY_HEADER)):
            abort(404)

    app.add_url_rule("/drill/<order>", view_func=take, methods=["POST"])
