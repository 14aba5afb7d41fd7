"""Keeps the shop's certificate from running out: orders the next one from the CA before the last one ends."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import subprocess
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
ORDERS = "http://ca:8000/orders"
NAME = "shop.internal"
CERTIFICATE = Path("/certs/shop/certificate.pem")
KEY = Path("/certs/shop/key.pem")

VALID_DAYS = 90
RENEW_DAYS_BEFORE = 30
LOOK_EVERY_SECONDS = 0.25
RETRY_SECONDS = 0.5

log = logging.getLogger("renew")


def days_left() -> float:
    """Days until the certificate ends."""
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.read_bytes())
    return (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY_SECONDS


def signing_request() -> str:
    """What the CA needs to know: our name and our public key."""
    key = load_pem_private_key(KEY.read_bytes(), password=None)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    draft = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(names, critical=False)
    return draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def order() -> str:
    """A new certificate from the CA."""
    body = json.dumps({"csr": signing_request(), "days": VALID_DAYS}).encode()
    request = urllib.request.Request(ORDERS, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=2.0) as answer:
        return json.load(answer)["certificate"]


def renew() -> None:
    """Replace the certificate in the file by a new one, whole or not at all."""
    draft = CERTIFICATE.with_suffix(".new")
    draft.write_text(order())
    draft.replace(CERTIFICATE)
    log.info("renewed, good for %.0f days", days_left())


def served() -> bytes:
    """The certificate that nginx shows, as DER."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", 8443), timeout=2.0) as plain, anybody.wrap_socket(plain) as connection:
        return connection.getpeercert(binary_form=True)


def reconcile() -> None:
    """If something else is served than what lies in the file, whoever has put it there, let nginx read it."""
    if x509.load_der_x509_certificate(served()) != x509.load_pem_x509_certificate(CERTIFICATE.read_bytes()):
        subprocess.run(["nginx", "-s", "reload"], check=True, timeout=5.0)


def main() -> None:
    """Look at the file, then at the wire, again and again; what fails is tried again."""
    while True:
        try:
            if days_left() < RENEW_DAYS_BEFORE:
                renew()
            reconcile()
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            log.error("not renewed: %s", problem)
            time.sleep(RETRY_SECONDS)
        time.sleep(LOOK_EVERY_SECONDS)
