"""What does billing do on request: ask the shop, or ask the bank, and say what came of it?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from client import fetch

SHOP = "https://shop.internal:8443/orders/4711"
BANK = "https://bank.internal:9443/balance"


def ask(url: str) -> dict[str, Any]:
    """The answer, or why there is none."""
    try:
        return {"answer": fetch(url), "error": None}
    except Exception as problem:  # noqa: BLE001 - whatever the client raises means that it has no answer
        return {"answer": None, "error": f"{type(problem).__name__}: {problem}"}


pages: dict[str, Callable[[], Any]] = {"/shop": partial(ask, SHOP), "/bank": partial(ask, BANK)}


def main() -> None:
    """Work is done in the pages."""
    threading.Event().wait()
