"""The card gateway, as the inventory sees it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

GATEWAY = "http://gateway:8000"
PATIENCE_SECONDS = 15.0
PAYMENT_REQUIRED = 402


class DeclinedError(Exception):
    """The card is not charged."""


class GatewayError(Exception):
    """No answer came: the card may have been charged, or not."""


def charge(card: str, cents: int, key: str | None = None) -> str:
    """Charge the card; the charge's name. With a key it is charged once, however often it is asked for by this key."""
    headers = {"Idempotency-Key": key} if key else {}
    return str(post("/charges", {"card": card, "cents": cents}, headers)["charge"])


def refund(charge_name: str) -> None:
    """Give the money back."""
    post(f"/charges/{charge_name}/refund", {}, {})


def post(path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """What the gateway says; DeclinedError or GatewayError where it does not do it."""
    content = json.dumps(body).encode()
    said_so = {"Content-Type": "application/json", **headers}
    asked = urllib.request.Request(GATEWAY + path, content, said_so)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            said: dict[str, Any] = json.load(answer)
            return said
    except urllib.error.HTTPError as problem:
        if problem.code == PAYMENT_REQUIRED:
            raise DeclinedError from None
        raise GatewayError(f"HTTP {problem.code}") from problem
    except (OSError, ValueError) as problem:
        raise GatewayError(str(problem)) from problem
