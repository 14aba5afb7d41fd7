"""Which other servers speak TLS out there: the bank that billing asks, and the partners' page?"""

from __future__ import annotations

import socket
import socketserver
import ssl
import tempfile
import threading
from collections import Counter
from typing import Any

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
ANSWER = HEAD.encode() + b'{"balance_cents": 12}'
PATIENCE_SECONDS, HELLO = 2.0, b"\x16"  # what every TLS connection begins with


class TlsServer(socketserver.ThreadingTCPServer):
    """Answers every request alike, with the certificate presented last; counts callers, and those that trusted it."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("0.0.0.0", port), _Handler)  # noqa: S104 - inside a container
        self.context: ssl.SSLContext | None = None
        self.kind, self.silent = "", False
        self.came: Counter[str] = Counter()
        self.trusted: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def present(self, certificate: str, key: str, kind: str = "") -> None:
        """From now on this certificate is shown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(key + certificate)
            file.flush()
            context.load_cert_chain(file.name)
        self.context, self.kind = context, kind


class _Handler(socketserver.BaseRequestHandler):
    server: Any

    def handle(self) -> None:
        """A request that comes through the handshake, or without one, means that the caller trusts this server."""
        context, kind = self.server.context, self.server.kind
        if context is None or self.server.silent:
            return
        self.server.came[kind] += 1
        self.request.settimeout(PATIENCE_SECONDS)
        try:
            if self.request.recv(1, socket.MSG_PEEK) not in (b"", HELLO):
                self.server.trusted[kind] += bool(self.request.recv(4096))
                self.request.sendall(ANSWER)
                return
            with context.wrap_socket(self.request, server_side=True) as connection:
                if connection.recv(4096):
                    self.server.trusted[kind] += 1
                    connection.sendall(ANSWER)
        except OSError:
            return  # a caller that does not trust the certificate goes
