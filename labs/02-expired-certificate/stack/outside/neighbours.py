"""What do the partners, the suppliers and the shop's colleagues put into files and on servers, and when?"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from datetime import UTC, datetime
from pathlib import Path

from authority import LONGEST_DAYS, Authority, new_key, pem
from certs import CERTS, SHOP, SHOPS_FILE, in_background, write
from cryptography import x509
from servers import TlsServer

PORTS = {"partners": 8443, "suppliers": 8444}
LATE_DAYS, ENDS_SECONDS, AGAIN_SECONDS, SETTLED_SECONDS = 12, 8.0, 5.0, 0.3
LOOK_SECONDS, ROUNDED = 0.2, 0.005

log = logging.getLogger("outside")


class Neighbours:
    """Their files and servers; each state of them is noted. Times are seconds since 1970."""

    def __init__(self, ca: Authority) -> None:
        """Fresh certificates, in the files and on the wire."""
        self._ca, self._lifetime = ca, LONGEST_DAYS * ca.day_seconds
        self._servers = {name: TlsServer(port) for name, port in PORTS.items()}
        self._ends: dict[str, dict[str, float]] = {name: {} for name in PORTS}
        self.states: dict[str, list[tuple[float, float, float]]] = {name: [] for name in PORTS}
        """By name: since when, when the certificate in the file ends, and the one on the wire (0: there is none)."""
        self.by_hand: list[str] = []
        """The serials of what colleagues have put into the shop's file."""
        for name in PORTS:
            self.put(name, "both")

    def put(self, name: str, where: str, ends: float | None = None) -> None:
        """A new certificate, of 90 days or until then, comes into the `file`, on the `wire`, or both."""
        key, ends = new_key(), float(int((ends or time.time() + self._lifetime) + ROUNDED))
        certificate = self._ca.issue(f"{name}.internal", key.public_key(), ends=ends)
        if where != "wire":
            write(file_of(name), certificate)
            self._ends[name]["file"] = ends
        if where != "file":
            self._servers[name].present(certificate, pem(key))
            self._ends[name]["wire"] = ends
        self._note(name)

    def speak(self, name: str, *, aloud: bool) -> None:
        """Its server answers, or closes each connection as soon as it has come."""
        self._servers[name].silent = not aloud
        self._note(name)

    def _note(self, name: str) -> None:
        wire = 0.0 if self._servers[name].silent else self._ends[name]["wire"]
        self.states[name].append((time.time(), self._ends[name]["file"], wire))

    def renew_by_hand(self, name: str, ends: float | None = None) -> None:
        """Colleagues put a new certificate for the same key into a file, and tell no server."""
        file = file_of(name)
        old = x509.load_pem_x509_certificate(file.read_bytes())
        certificate = self._ca.issue(f"{name}.internal", old.public_key(), ends=ends and ends + ROUNDED)
        if name not in PORTS:
            self.by_hand.append(self._ca.issued(SHOP)[-1]["serial"])
        write(file.resolve(), certificate)
        log.warning("a colleague has renewed %s by hand", file)

    def later(self, at: float, name: str, where: str, ends: float | None = None) -> None:
        """At that moment, `put`; into the shop's file, by hand. `silent` and `aloud`: see `speak`."""
        time.sleep(max(0.0, at - time.time()))
        with contextlib.suppress(OSError, ValueError):  # the shop's file is the student's: it may be no certificate
            if where in ("silent", "aloud"):
                self.speak(name, aloud=where == "aloud")
            elif name in PORTS:
                self.put(name, where, ends)
            else:
                self.renew_by_hand(name, ends)

    def be_late(self, name: str, again: float) -> None:
        """Its certificate ends soon, and is changed when it is nearly too late; `again` later an old server is back.

        While that one's certificate runs down, the other neighbour's server is silent; from its end on it is itself.
        """
        now, days, [other] = time.time(), self._ca.day_seconds, set(PORTS) - {name}
        end = math.ceil(now + ENDS_SECONDS)
        changed = end - LATE_DAYS * days + SETTLED_SECONDS
        back = changed + again
        last = math.ceil(back + AGAIN_SECONDS)
        for at, whose, where, ends in (
            (now, name, "both", end),
            (changed, name, "both", None),
            (back, name, "wire", last),
            (back + SETTLED_SECONDS, other, "silent", None),
            (last - LATE_DAYS * days + SETTLED_SECONDS, other, "aloud", None),
            (last, name, "silent", None),
        ):
            in_background(self.later, at, whose, where, ends)

    def renew_what_has_ended(self) -> None:
        """For as long as somebody looks around: no file is left to end, and all servers are there."""
        for name in PORTS:
            self.speak(name, aloud=True)
        while True:
            time.sleep(LOOK_SECONDS)
            for name in ("shop", *PORTS):
                with contextlib.suppress(OSError, ValueError):
                    old = x509.load_pem_x509_certificate(file_of(name).read_bytes())
                    if old.not_valid_after_utc < datetime.now(UTC):
                        self.renew_by_hand(name)


def file_of(name: str) -> Path:
    """Where the certificate lies that the server of this endpoint is configured with."""
    return CERTS / name / "certificate.pem" if name in PORTS else SHOPS_FILE
