"""Is a service called ready when it answers, and not when somebody only takes its connections?"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness.run import engine, readiness


class Server(socketserver.ThreadingTCPServer):
    """Says one thing to everybody, after it has heard something; nothing at all where that is empty."""

    allow_reuse_address = daemon_threads = True
    says = b""


class Handler(socketserver.BaseRequestHandler):
    """One conversation."""

    server: Server

    def handle(self) -> None:
        """Like Docker's proxy where there is nothing to say: the connection is taken and closed."""
        if self.server.says:
            self.request.recv(4096)
            self.request.sendall(self.server.says)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a free port."""
    with Server(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def container(server: Server, ready: str) -> dict[str, Any]:
    """A container that publishes this server as its port 8443, as the Docker API lists it."""
    ports = [{"IP": "127.0.0.1", "PrivatePort": 8443, "PublicPort": server.server_address[1]}]
    return {"State": "running", "Ports": ports, "Labels": {engine.LABEL_READY: ready}}


@pytest.mark.parametrize(
    ("ready", "says", "seen"),
    [
        ("tcp:8443", b"", True),
        ("tls:8443", b"", False),
        ("tls:8443", b"HTTP/1.1 400 Bad Request\r\n\r\n", True),
        ("tls:8443", b"\x15\x03\x03\x00\x02\x02\x28", True),
    ],
    ids=["tcp: a proxy will do", "tls: a proxy will not do", "tls: no TLS there", "tls: refused"],
)
def test_ready_is_who_answers(server: Server, ready: str, says: bytes, seen: bool) -> None:
    """TLS is awaited until the greeting is answered; an answer that is no TLS is the checks' business."""
    server.says = says

    assert readiness.ready(container(server, ready), "") is seen
