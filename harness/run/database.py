"""How does a drill talk to a database that may no longer answer, or answer with far too much?"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.errors import OperationalError

from harness.errors import NotJudgedError

T = TypeVar("T")
SECONDS = 25.0
"""A little more than the server itself gives a statement: what takes longer is a server that is gone."""
MOST_BYTES = 32 * 1024 * 1024
RECEIVED = struct.Struct("=128xQ")
"""Of Linux' struct tcp_info: tcpi_bytes_received."""


class BoundedConnection(psycopg.Connection[dict[str, Any]]):
    """A connection whose statements end: within a time, and before their rows fill the memory."""

    def wait(self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's own; NotJudgedError, and the connection is closed, where a statement does not end."""
        try:
            return super().wait(self._counted(gen), interval, SECONDS if timeout is None else timeout)
        except TooMuchError:
            self.close()
            raise NotJudgedError(f"a query of the drill gave more than {MOST_BYTES // 1024**2} MiB of rows") from None
        except OperationalError as problem:
            if timeout is not None or "wait timeout" not in str(problem):
                raise
            self.close()
            raise NotJudgedError(f"PostgreSQL did not answer a statement of the drill in {SECONDS:g} s") from None

    def _counted(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """The same steps, as long as not too much has come."""
        most, ready = self._received() + MOST_BYTES, None
        while True:
            try:
                state = gen.send(ready)
            except StopIteration as end:
                if self._received() > most:  # all of it came in one piece
                    raise TooMuchError from None
                found: T = end.value
                return found
            ready = yield state
            if self._received() > most:
                raise TooMuchError

    def _received(self) -> int:
        """Bytes that have come over this connection; 0 where the system does not count them."""
        with contextlib.suppress(OSError, struct.error, AttributeError):
            borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=self.fileno())
            try:
                said = borrowed.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RECEIVED.size)
            finally:
                borrowed.detach()
            return int(RECEIVED.unpack(said)[0])
        return 0


class TooMuchError(Exception):
    """More rows than anybody needs."""
