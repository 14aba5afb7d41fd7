"""How far away is a server? This worker stands in front of one, and lets what is asked arrive some time later.

`HOP_TO` names the server (`db:5432`), `HOP_MS` the milliseconds that each piece of a request is under way. Answers are
passed on at once, so that is what a round trip costs besides. It costs no more than a tenth of a millisecond of CPU.
The drill can have it hold back answers (`hold`, `held`, `release`): they have been made, and nobody has heard them yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable

PIECE_BYTES, LOOK_SECONDS = 64 * 1024, 0.01


class Gate:
    """Open, as long as nobody has it hold back answers. Used by the drill's thread and by those who wait."""

    def __init__(self) -> None:
        self._least_bytes, self._waiting = 0, 0

    def hold(self, least_bytes: int) -> None:
        """From now on, pieces of answers that are at least so large wait here."""
        self._least_bytes = least_bytes

    def release(self) -> None:
        """They go on."""
        self._least_bytes = 0

    def held(self) -> int:
        """How many wait."""
        return self._waiting

    async def passage(self, piece: bytes) -> None:
        """Over when the piece may go on."""
        self._waiting += 1
        try:
            while 0 < self._least_bytes <= len(piece):  # noqa: ASYNC110 - another thread lets it go
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._waiting -= 1


gate = Gate()
orders = {"hold": gate.hold, "release": gate.release, "held": gate.held}


def main() -> None:
    """Pass everything on until the process is ended."""
    host, _, port = os.environ["HOP_TO"].rpartition(":")
    asyncio.run(serve(host, int(port), float(os.environ["HOP_MS"]) / 1000))


async def serve(host: str, port: int, seconds: float) -> None:
    """Take connections at this port, each for one of its own to the server."""

    async def later(_piece: bytes) -> None:
        await asyncio.sleep(seconds)

    async def pass_on(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(back):
            far, there = await asyncio.open_connection(host, port)
            with contextlib.closing(there):
                ways = [
                    asyncio.create_task(carry(near, there, later)),
                    asyncio.create_task(carry(far, back, gate.passage)),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()

    async with await asyncio.start_server(pass_on, "0.0.0.0", port) as server:  # noqa: S104 - inside a container
        await server.serve_forever()


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passage: Callable[[bytes], Awaitable[None]]
) -> None:
    """Until one end closes: each piece, when it may pass."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE_BYTES):
            await passage(piece)
            writer.write(piece)
            await writer.drain()
