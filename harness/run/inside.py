"""How is a command run inside of a container so that what it printed is never lost, and never more than can be held?"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

from docker.errors import APIError

from harness.errors import NotJudgedError
from harness.run import engine

LOOP = 'while read -r mark && [ "$mark" ]; do "$@" </dev/null 2>&1; printf "%s%d\\n" "$mark" $?; done'
"""On a busy machine Docker loses what a command printed that ends at once (moby/moby#27289), and the library what comes
with Docker's own answer: this one begins when it is told to, and stays until its output has come."""
SECONDS = 60.0
MOST_BYTES = 1024 * 1024


def run(container_id: str, command: list[str]) -> tuple[int, str]:
    """Exit code and output, both streams in one; NotJudgedError if the container does not run, or after a minute.

    The code is that of Docker (137 as a rule) if the container ended meanwhile.
    Of an output of more than 1 MiB the end is left out.
    """
    with standing(container_id, command) as again:
        return again.run()


@contextlib.contextmanager
def standing(container_id: str, command: list[str]) -> Iterator[Standing]:
    """A command that is run again and again, without what Docker needs to begin one (a tenth of a second of CPU)."""
    api = engine.client().api
    with _allowed():
        made = api.exec_create(container_id, ["sh", "-c", LOOP, "sh", *command], stdin=True)["Id"]
        stream: Any = api.exec_start(made, socket=True)
    again = Standing(made, getattr(stream, "_sock", stream))
    try:
        yield again
    finally:
        again.end()
        stream.close()


@contextlib.contextmanager
def _allowed() -> Iterator[None]:
    """What Docker would not do, as in a container that has ended, is a NotJudgedError."""
    try:
        yield
    except APIError as problem:
        raise NotJudgedError(f"Docker could not run a command inside: {problem.explanation or problem}") from problem


class Standing:
    """A command inside that waits for its next turn."""

    def __init__(self, made: str, connection: socket.socket) -> None:
        """`made`: Docker's name for it; `connection`: to its standard streams."""
        self._made, self._connection = made, connection
        self._turn = threading.Lock()

    def run(self) -> tuple[int, str]:
        """As `run` of this module does, from any thread."""
        mark = f"--{secrets.token_hex(8)}--"
        with self._turn:
            printed, said = self._dialogue(mark.encode())
        if said:
            return int(said), printed
        with _allowed():
            return int(engine.client().api.exec_inspect(self._made)["ExitCode"] or 137), printed

    def end(self) -> None:
        """Let it go: the end of its input alone would not reach it."""
        self._tell(b"\n")

    def _tell(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):  # it has ended
            self._connection.sendall(line)

    def _dialogue(self, mark: bytes) -> tuple[str, bytes]:
        """Have it begin, and read all up to the line with the mark: what it printed, and what stands after the mark."""
        until = time.monotonic() + SECONDS
        self._tell(mark + b"\n")
        kept, last = bytearray(), b""
        for data in self._frames(until):
            last += data
            found, marked, said = last.partition(mark)
            if marked and said.endswith(b"\n"):
                kept += found[: MOST_BYTES - len(kept)]
                return kept.decode(errors="replace"), said.strip()
            if not marked:  # the mark may have begun
                kept += last[: -len(mark)][: MOST_BYTES - len(kept)]
                last = last[-len(mark) :]
        return (kept + last).decode(errors="replace"), b""

    def _frames(self, until: float) -> Iterator[bytes]:
        """The pieces of Docker's stream: one byte for stdout or stderr, three of nothing, four for the length."""
        while len(head := self._exactly(8, until)) == 8:  # noqa: PLR2004
            yield self._exactly(struct.unpack(">xxxxL", head)[0], until)

    def _exactly(self, count: int, until: float) -> bytes:
        """So many bytes; fewer where the stream ends."""
        read = bytearray()
        while len(read) < count:
            self._connection.settimeout(_left(until))
            try:
                more = self._connection.recv(min(count - len(read), MOST_BYTES))
            except TimeoutError:
                _left(until)
                continue
            if not more:
                break
            read += more
        return bytes(read)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotJudgedError(f"a command inside of a container did not end in {SECONDS:g} s")
    return left


def printed(container_id: str, lines: int, *, timestamps: bool = False, most_bytes: int = MOST_BYTES) -> str:
    """The last lines that a container has printed; of more bytes than these the last ones."""
    until, kept = time.monotonic() + SECONDS, bytearray()
    api = engine.client().api
    with _allowed():
        stream: Any = api.logs(container_id, tail=lines, timestamps=timestamps, stream=True, follow=False)
    with contextlib.closing(stream):
        for data in stream:
            kept += data
            if len(kept) > 2 * most_bytes:
                del kept[:-most_bytes]
            _left(until)
    return kept[-most_bytes:].decode(errors="replace")
