"""Which files does the world outside put into /certs, where the shop and its neighbours read them?"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from authority import Authority, new_key, pem

CERTS = Path("/certs")
SHOP = "shop.internal"
SHOPS_FILE, SHOPS_KEY = CERTS / "shop/certificate.pem", CERTS / "shop/key.pem"
FIRST_DAYS_LEFT = 60

log = logging.getLogger("outside")


def write(path: Path, text: str) -> None:
    """Put the file there, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".put")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def in_background(what: Callable[..., None], *given: Any) -> None:
    """Have it done while the service answers."""
    threading.Thread(target=what, args=given, daemon=True).start()


def first_certificate(ca: Authority) -> None:
    """As soon as all other services are there, the shop gets the certificate that it begins with."""
    waits: list[Callable[[], bool]] = [
        SHOPS_FILE.with_name(f"{SHOPS_FILE.name}.awaited").exists,
        lambda: listens("api"),
        lambda: listens("billing"),
    ]
    while not all(there() for there in waits):
        time.sleep(0.05)
    key = new_key()
    write(SHOPS_KEY, pem(key))
    ends = time.time() + FIRST_DAYS_LEFT * ca.day_seconds
    write(SHOPS_FILE, ca.issue(SHOP, key.public_key(), ends=ends))
    log.info("the shop's first certificate: serial %s", ca.issued(SHOP)[-1]["serial"])


def listens(host: str) -> bool:
    """Whether a server takes connections there."""
    try:
        socket.create_connection((host, 8000), timeout=0.5).close()
    except OSError:
        return False
    return True
