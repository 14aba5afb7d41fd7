"""What happens in the world outside of the shop: at its certificate authority, its bank, its partners?"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from authority import Authority, new_key, pem, self_signed
from servers import TlsServer

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
CERTS = Path("/certs")
SHOP, PARTNERS = "shop.internal", "partners.internal"
OTHERS = {"bank": "other.internal", "shop": "bank.internal"}
FIRST_AGE_DAYS = 30


class World:
    """Everything out there, and what it has noted. Times are those of the wall's clock."""

    def __init__(self) -> None:
        self.ca, self.stranger = Authority(DAY_SECONDS), Authority(DAY_SECONDS)
        self.bank, self.partners = TlsServer(9443), TlsServer(8443)
        self.falls_on_order, self.fell, self.back = False, 0.0, 0.0
        self.orders: list[dict[str, Any]] = []
        self.rings: list[dict[str, Any]] = []
        write(CERTS / "root.pem", self.ca.root_pem)
        self.act("partners renew")
        self.act("partners reload")
        self.pretend("bank", "good")
        threading.Thread(target=self.first_certificate, daemon=True).start()

    @property
    def up(self) -> bool:
        """Whether the authority answers."""
        return time.time() >= self.back

    def order(self, body: dict[str, Any]) -> str | None:
        """The certificate; None where the authority does not answer."""
        if self.falls_on_order:
            self.act("ca down")
        up = self.up
        self.orders.append({"at": time.time(), "refused": not up})
        return self.ca.order(str(body["csr"]), float(body.get("days", 90))) if up else None

    def act(self, what: str, at: float | None = None) -> None:
        """What the drill does to the world; `at`: from when on the authority answers again, at once if None."""
        match what:
            case "ca down":
                self.fell = time.time() if self.up else self.fell
                self.falls_on_order, self.back = False, math.inf
            case "ca down at the next order":
                self.falls_on_order = True
            case "ca up":
                self.falls_on_order, self.back = False, time.time() if at is None else at
            case "partners renew":
                key = new_key()
                self.fresh = self.ca.issue(PARTNERS, key.public_key()), pem(key)
                write(CERTS / "partners/certificate.pem", self.fresh[0])
            case "partners reload":
                self.partners.present(*self.fresh)
            case _:
                self.pretend(*what.split(" ", 1))

    def pretend(self, whom: str, kind: str) -> None:
        """The bank, or who stands in the place of the shop, shows a certificate of that kind."""
        key, name = new_key(), f"{whom}.internal"
        signs = self.stranger if kind == "unknown CA" else self.ca
        age = 95 if kind == "expired" else 0
        host = OTHERS[whom] if kind == "other host" else name
        own = (
            self_signed(name)
            if kind == "self-signed"
            else (signs.issue(host, key.public_key(), age_days=age, noted=False), pem(key))
        )
        self.bank.present(*own, f"{whom} {kind}")

    def first_certificate(self) -> None:
        """As soon as everybody else is there, the shop gets the certificate that it begins with."""
        folder = CERTS / "shop"
        waits: list[Callable[[], bool]] = [
            (folder / "certificate.pem.awaited").exists,
            lambda: listens("api"),
            lambda: listens("billing"),
        ]
        while not all(there() for there in waits):
            time.sleep(0.05)
        key = new_key()
        write(folder / "key.pem", pem(key))
        write(folder / "certificate.pem", self.ca.issue(SHOP, key.public_key(), age_days=FIRST_AGE_DAYS))


def write(path: Path, text: str) -> None:
    """Put the file there, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def listens(host: str) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((host, 8000), timeout=0.5).close()
    except OSError:
        return False
    return True
