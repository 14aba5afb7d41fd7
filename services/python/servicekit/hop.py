"""How far away is a server? This worker stands in front of one, and lets what is asked arrive some time later.

`HOP_TO` names the server (`db:5432`), `HOP_MS` the milliseconds that each piece of a request is under way. Answers are
passed on at once, so that is what a round trip costs besides. It costs no more than a tenth of a millisecond of CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

PIECE_BYTES = 64 * 1024


def main() -> None:
    """Pass everything on until the process is ended."""
    host, _, port = os.environ["HOP_TO"].rpartition(":")
    asyncio.run(serve(host, int(port), float(os.environ["HOP_MS"]) / 1000))


async def serve(host: str, port: int, seconds: float) -> None:
    """Take connections at this port, each for one of its own to the server."""

    async def pass_on(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(back):
            far, there = await asyncio.open_connection(host, port)
            with contextlib.closing(there):
                ways = [asyncio.create_task(carry(near, there, seconds)), asyncio.create_task(carry(far, back, 0.0))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()

    async with await asyncio.start_server(pass_on, "0.0.0.0", port) as server:  # noqa: S104 - inside a container
        await server.serve_forever()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Until one end closes: each piece, so many seconds after it has come."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE_BYTES):
            if seconds:
                await asyncio.sleep(seconds)
            writer.write(piece)
            await writer.drain()
