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
def hop(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, as the service has it."""
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    return importlib.import_module("servicekit.hop")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says what it hears, until somebody says bye."""
    while (said := await reader.read(100)) != b"bye":
        writer.write(said)
    writer.close()


async def through(hop: Any, server: Talk, talk: Talk) -> None:
    """Let a customer talk to the server, with the hop between them."""

    async def later(_piece: bytes) -> None:
        await asyncio.sleep(SECONDS)

    async def between(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(*host_of(behind))
        await asyncio.wait(
            [
                asyncio.create_task(hop.carry(near, there, later)),
                asyncio.create_task(hop.carry(far, back, hop.gate.passage)),
            ]
        )
        there.close()
        back.close()

    behind = await asyncio.start_server(server, "127.0.0.1", 0)
    before = await asyncio.start_server(between, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*host_of(before))
    await asyncio.wait_for(talk(reader, writer), 5.0)
    writer.close()
    before.close()
    behind.close()


def host_of(server: asyncio.Server) -> tuple[str, int]:
    """Where it listens."""
    host, port = server.sockets[0].getsockname()[:2]
    return host, port


def test_what_is_asked_arrives_later_and_the_answer_at_once(hop: Any) -> None:
    """Each round trip takes what the hop takes, once."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        for word in (b"one", b"two", b"three"):
            writer.write(word)
            assert await reader.read(100) == word
        assert 3 * SECONDS <= clock() - begun < 9 * SECONDS

    asyncio.run(through(hop, echo, talk))


def test_all_of_a_large_answer_comes(hop: Any) -> None:
    """Byte for byte, whatever the size of a piece."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes(range(256)) * 4000)
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"?")
        assert await reader.readexactly(256 * 4000) == bytes(range(256)) * 4000

    asyncio.run(through(hop, tell, talk))


def test_large_answers_can_be_held_back(hop: Any) -> None:
    """They have been made and are not heard before the release; short ones pass."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said * (100 if said == b"long" else 1))
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hop.gate.hold(least_bytes=200)
        writer.write(b"short")
        assert await reader.read(100) == b"short"
        writer.write(b"long")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(reader.read(1), 4 * SECONDS)
        assert hop.gate.held() == 1
        hop.gate.release()
        assert await reader.readexactly(400) == b"long" * 100
        assert hop.gate.held() == 0

    asyncio.run(through(hop, tell, talk))
