"""How is an answer read that may be anything: endless, dripping, huge, no HTTP at all?"""

from __future__ import annotations

import re
import socket
import time
from typing import NamedTuple

KIB = 1024
MOST_BYTES = 256 * KIB
MOST_HEAD_BYTES = 64 * KIB
MOST_HEADS, MOST_CHUNKS = 10, 16 * KIB
STEP_BYTES = 64 * KIB

TIMEOUT, CONNECTION = "timeout", "connection"
TOO_LARGE, NOT_HTTP, ENCODED = "too large", "not HTTP", "encoded"
NO_BODY = frozenset({101, 204, 304})

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: .*)?", re.DOTALL)
LENGTH = re.compile(rb"\d{1,15}")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?", re.DOTALL)


class Reply(NamedTuple):
    """What came back of a request."""

    status: int | None
    """None if no answer began."""
    body: bytes
    """What came of it, also where it broke off."""
    error: str | None = None
    """`timeout`, `connection`, `too large`, `not HTTP` or `encoded`; None if it is whole, whatever its status."""
    detail: str = ""
    """The connection's error in its own words."""

    @property
    def ok(self) -> bool:
        """Whether it is whole and its status is 2xx."""
        return self.error is None and self.status is not None and self.status // 100 == 2  # noqa: PLR2004

    @property
    def redirects(self) -> bool:
        """Whether it sends the customer elsewhere."""
        return self.status is not None and self.status // 100 == 3  # noqa: PLR2004


class AnswerError(Exception):
    """The answer cannot be taken: one of the errors of a `Reply`."""


def read(connection: socket.socket, asked: bytes, until: float, most_bytes: int = MOST_BYTES) -> Reply:
    """Send what is asked, and take the answer; `until` is a moment of the monotonic clock."""
    incoming = _Incoming(connection, until, most_bytes)
    try:
        incoming.send(asked)
        incoming.read_head()
        incoming.read_body()
    except TimeoutError:
        return incoming.reply(TIMEOUT)
    except OSError as problem:
        return incoming.reply(CONNECTION, str(problem))
    except AnswerError as problem:
        return incoming.reply(str(problem))
    return incoming.reply()


class _Incoming:
    """An answer as it comes."""

    def __init__(self, connection: socket.socket, until: float, most_bytes: int) -> None:
        self._connection, self._until, self._most = connection, until, most_bytes
        self._left = 2 * most_bytes + MOST_HEAD_BYTES
        self._bytes = bytearray()
        self._status: int | None = None
        self._fields: dict[bytes, bytes] = {}
        self._body = bytearray()

    def reply(self, error: str | None = None, detail: str = "") -> Reply:
        """All that has come."""
        return Reply(self._status, bytes(self._body), error, detail)

    def send(self, asked: bytes) -> None:
        """Send it all in time."""
        self._connection.settimeout(self._time_left())
        self._connection.sendall(asked)

    def _time_left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _more(self) -> bool:
        """Take what has come next; False at the end of the stream."""
        self._connection.settimeout(self._time_left())
        got = self._connection.recv(STEP_BYTES)
        self._left -= len(got)
        if self._left < 0:
            raise AnswerError(TOO_LARGE)
        self._bytes += got
        return bool(got)

    def _through(self, end: bytes, most: int) -> bytes:
        """All up to this mark, which is taken too."""
        looked = 0
        while (at := self._bytes.find(end, looked)) < 0:
            looked = max(0, len(self._bytes) - len(end) + 1)
            if len(self._bytes) > most:
                raise AnswerError(TOO_LARGE)
            if not self._more():
                raise AnswerError(NOT_HTTP if self._bytes and self._status is None else CONNECTION)
        found = bytes(self._bytes[:at])
        del self._bytes[: at + len(end)]
        return found

    def _pass(self, mark: bytes) -> None:
        """This has to come next."""
        while len(self._bytes) < len(mark):
            if not self._more():
                raise AnswerError(CONNECTION)
        if not self._bytes.startswith(mark):
            raise AnswerError(NOT_HTTP)
        del self._bytes[: len(mark)]

    def read_head(self) -> None:
        """Status and headers of the answer; what is said before it (100 Continue) is passed over."""
        for _ in range(MOST_HEADS):
            first, *lines = self._through(b"\r\n\r\n", MOST_HEAD_BYTES).split(b"\r\n")
            status = STATUS.fullmatch(first)
            if status is None:
                raise AnswerError(NOT_HTTP)
            if int(status[1]) >= 200 or int(status[1]) in NO_BODY:  # noqa: PLR2004
                self._status, self._fields = int(status[1]), _fields(lines)
                return
        raise AnswerError(TOO_LARGE)

    def read_body(self) -> None:
        """The body, as long as the head says."""
        if self._status in NO_BODY:
            return
        if self._fields.get(b"content-encoding", b"identity").lower() not in (b"", b"identity"):
            raise AnswerError(ENCODED)
        transfer, length = self._fields.get(b"transfer-encoding", b"").lower(), self._fields.get(b"content-length")
        if transfer == b"chunked":
            self._read_chunks()
        elif transfer not in (b"", b"identity"):
            raise AnswerError(ENCODED)
        elif length is None:
            self._read_to_the_end()
        else:
            self._take(_number(LENGTH, length, 10))

    def _take(self, count: int) -> None:
        """So many bytes more of the body."""
        if len(self._body) + count > self._most:
            raise AnswerError(TOO_LARGE)
        wanted = len(self._body) + count
        while len(self._body) + len(self._bytes) < wanted:
            count -= len(self._bytes)
            self._body += self._bytes
            self._bytes.clear()
            if not self._more():
                raise AnswerError(CONNECTION)
        self._body += self._bytes[:count]
        del self._bytes[:count]

    def _read_chunks(self) -> None:
        for _ in range(MOST_CHUNKS):
            count = _number(CHUNK, self._through(b"\r\n", MOST_HEAD_BYTES), 16)
            if not count:
                return
            self._take(count)
            self._pass(b"\r\n")
        raise AnswerError(TOO_LARGE)

    def _read_to_the_end(self) -> None:
        while True:
            self._take(len(self._bytes))
            if not self._more():
                return


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    """Headers by their names in small letters; those that say two things about the body are no HTTP."""
    found: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        if found.get(name, value) != value and name in (b"content-length", b"transfer-encoding", b"content-encoding"):
            raise AnswerError(NOT_HTTP)
        found[name] = value
    return found


def _number(pattern: re.Pattern[bytes], text: bytes, base: int) -> int:
    found = pattern.fullmatch(text)
    if found is None:
        raise AnswerError(NOT_HTTP)
    return int(found[found.lastindex or 0], base)
