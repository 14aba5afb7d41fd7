"""How is the world outside asked: for certificates, by pager, and by the drill?"""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass
from typing import Any

from authority import RefusedError
from flask import Flask, Response, abort, jsonify, request
from servicekit import create_app
from world import World

ENDPOINTS = ("shop", "partners")
ASKED_AS = ("edge", "shop.internal", "localhost")
KEY_HEADER = "X-Lab-Key"


@dataclass
class Drill:
    """Who alone may act on the world and read its notes: the first who asks."""

    key: str = ""

    def require(self) -> None:
        """403 for everybody else."""
        given = request.headers.get(KEY_HEADER, "")
        self.key = self.key or given
        if not given or given != self.key:
            abort(403, "this is the drill's")


def build() -> Flask:
    app, world, drill = create_app("outside"), World(), Drill()

    @app.post("/orders")
    def order() -> tuple[Response, int]:
        try:
            certificate = world.order(request.get_json())
        except (RefusedError, KeyError, TypeError) as problem:
            return jsonify(error="not according to the policy", detail=str(problem)), 422
        if certificate is None:
            return unavailable(len(world.orders))
        return jsonify(certificate=certificate), 201

    @app.get("/certificates")
    def certificates() -> Response:
        """What was issued to the shop, newest first."""
        mine = [entry for entry in world.ca.ledger if entry["name"] == "shop.internal"]
        return jsonify([{**entry, "days_left": days_left(entry, world)} for entry in reversed(mine)])

    @app.post("/ring")
    def ring() -> tuple[Response, int]:
        """Somebody is woken up."""
        body = request.get_json()
        if body.get("endpoint") not in ENDPOINTS:
            abort(422, f"nobody is on call for {body.get('endpoint')!r}; endpoints: {', '.join(ENDPOINTS)}")
        world.rings.append({"at": time.time(), "endpoint": body["endpoint"], "reason": str(body.get("reason"))[:200]})
        app.logger.warning("PAGER %s: %s", body["endpoint"], body.get("reason"))
        return jsonify(ringing=True), 201

    @app.post("/lab/acts")
    def act() -> Response:
        drill.require()
        world.act(**request.get_json())
        return jsonify(now=time.time())

    @app.get("/lab/ledger")
    def ledger() -> Response:
        drill.require()
        bank = {"came": world.bank.came, "trusted": world.bank.trusted}
        told = {"certificates": world.ca.ledger, "orders": world.orders, "rings": world.rings, "bank": bank}
        return jsonify(**told, up=world.up, fell=world.fell, root=world.ca.root_pem, now=time.time())

    @app.get("/lab/plain/<int:port>")
    def plain(port: int) -> Response:
        """What the edge says on this port without TLS."""
        drill.require()
        return jsonify([asked_plainly(port, host) for host in ASKED_AS])

    return app


def unavailable(orders: int) -> tuple[Response, int]:
    """Half of the time an outage looks like an error, half of the time like nothing at all."""
    if orders % 2 == 0:
        request.environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
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
