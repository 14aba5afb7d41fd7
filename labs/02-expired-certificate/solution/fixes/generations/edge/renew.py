"""Keeps the shop's certificate from running out: each one has its own key and folder, and nginx is told which to use."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DAY_SECONDS = float(os.environ["DAY_SECONDS"])
ORDERS = "http://ca:8000/orders"
NAME = "shop.internal"
SHOP = Path("/certs/shop")
CERTIFICATE, KEY = SHOP / "certificate.pem", SHOP / "key.pem"
"""The first pair; later the certificate is a copy of the one that is served, for programs that look there."""

PAIR = SHOP / "pair.conf"

VALID_DAYS = 90
RENEW_DAYS_BEFORE = 55
LOOK_EVERY_SECONDS = 0.25
RETRY_SECONDS = 0.25
KEPT = 2

log = logging.getLogger("renew")


def place(path: Path, content: str) -> None:
    """Put the file there, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.write_text(content)
    draft.replace(path)


def use(certificate: Path, key: Path) -> None:
    """Let nginx's configuration name this pair."""
    place(PAIR, f"ssl_certificate {certificate};\nssl_certificate_key {key};\n")


SHOP.mkdir(parents=True, exist_ok=True)
if not PAIR.exists():  # this module is loaded once before nginx starts
    use(CERTIFICATE, KEY)


def days_left() -> float:
    """Days until the certificate ends."""
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.read_bytes())
    return (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY_SECONDS


def order(key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate for this key from the CA."""
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    draft = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(names, critical=False)
    csr = draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    body = json.dumps({"csr": csr, "days": VALID_DAYS}).encode()
    request = urllib.request.Request(ORDERS, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=2.0) as answer:
        return json.load(answer)["certificate"]


def renew(number: int) -> None:
    """A new key, its certificate, and a folder for both; nginx is pointed there when all of it is on disk."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = order(key)
    folder = SHOP / f"generation-{number}"
    folder.mkdir(exist_ok=True)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate.pem").write_text(certificate)
    use(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(["nginx", "-t", "-q"], check=True, timeout=5.0)
    subprocess.run(["nginx", "-s", "reload"], check=True, timeout=5.0)
    place(CERTIFICATE, certificate)
    shutil.rmtree(SHOP / f"generation-{number - KEPT}", ignore_errors=True)
    log.info("generation %s is in force, good for %.0f days", number, days_left())


def main() -> None:
    """Look how long the certificate is good for, again and again; what fails is tried again."""
    number = 1
    while True:
        try:
            if days_left() < RENEW_DAYS_BEFORE:
                renew(number)
                number += 1
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            log.error("not renewed: %s", problem)
            time.sleep(RETRY_SECONDS)
        time.sleep(LOOK_EVERY_SECONDS)
