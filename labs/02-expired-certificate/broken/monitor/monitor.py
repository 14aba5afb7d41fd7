"""Rings the pager when a certificate needs attention."""

from __future__ import annotations

import json
import logging
import os
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

ALERT_BELOW_DAYS = 0
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
    """Days until the endpoint's certificate ends."""
    certificate = x509.load_pem_x509_certificate(Path(endpoint.file).read_bytes())
    return (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY_SECONDS


def ring(endpoint: Endpoint, reason: str) -> None:
    """Wake the person on call for this endpoint."""
    log.warning("%s: %s", endpoint.name, reason)
    body = json.dumps({"endpoint": endpoint.name, "reason": reason}).encode()
    request = urllib.request.Request(PAGER, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=2.0).close()  # noqa: S310 - our own address


def check(endpoint: Endpoint) -> None:
    """Ring if the certificate has ended."""
    left = days_left(endpoint)
    if left < ALERT_BELOW_DAYS:
        ring(endpoint, f"the certificate ended {-left:.0f} days ago")


def main() -> None:
    """Check, wait, check."""
    watched = endpoints()
    while True:
        for endpoint in watched:
            try:
                check(endpoint)
            except (OSError, ValueError) as problem:
                log.warning("%s could not be checked: %s", endpoint.name, problem)
        time.sleep(CHECK_EVERY_SECONDS)
