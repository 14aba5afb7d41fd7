"""Rings the pager when a certificate needs attention."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import time
import tomllib
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
PAGER = "http://pager:8000/ring"
ENDPOINTS = Path("/lab/endpoints.toml")

ALERT_BELOW_DAYS = 25
DIFFERS_BELOW_DAYS, DIFFERS_SECONDS = 34, 1.5
CHECK_EVERY_SECONDS = 0.5

log = logging.getLogger("monitor")


@dataclass(frozen=True)
class Endpoint:
    """A name under which others reach us, and the file with its certificate."""

    name: str
    host: str
    port: int
    file: str


def endpoints() -> list[Endpoint]:
    """All that is to be watched."""
    return [Endpoint(name, **rest) for name, rest in tomllib.loads(ENDPOINTS.read_text()).items()]


def shown(endpoint: Endpoint) -> x509.Certificate:
    """The certificate that this endpoint serves."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((endpoint.host, endpoint.port), timeout=2.0) as plain,
        anybody.wrap_socket(plain, server_hostname=endpoint.host) as connection,
    ):
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))


def stored(endpoint: Endpoint) -> x509.Certificate:
    """The certificate that lies in the endpoint's file."""
    return x509.load_pem_x509_certificate(Path(endpoint.file).read_bytes())


def ring(endpoint: Endpoint, reason: str) -> None:
    """Wake the person on call for this endpoint."""
    log.warning("%s: %s", endpoint.name, reason)
    body = json.dumps({"endpoint": endpoint.name, "reason": reason}).encode()
    request = urllib.request.Request(PAGER, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=2.0).close()


def complaint(endpoint: Endpoint, differs_for: float) -> str | None:
    """What is wrong with it; `differs_for`: seconds for which file and wire have not been the same."""
    certificate = shown(endpoint)
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY_SECONDS
    if left < ALERT_BELOW_DAYS:
        return f"what is served ends in {left:.0f} days"
    if left < DIFFERS_BELOW_DAYS and differs_for > DIFFERS_SECONDS:
        return "what is served is not what lies in the file"
    return None


class Watch:
    """One endpoint, and whether somebody has been told already."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.told, self.same_at = endpoint, False, time.monotonic()

    def check(self) -> None:
        """Ring when something becomes wrong, once."""
        try:
            if stored(self.endpoint) == shown(self.endpoint):
                self.same_at = time.monotonic()
            wrong = complaint(self.endpoint, time.monotonic() - self.same_at)
        except (OSError, ValueError) as problem:
            wrong = f"not to be checked: {problem}"
        if wrong and not self.told:
            ring(self.endpoint, wrong)
        self.told = bool(wrong)


def main() -> None:
    """Check, wait, check."""
    watched = [Watch(endpoint) for endpoint in endpoints()]
    while True:
        for watch in watched:
            try:
                watch.check()
            except OSError as problem:
                log.error("the pager could not be reached: %s", problem)
        time.sleep(CHECK_EVERY_SECONDS)
