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


def days_left(endpoint: Endpoint) -> float:
    """Days until a certificate of this endpoint ends: the one that it serves, or the one that it would start with."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((endpoint.host, endpoint.port), timeout=2.0) as plain,
        anybody.wrap_socket(plain, server_hostname=endpoint.host) as connection,
    ):
        certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))
    stored = x509.load_pem_x509_certificate(Path(endpoint.file).read_bytes())
    ends = min(certificate.not_valid_after_utc, stored.not_valid_after_utc)
    return (ends - datetime.now(UTC)).total_seconds() / DAY_SECONDS


def ring(endpoint: Endpoint, reason: str) -> None:
    """Wake the person on call for this endpoint."""
    log.warning("%s: %s", endpoint.name, reason)
    body = json.dumps({"endpoint": endpoint.name, "reason": reason}).encode()
    request = urllib.request.Request(PAGER, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=2.0).close()


def check(endpoint: Endpoint) -> None:
    """Ring if the certificate that is served ends soon, or if there is none."""
    try:
        left = days_left(endpoint)
    except (OSError, ValueError) as problem:
        ring(endpoint, f"no TLS there: {problem}")
        return
    if left < ALERT_BELOW_DAYS:
        ring(endpoint, f"the certificate that is served ends in {left:.0f} days")


def main() -> None:
    """Check, wait, check."""
    watched = endpoints()
    while True:
        for endpoint in watched:
            try:
                check(endpoint)
            except OSError as problem:
                log.error("the pager could not be reached for %s: %s", endpoint.name, problem)
        time.sleep(CHECK_EVERY_SECONDS)
