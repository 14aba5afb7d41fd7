"""How does a service hang up? At once: it does not wait for whoever is at the other end.

gunicorn 27 gives a client two seconds to close its end, in the one thread that takes connections. A client that keeps
it open, as Python's `HTTPError` does until it is thrown away, would make everybody else wait as long.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

MOST_BYTES, PIECE_BYTES = 64 * 1024, 4096


def hang_up(connection: Any, graceful: bool = False) -> None:  # noqa: FBT002, ARG001 - as gunicorn calls it
    """Close a connection of gunicorn's. What has come unread is thrown away: else the client could lose its answer."""
    with contextlib.closing(connection.sock) as sock, contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(0)
        for _ in range(MOST_BYTES // PIECE_BYTES):
            if not sock.recv(PIECE_BYTES):
                break
