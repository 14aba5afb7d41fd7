"""Keeps the shop's certificate from running out: orders the next one from the CA before the last one ends."""

from __future__ import annotations

import json
import logging
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ORDERS = "http://ca:8000/orders"
NAME = "shop.internal"
FOLDER = Path("/certs/shop")
CURRENT = FOLDER / "current"
"""A link to the folder of the pair that is served. The files that nginx.conf names are links to what lies below it."""

PAIR = ("key.pem", "certificate.pem")

VALID_DAYS = 90
RENEW_AT = 0.6
LOOK_EVERY_SECONDS = 0.25
RETRY_SECONDS = (0.2, 0.4, 0.8)
SERVED_SECONDS = 2.0

log = logging.getLogger("renew")


class NotServedError(RuntimeError):
    """nginx goes on with the old certificate."""


def served() -> x509.Certificate:
    """The certificate that nginx serves now."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", 8443), timeout=2.0) as plain,
        anybody.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True))


def used_up(certificate: x509.Certificate) -> float:
    """Which share of its lifetime is over."""
    begun, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (datetime.now(UTC) - begun) / (ends - begun)


def order(key: ec.EllipticCurvePrivateKey) -> str:
    """A certificate for this key from the CA."""
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    draft = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(names, critical=False)
    csr = draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    body = json.dumps({"csr": csr, "days": VALID_DAYS}).encode()
    request = urllib.request.Request(ORDERS, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=2.0) as answer:
        return json.load(answer)["certificate"]


def new_pair() -> Path:
    """A folder with a fresh key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = order(key)
    folder = Path(tempfile.mkdtemp(prefix="pair-", dir=FOLDER))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate.pem").write_text(certificate)
    return folder


def point(link: Path, target: str) -> None:
    """Let this link name another target, or become one, in one step."""
    draft = link.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


def hand_over(folder: Path) -> None:
    """Let the link name this folder, in one step, and nginx read it; NotServedError if that does not show on the wire."""
    point(CURRENT, folder.name)
    for name in PAIR:
        point(FOLDER / name, f"{CURRENT.name}/{name}")
    wanted = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    subprocess.run(["nginx", "-s", "reload"], check=True, timeout=5.0)
    until = time.monotonic() + SERVED_SECONDS
    while served() != wanted:
        if time.monotonic() > until:
            raise NotServedError(f"{wanted.serial_number} is on disk, another one is served")
        time.sleep(0.05)


def forget_others() -> None:
    """Remove all pairs but the one that is served."""
    for folder in FOLDER.glob("pair-*"):
        if folder.name != CURRENT.readlink().name:
            shutil.rmtree(folder)


def main() -> None:
    """What counts is the wire: when what is served grows old it is replaced, and what fails is tried again."""
    failures = 0
    pair: Path | None = None
    while True:
        try:
            if used_up(served()) > RENEW_AT:
                pair = pair or new_pair()
                hand_over(pair)
                forget_others()
                log.info("%s is served", pair.name)
            pair, failures = None, 0
            time.sleep(LOOK_EVERY_SECONDS)
        except (OSError, ValueError, NotServedError, subprocess.SubprocessError) as problem:
            log.error("not renewed: %s", problem)
            time.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
            failures += 1
