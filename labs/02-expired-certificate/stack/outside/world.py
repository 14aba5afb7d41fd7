"""What happens in the world outside of the shop: at its certificate authority, its bank, its partners, its pager?"""

from __future__ import annotations

import os
import time
from typing import Any

from authority import Authority, new_key, pem, self_signed
from certs import CERTS, SHOP, first_certificate, in_background, write
from meetings import met
from neighbours import Neighbours
from outages import Outages
from pager import Pager
from servers import TlsServer

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
OTHERS = {"bank": "other.internal", "shop": "bank.internal"}
FINGERPRINT, NEARLY_HALF, EARLY_DAYS = 16, 0.45, 40


class World:
    """Everything out there, and what it has noted. Times are seconds since 1970."""

    def __init__(self) -> None:
        self.ca, self.stranger = Authority(DAY_SECONDS), Authority(DAY_SECONDS)
        self.bank = TlsServer(9443)
        self.outages = Outages()
        self.met: list[dict[str, Any]] = []
        self.pager = Pager()
        write(CERTS / "root.pem", self.ca.root_pem)
        self.neighbours = Neighbours(self.ca)
        self.pretend("bank", "good")
        in_background(first_certificate, self.ca)

    def order(self, body: dict[str, Any]) -> str | None:
        """The certificate; None where the authority does not answer."""
        granted = self.outages.grants()
        return self.ca.order(str(body["csr"]), float(body.get("days", 90))) if granted else None

    def is_early(self) -> bool:
        """Whether there is time to order again after an order in vain."""
        return bool(self.ca.issued(SHOP)[-1]["not_after"] - time.time() > EARLY_DAYS * DAY_SECONDS)

    def ledger(self, zero: float) -> dict[str, Any]:
        """All that was noted, in seconds since `zero`."""

        def since(moment: float | None) -> float | None:
            return None if moment is None else round(moment - zero, 3)

        def issued(name: str) -> list[dict[str, Any]]:
            return [
                {"serial": one["serial"], "fingerprint": one["fingerprint"][:FINGERPRINT]}
                | {key: since(one[key]) for key in ("issued", "not_before", "not_after")}
                for one in self.ca.issued(name)
            ]

        return {
            "certificates": issued(SHOP),
            "orders": {how: [since(at) for at in moments] for how, moments in self.outages.orders.items()},
            "outages": [[since(fell), since(back)] for fell, back in self.outages.moments],
            "rings": [[since(at), endpoint, reason] for at, endpoint, reason in self.pager.rings],
            "missed": {endpoint: since(at) for endpoint, at in self.pager.missed.items()},
            "by_hand": self.neighbours.by_hand,
            "neighbours": {
                name: [[since(moment) if moment else 0.0 for moment in state] for state in states]
                for name, states in self.neighbours.states.items()
            },
            "met": [one | {"at": since(one["at"])} for one in self.met],
            "bank": {"came": dict(self.bank.came), "trusted": dict(self.bank.trusted)},
            "half_through": self.half_through(),
        }

    def half_through(self) -> bool:
        """Whether the shop's newest certificate has lived for nearly half of its time."""
        newest = self.ca.issued(SHOP)[-1]
        return time.time() > newest["not_before"] + NEARLY_HALF * (newest["not_after"] - newest["not_before"])

    def act(self, what: str, at: float | None = None, **more: Any) -> None:
        """What the drill does to the world; `at`: when a certificate is put, or the authority answers; None: now."""
        match what:
            case "ca down":
                self.outages.begin()
            case "ca down at the next order":
                self.outages.fall_on_order = True
            case "ca up":
                self.outages.end(at)
            case "put a certificate":
                in_background(self.neighbours.later, at, more["name"], more["where"], more.get("ends"))
            case "be late":
                self.neighbours.be_late(**more)
            case "colleagues renew by hand":
                in_background(self.neighbours.renew_what_has_ended)
            case "meet billing":
                self.pretend(**more)
                self.met.append(met(**more))

    def pretend(self, place: str, kind: str) -> None:
        """The bank, or an impostor in the place of the shop, shows such a certificate; the shop itself is good."""
        if (place, kind) == ("shop", "good"):
            return
        key, name = new_key(), f"{place}.internal"
        signs = self.stranger if kind == "unknown CA" else self.ca
        ends = time.time() - DAY_SECONDS if kind == "expired" else None
        host = OTHERS[place] if kind == "other host" else name
        own = (
            self_signed(name)
            if kind == "self-signed"
            else (signs.issue(host, key.public_key(), ends=ends, noted=False), pem(key))
        )
        self.bank.present(*own, f"{place} {kind}")
