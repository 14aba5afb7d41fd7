"""What does one TLS connection to the shop show: to a strict customer, and to an onlooker that trusts nobody?"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from http import HTTPStatus

from loadtests import answer, client

NAME, BROKEN_OFF = "shop.internal", "broken off"
NO_CHECK_TIME = 0x200000  # OpenSSL's flag: dates are compared with the stack's clock, and not with this machine's


def strict(root_pem: str | None) -> ssl.SSLContext:
    """Trusts the lab's CA, no other, and wants the right name; without a root it takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= NO_CHECK_TIME
    if root_pem is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=root_pem)
    return context


def connect(address: tuple[str, int], trust: ssl.SSLContext, seconds: float) -> ssl.SSLSocket:
    """A connection after its handshake; OSError where there is none."""
    return trust.wrap_socket(socket.create_connection(address, timeout=seconds), server_hostname=NAME)


def shown(address: tuple[str, int]) -> str | None:
    """Fingerprint of the certificate on the wire, trusted or not; None where no handshake comes about."""
    try:
        with connect(address, strict(None), 1.0) as connection:
            return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return None


def complaint(
    address: tuple[str, int], trust: ssl.SSLContext, path: str, wanted: bytes, *, until: float, ahead: float
) -> str | None:
    """What was wrong with certificate or answer (its end: `wanted`). The stack's clock is `ahead` of `until`'s."""
    begun = time.monotonic()
    try:
        with connect(address, trust, until - begun) as connection:
            dates = dict(connection.getpeercert() or {})
            if dates and begun + ahead > ssl.cert_time_to_seconds(str(dates["notAfter"])):
                return "certificate: certificate has expired"
            if dates and time.monotonic() + ahead < ssl.cert_time_to_seconds(str(dates["notBefore"])):
                return "certificate: certificate is not yet valid"
            reply = answer.read(connection, client.request("GET", path, headers={"Host": NAME}), until)
    except ssl.SSLCertVerificationError as problem:
        return f"certificate: {problem.verify_message}"
    if reply.status not in (None, HTTPStatus.OK):
        return f"HTTP {reply.status}"
    if reply.error:
        return BROKEN_OFF if reply.status and reply.error == answer.CONNECTION else reply.error
    return None if reply.body.strip().endswith(wanted) else "wrong answer"
