"""How is a command run inside of a container so that what it printed is never lost?"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

from harness.run import engine

LOOP = 'while read -r mark && [ "$mark" ]; do "$@" </dev/null 2>&1; printf "%s%d\\n" "$mark" $?; done'
"""On a busy machine Docker loses what a command printed that ends at once (moby/moby#27289), and the library what comes
with Docker's own answer: this one begins when it is told to, and stays until its output has come."""


def run(container_id: str, command: list[str]) -> tuple[int, str]:
    """Exit code and output, both streams in one; APIError if the container does not run.

    The code is that of Docker (137 as a rule) if the container ended meanwhile; TimeoutError after 30 s of silence.
    """
    with standing(container_id, command) as again:
        return again.run()


@contextlib.contextmanager
def standing(container_id: str, command: list[str]) -> Iterator[Standing]:
    """A command that is run again and again, without what Docker needs to begin one (a tenth of a second of CPU)."""
    api = engine.client().api
    made = api.exec_create(container_id, ["sh", "-c", LOOP, "sh", *command], stdin=True)["Id"]
    stream: Any = api.exec_start(made, socket=True)
    again = Standing(made, getattr(stream, "_sock", stream))
    try:
        yield again
    finally:
        again.end()
        stream.close()


class Standing:
    """A command inside that waits for its next turn."""

    def __init__(self, made: str, connection: socket.socket) -> None:
        """`made`: Docker's name for it; `connection`: to its standard streams."""
        self._made, self._connection = made, connection
        self._connection.settimeout(engine.CALL_SECONDS)
        self._turn = threading.Lock()

    def run(self) -> tuple[int, str]:
        """As `run` of this module does, from any thread."""
        mark = f"--{secrets.token_hex(8)}--"
        with self._turn:
            printed = self._dialogue(mark.encode())
        output, marked, code = printed.decode(errors="replace").partition(mark)
        if marked:
            return int(code), output
        return int(engine.client().api.exec_inspect(self._made)["ExitCode"] or 137), output

    def end(self) -> None:
        """Let it go: the end of its input alone would not reach it."""
        self._tell(b"\n")

    def _tell(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended: nothing will be read
            self._connection.sendall(line)

    def _dialogue(self, mark: bytes) -> bytes:
        """Have it begin, and read all up to the line with the mark."""
        self._tell(mark + b"\n")
        printed = b""
        for data in self._frames():
            printed += data
            if mark in printed and printed.endswith(b"\n"):
                break
        return printed

    def _frames(self) -> Iterator[bytes]:
        """The pieces of Docker's stream: one byte for stdout or stderr, three of nothing, four for the length."""
        while len(head := self._exactly(8)) == 8:  # noqa: PLR2004
            yield self._exactly(struct.unpack(">xxxxL", head)[0])

    def _exactly(self, count: int) -> bytes:
        """So many bytes; fewer where the stream ends."""
        read = b""
        while len(read) < count and (more := self._connection.recv(count - len(read))):
            read += more
        return read
