"""What does one TLS connection to the shop show: to a strict customer, and to somebody who only looks?"""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
from typing import Any

NAME = "shop.internal"


def strict(root_pem: str) -> ssl.SSLContext:
    """Trusts the CA of the lab, nobody else, and wants the right name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root_pem)
    return context


def connect(address: tuple[str, int], context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """A connection after its handshake; OSError where there is none."""
    plain = socket.create_connection(address, timeout=timeout)
    try:
        return context.wrap_socket(plain, server_hostname=NAME)
    except BaseException:
        plain.close()
        raise


def shown(address: tuple[str, int], timeout: float = 1.0) -> str | None:
    """Fingerprint of the certificate on the wire, whoever signed it; None where no handshake comes about."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with connect(address, anybody, timeout) as connection:
            return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return None


def get(address: tuple[str, int], context: ssl.SSLContext, path: str, timeout: float) -> tuple[int, bytes]:
    """Status and body over a connection of its own; OSError or HTTPException where they do not come."""
    channel: Any = http.client.HTTPConnection(NAME)
    channel.sock = connect(address, context, timeout)
    try:
        channel.request("GET", path, headers={"Connection": "close"})
        answer = channel.getresponse()
        return answer.status, answer.read()
    finally:
        channel.close()


def complaint(problem: Exception) -> str:
    """What went wrong, as figures name it."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate: {problem.verify_message}"
    if isinstance(problem, TimeoutError):
        return "timeout"
    return "broken off" if isinstance(problem, http.client.IncompleteRead) else "connection"
