"""How does a test get a server that answers anything, and tells which bytes it was asked with?"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket], None]


def saying(*parts: bytes) -> Script:
    """These bytes, and the end of the connection."""
    return lambda connection: connection.sendall(b"".join(parts))


def for_ever(head: bytes, piece: bytes, every_seconds: float = 0.0) -> Script:
    """A head, and then the same piece until the other side has had enough."""

    def say(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            if every_seconds:
                time.sleep(every_seconds)

    return say


def json_of(body: bytes) -> Script:
    """A right answer with this body."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return saying(head, body)


def keep_open(connection: socket.socket) -> None:
    """Nothing, until the other side goes."""
    connection.settimeout(30)
    connection.recv(1)


@dataclass
class Server:
    """Answers each connection by the script of its path, or the one that there is for all."""

    scripts: dict[str, Script]
    host: str = "127.0.0.1"
    asked: list[bytes] = field(default_factory=list)
    """The bytes of each request, in the order of their coming."""

    def __post_init__(self) -> None:
        """Listen on a free port."""
        self._listener = socket.create_server((self.host, 0), backlog=512)
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.address[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            asked = _request(connection)
            self.asked.append(asked)
            path = asked.split(b" ")[1].decode() if asked.count(b" ") > 1 else ""
            self.scripts.get(path, self.scripts.get("", keep_open))(connection)

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


def _request(connection: socket.socket) -> bytes:
    """Head and body of one request."""
    asked = b""
    while b"\r\n\r\n" not in asked and (more := connection.recv(65536)):
        asked += more
    head, _, body = asked.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]) and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def server(host: str = "127.0.0.1", **scripts: Script) -> Iterator[Server]:
    """A server; the script called `everything` is for all paths, `slash_name` for `/name`."""
    found = Server({_path(name): script for name, script in scripts.items()}, host)
    yield found
    found.close()


def _path(name: str) -> str:
    return "" if name == "everything" else "/" + name.removeprefix("slash_")
