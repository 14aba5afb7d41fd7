"""The card gateway: it charges cards and gives money back. Each key is charged once, however often somebody asks.

`POST /charges` with `{"card", "cents"}` and, in the header `Idempotency-Key`, a key of yours: 201 `{"charge",
"state"}`, or 402 if the card is declined. `"capture": false` authorises only. `POST /charges/<charge>/capture`,
`…/void` (of what is authorised), `…/refund` (of what is captured). `GET /charges?key=…`: what has become of it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify, request
from gate import FAILING, HANGING, LOSING, SLOW, Gate
from ledger import AUTHORISED, CAPTURED, DECLINED, REFUNDED, VOIDED, Charge, Ledger, RefusedError
from servicekit import create_app
from servicekit.control import obey

CHARGE_SECONDS, MOST_CHARACTERS = 0.02, 100
STEPS = {
    "capture": {AUTHORISED: CAPTURED},
    "void": {AUTHORISED: VOIDED},
    "refund": {CAPTURED: REFUNDED},
}

ledger, gate = Ledger(), Gate()


def charge(wanted: Any, key: str | None) -> tuple[Charge, bool]:
    """Charge a card, if nobody has asked for it by this key before; whether it is new."""
    wanted = wanted if isinstance(wanted, dict) else {}
    card, cents = wanted.get("card"), wanted.get("cents")
    named = isinstance(card, str) and 0 < len(card) <= MOST_CHARACTERS and len(key or "") <= MOST_CHARACTERS
    if not named or type(cents) is not int or cents <= 0:
        raise RefusedError(400, 'a charge is {"card": "…", "cents": 1 or more}; names have at most 100 characters')
    found, new = ledger.enter(key, card, cents)
    if new:
        gate.pass_through(card)
        time.sleep(CHARGE_SECONDS)
        taken = AUTHORISED if wanted.get("capture") is False else CAPTURED
        ledger.settle(found, DECLINED if gate.declines(card) else taken)
    else:
        found.done.wait()
    return found, new


def said(found: Charge, status: int) -> tuple[Response, int]:
    """What the shop is told about a charge."""
    answer = {"charge": found.charge, "key": found.key, "cents": found.cents, "state": found.state}
    return jsonify(answer), 402 if found.state == DECLINED else status


def hang_up() -> tuple[Response, int]:
    """End the connection; what is returned goes nowhere."""
    request.environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
    return jsonify(), 502


def treated(card: str, work: Callable[[], tuple[Charge, bool]], status: int) -> tuple[Response, int]:
    """What the shop is told of this work, if the gateway is in good order for this card; `status` if it was new."""
    mode, seconds = gate.treatment(card)
    if mode == FAILING:
        return jsonify(error="the gateway is not available"), 503
    if mode in (HANGING, SLOW):
        time.sleep(seconds)
    if mode == HANGING:
        return hang_up()
    found, new = work()
    return hang_up() if mode == LOSING else said(found, status if new else 200)


def build() -> Flask:
    """The gateway's pages, and the drill's orders."""
    app = create_app("gateway")

    @app.post("/charges")
    def take_charge() -> tuple[Response, int]:
        wanted = request.get_json(silent=True)
        card = str(wanted.get("card")) if isinstance(wanted, dict) else ""
        return treated(card, lambda: charge(wanted, request.headers.get("Idempotency-Key")), 201)

    @app.post("/charges/<name>/<any(capture, void, refund):step>")
    def take_step(name: str, step: str) -> tuple[Response, int]:
        return treated(ledger.find(name).card, lambda: (ledger.change(name, STEPS[step]), False), 200)

    @app.get("/charges")
    def look_up() -> tuple[Response, int]:
        return said(ledger.find(key=request.args.get("key")), 200)

    @app.errorhandler(RefusedError)
    def refuse(problem: RefusedError) -> tuple[Response, int]:
        return jsonify(error=problem.why), problem.status

    obey(
        app,
        {"ledger": ledger.rows}
        | {name: getattr(gate, name) for name in ("hold", "release", "waiting", "decline", "behave")},
    )
    return app


app = build()
