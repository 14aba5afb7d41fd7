"""How is a command run inside of a container so that what it printed is never lost?"""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Iterator
from typing import Any

from harness import engine

HOLD = 'read -r mark; "$@" </dev/null 2>&1; printf "%s%d\\n" "$mark" $?; read -r mark'
"""On a busy machine Docker loses what a command printed that ends at once (moby/moby#27289), and the library what comes
with Docker's own answer: this one begins when it is told to, and stays until its output has come."""


def run(container_id: str, command: list[str]) -> tuple[int, str]:
    """Exit code and output, both streams in one; APIError if the container does not run.

    The code is that of Docker (137 as a rule) if the container ended meanwhile; TimeoutError after 30 s of silence.
    """
    api, mark = engine.client().api, f"--{secrets.token_hex(8)}--"
    made = api.exec_create(container_id, ["sh", "-c", HOLD, "sh", *command], stdin=True)["Id"]
    stream: Any = api.exec_start(made, socket=True)
    try:
        printed = _dialogue(getattr(stream, "_sock", stream), mark.encode())
    finally:
        stream.close()
    output, marked, code = printed.decode(errors="replace").partition(mark)
    return int(code) if marked else int(api.exec_inspect(made)["ExitCode"] or 137), output


def _dialogue(connection: socket.socket, mark: bytes) -> bytes:
    """Have it begin, read all up to the line with the mark, and have it end."""
    connection.settimeout(engine.CALL_SECONDS)
    connection.sendall(mark + b"\n")
    printed = b""
    for data in _frames(connection):
        printed += data
        if mark in printed and printed.endswith(b"\n"):
            connection.sendall(b"\n")
            break
    return printed


def _frames(connection: socket.socket) -> Iterator[bytes]:
    """The pieces of Docker's stream: one byte for stdout or stderr, three of nothing, four for the length."""
    with connection.makefile("rb") as pieces:
        while len(head := pieces.read(8)) == 8:  # noqa: PLR2004
            yield pieces.read(struct.unpack(">xxxxL", head)[0])
