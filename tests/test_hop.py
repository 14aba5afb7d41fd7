"""Does the stretch of network before a server pass everything on, each request a little later?"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness import paths

SECONDS = 0.05
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def carry(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function that passes on what comes."""
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    return importlib.import_module("servicekit.hop").carry


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says what it hears, until somebody says bye."""
    while (said := await reader.read(100)) != b"bye":
        writer.write(said)
    writer.close()


async def through(carry: Any, server: Talk, talk: Talk) -> None:
    """Let a customer talk to the server, with the hop between them."""

    async def hop(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(*host_of(behind))
        await asyncio.wait(
            [asyncio.create_task(carry(near, there, SECONDS)), asyncio.create_task(carry(far, back, 0.0))]
        )
        there.close()
        back.close()

    behind = await asyncio.start_server(server, "127.0.0.1", 0)
    before = await asyncio.start_server(hop, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*host_of(before))
    await asyncio.wait_for(talk(reader, writer), 5.0)
    writer.close()
    before.close()
    behind.close()


def host_of(server: asyncio.Server) -> tuple[str, int]:
    """Where it listens."""
    host, port = server.sockets[0].getsockname()[:2]
    return host, port


def test_what_is_asked_arrives_later_and_the_answer_at_once(carry: Any) -> None:
    """Each round trip takes what the hop takes, once."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        for word in (b"one", b"two", b"three"):
            writer.write(word)
            assert await reader.read(100) == word
        assert 3 * SECONDS <= clock() - begun < 9 * SECONDS

    asyncio.run(through(carry, echo, talk))


def test_all_of_a_large_answer_comes(carry: Any) -> None:
    """Byte for byte, whatever the size of a piece."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes(range(256)) * 4000)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"?")
        assert await reader.readexactly(256 * 4000) == bytes(range(256)) * 4000

    asyncio.run(through(carry, tell, talk))
