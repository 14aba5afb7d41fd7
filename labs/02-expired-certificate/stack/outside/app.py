"""What can the world outside be asked: for certificates, by pager, and by the drill?"""

from __future__ import annotations

import http.client
import time
from typing import Any

from authority import RefusedError
from flask import Flask, Response, abort, jsonify, request
from servicekit import create_app
from servicekit.control import obey
from world import World

ENDPOINTS = ("shop", "partners", "suppliers")
ASKED_AS = ("edge", "shop.internal", "localhost")
MOST_BYTES, MOST_TOLD, SHOWN = 65536, 100, 12


def build() -> Flask:
    app, world = create_app("outside"), World()
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    open_to_customers(app, world)
    open_to_the_drill(app, world)
    return app


def open_to_customers(app: Flask, world: World) -> None:
    """The CA and the pager."""

    @app.post("/orders")
    def order() -> tuple[Response, int]:
        try:
            certificate = world.order(request.get_json())
        except (RefusedError, KeyError, TypeError, ValueError) as problem:
            return jsonify(error="not according to the policy", detail=str(problem)), 422
        if certificate is None:
            if len(world.outages.orders["refused"]) <= MOST_TOLD:
                app.logger.warning("an order is turned away: the CA is away")
            return unavailable(world)
        app.logger.info("a certificate for the shop: serial %s", world.ca.issued("shop.internal")[-1]["serial"])
        return jsonify(certificate=certificate), 201

    @app.get("/certificates")
    def certificates() -> Response:
        """What was issued to the shop last, newest first."""
        last = world.ca.issued("shop.internal")[-SHOWN:]
        return jsonify([{**entry, "days_left": days_left(entry, world)} for entry in reversed(last)])

    @app.post("/ring")
    def ring() -> tuple[Response, int]:
        """The person on call for this endpoint is woken up."""
        body = request.get_json()
        endpoint, reason = body.get("endpoint"), str(body.get("reason"))[:200]
        if endpoint not in ENDPOINTS:
            abort(422, f"nobody is on call for {endpoint!r}; endpoints: {', '.join(ENDPOINTS)}")
        if not world.pager.ring(endpoint, reason):
            return jsonify(error="Service Unavailable", detail="nobody has heard it: ring again"), 503
        app.logger.warning("PAGER %s: %s", endpoint, reason)
        return jsonify(ringing=True), 201


def open_to_the_drill(app: Flask, world: World) -> None:
    """What steers the world, or tells what was done to it."""
    orders = {
        "act": world.act,
        "root": lambda: world.ca.root_pem,
        "ledger": world.ledger,
        "plain": lambda port: [asked_plainly(port, host) for host in ASKED_AS],
    }
    obey(app, orders)


def unavailable(world: World) -> tuple[Response, int]:
    """What an outage looks like, if not like a connection that ends, now or later."""
    world.outages.show(request.environ["gunicorn.socket"], early=world.is_early())
    return jsonify(error="Service Unavailable", detail="the certificate authority is not available"), 503


def days_left(entry: dict[str, Any], world: World) -> float:
    """Until the end of this certificate."""
    return round((entry["not_after"] - time.time()) / world.ca.day_seconds, 1)


def asked_plainly(port: int, host: str) -> dict[str, Any]:
    """Status and beginning of the answer; the status is None where none came."""
    connection = http.client.HTTPConnection("edge", port, timeout=1.0)
    try:
        connection.request("GET", "/orders/4711", headers={"Host": host})
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read(400).decode(errors="replace")}
    except (OSError, http.client.HTTPException):
        return {"status": None, "body": ""}
    finally:
        connection.close()


app = build()
