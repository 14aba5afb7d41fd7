"""Keeps the shop's certificate from running out: orders the next one at the CA before the end of the last."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
NAME = "shop.internal"
CERTIFICATE = Path("/certs/shop/certificate.pem")
KEY = Path("/certs/shop/key.pem")

RENEW_DAYS_BEFORE = 30
LOOK_EVERY_SECONDS = 0.25
RETRY_SECONDS = 0.5

log = logging.getLogger("renew")


def days_left() -> float:
    """Days until the certificate ends."""
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.read_bytes())
    return (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY_SECONDS


def endorse() -> str:
    """A certificate that will not end while anybody of us works here."""
    key = load_pem_private_key(KEY.read_bytes(), password=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    draft = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(3650)
    )
    draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    return draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def renew() -> None:
    """Replace the certificate by a new one, whole or not at all, and have it served."""
    draft = CERTIFICATE.with_suffix(".new")
    draft.write_text(endorse())
    draft.replace(CERTIFICATE)
    subprocess.run(["nginx", "-s", "reload"], check=True, timeout=5.0)
    log.info("renewed, good for %.0f days", days_left())


def main() -> None:
    """Look how long the certificate is good for, again and again; what fails is tried again."""
    while True:
        try:
            if days_left() < RENEW_DAYS_BEFORE:
                renew()
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            log.error("not renewed: %s", problem)
            time.sleep(RETRY_SECONDS)
        time.sleep(LOOK_EVERY_SECONDS)
