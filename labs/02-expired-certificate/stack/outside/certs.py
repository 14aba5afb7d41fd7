"""Which files does the world outside put into /certs, where the shop and its neighbours read them?"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from authority import Authority, new_key, pem
from cryptography import x509

CERTS = Path("/certs")
SHOP, PARTNERS = "shop.internal", "partners.internal"
SHOPS_FILE, SHOPS_KEY = CERTS / "shop/certificate.pem", CERTS / "shop/key.pem"
PARTNERS_FILE = CERTS / "partners/certificate.pem"
FIRST_AGE_DAYS = 30
LOOK_SECONDS = 0.2

log = logging.getLogger("outside")


def write(path: Path, text: str) -> None:
    """Put the file there, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def in_background(what: Callable[[Authority], None], ca: Authority) -> None:
    """Have it done while the service answers."""
    threading.Thread(target=what, args=(ca,), daemon=True).start()


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
    write(SHOPS_FILE, ca.issue(SHOP, key.public_key(), age_days=FIRST_AGE_DAYS))
    log.info("the shop's first certificate: serial %s", ca.issued(SHOP)[-1]["serial"])


def listens(host: str) -> bool:
    """Whether a server takes connections there."""
    try:
        socket.create_connection((host, 8000), timeout=0.5).close()
    except OSError:
        return False
    return True


def renewals_by_hand(ca: Authority) -> None:
    """Colleagues: where a file has ended they put a new certificate for the same key, and tell no server."""
    while True:
        time.sleep(LOOK_SECONDS)
        for name, file in ((SHOP, SHOPS_FILE), (PARTNERS, PARTNERS_FILE)):
            with contextlib.suppress(OSError, ValueError):
                old = x509.load_pem_x509_certificate(file.read_bytes())
                if old.not_valid_after_utc < datetime.now(UTC):
                    write(file.resolve(), ca.issue(name, old.public_key()))
                    log.warning("a colleague has renewed %s by hand", file)
