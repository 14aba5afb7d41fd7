"""What does the certificate authority sign, and what has it signed?"""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LONGEST_DAYS = 90
CUSTOMERS = ("shop.internal",)
NOTHING_MORE = {"data_encipherment": False, "encipher_only": False, "decipher_only": False, "crl_sign": False}
SIGNS = {"digital_signature": True, "content_commitment": False, "key_encipherment": False, "key_agreement": False}


class RefusedError(ValueError):
    """The order is against the policy; the message says how."""


class Authority:
    """A root key that signs for names, and a ledger of all certificates. A day is shorter here than elsewhere."""

    def __init__(self, day_seconds: float) -> None:
        self.day_seconds = day_seconds
        self.ledger: list[dict[str, Any]] = []
        self._serials = itertools.count(1)
        self._lock = threading.Lock()
        self._key = new_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Internal CA")])
        ever = datetime.now(UTC).replace(microsecond=0)
        self._root = self._signed(self._name, self._key.public_key(), ever - timedelta(1), ever + timedelta(9))
        self.root_pem = pem(self._root)

    def order(self, request_pem: str, days: float) -> str:
        """The certificate that a customer asks for, as PEM; RefusedError where the policy forbids it."""
        try:
            request = x509.load_pem_x509_csr(request_pem.encode())
            names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, x509.ExtensionNotFound) as problem:
            raise RefusedError(f"no request with names to certify: {problem}") from problem
        wanted = names.get_values_for_type(x509.DNSName)
        if not request.is_signature_valid or not wanted or not set(wanted) <= set(CUSTOMERS):
            raise RefusedError(f"the names that are certified here, for the owner of the key: {', '.join(CUSTOMERS)}")
        if not 0 < days <= LONGEST_DAYS:
            raise RefusedError(f"at most {LONGEST_DAYS} days, and not {days:g}")
        return self.issue(wanted[0], request.public_key(), days=days)

    def issue(self, name: str, key: Any, *, days: float = 90, ends: float | None = None, noted: bool = True) -> str:
        """A certificate that is new, or ends then, as PEM; without `noted` the ledger does not know it."""
        lasts, now = timedelta(seconds=round(days * self.day_seconds)), time.time()
        since = datetime.fromtimestamp(int(ends or now), UTC) - (lasts if ends else timedelta(0))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        with self._lock:
            certificate = self._signed(subject, key, since, since + lasts)
            self.ledger += [_entry(certificate, name, now)] if noted else []
        return pem(certificate)

    def issued(self, name: str) -> list[dict[str, Any]]:
        """What the ledger knows of this name's certificates, in the order of their issue."""
        return [entry for entry in self.ledger if entry["name"] == name]

    def _signed(self, subject: x509.Name, key: Any, since: datetime, until: datetime) -> x509.Certificate:
        is_root, serial = subject == self._name, next(self._serials)
        usage = x509.KeyUsage(**SIGNS, key_cert_sign=is_root, **NOTHING_MORE)
        draft = x509.CertificateBuilder(self._name, subject, key, serial, since, until)
        draft = draft.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        draft = draft.add_extension(usage, critical=True)
        draft = draft.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        draft = draft.add_extension(own, critical=False)
        if not is_root:
            draft = draft.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            draft = draft.add_extension(_alternative(subject), critical=False)
        return draft.sign(self._key, hashes.SHA256())


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh private key."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(item: Any) -> str:
    """A certificate or a private key as text."""
    if isinstance(item, x509.Certificate):
        return item.public_bytes(serialization.Encoding.PEM).decode()
    plain = serialization.NoEncryption()
    return item.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def self_signed(name: str) -> tuple[str, str]:
    """A certificate that no CA vouches for, with its key, both as PEM."""
    key, now = new_key(), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    draft = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(1), now + timedelta(3650))
    return pem(draft.add_extension(_alternative(subject), critical=False).sign(key, hashes.SHA256())), pem(key)


def _alternative(subject: x509.Name) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName(str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value))]
    )


def shown_serial(certificate: x509.Certificate) -> str:
    """As `openssl x509 -serial` prints it."""
    digits = f"{certificate.serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def _entry(certificate: x509.Certificate, name: str, now: float) -> dict[str, Any]:
    return {
        "serial": shown_serial(certificate),
        "name": name,
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "issued": now,
        "not_before": certificate.not_valid_before_utc.timestamp(),
        "not_after": certificate.not_valid_after_utc.timestamp(),
    }
