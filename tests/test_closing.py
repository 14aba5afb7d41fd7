"""Does a service answer others while somebody keeps a connection open that was answered long ago?"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import paths
from harness.run.waiting import wait_until

KIT = paths.ROOT / "services" / "python"
APP = """
from flask import Flask, request
app = Flask("shop")

@app.post("/orders")
def order():
    return {"bytes": len(request.get_data())}

@app.post("/blind")
def blind():
    return {"read": False}, 402
"""
SOME, QUICK_SECONDS = 6, 1.0


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a service that gunicorn runs as the kit tells it to."""
    (tmp_path / "app.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    config, where = str(KIT / "servicekit" / "server.py"), f"127.0.0.1:{number}"
    command = [sys.executable, "-m", "gunicorn", "-c", config, "-b", where, "app:app"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{KIT}:{tmp_path}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as server:
        wait_until(lambda: answers(number), 15.0, "the service to answer")
        yield number
        server.terminate()


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def ask(port: int, path: str, body: bytes = b"", last: str = "close") -> socket.socket:
    """A request that has been answered, on a connection that its client does not close."""
    client = socket.create_connection(("127.0.0.1", port), 5.0)
    head = f"POST {path} HTTP/1.1\r\nHost: shop\r\nConnection: {last}\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body)
    return client


def said(client: socket.socket) -> bytes:
    """All that comes until the service hangs up."""
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_whoever_does_not_hang_up_keeps_nobody_waiting(port: int) -> None:
    """The service closes its end, and goes on at once to the next client."""
    with contextlib.ExitStack() as kept:
        begun = time.monotonic()
        for _ in range(SOME):
            client = kept.enter_context(ask(port, "/blind"))
            assert said(client).startswith(b"HTTP/1.1 402")
        assert time.monotonic() - begun < QUICK_SECONDS


def test_an_answer_comes_whole_though_the_request_was_not_read(port: int) -> None:
    """A body that nobody has looked at does not cost the client its answer."""
    for _ in range(SOME):
        with ask(port, "/blind", body=b"x" * 30_000) as client:
            assert b'"read":false' in said(client).replace(b" ", b"")


def test_a_connection_that_is_kept_is_used_again(port: int) -> None:
    """What is to be kept alive is not closed."""
    with ask(port, "/orders", b"one", last="keep-alive") as client:
        assert b"keep-alive" in client.recv(65536)
        client.sendall(b"POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 3\r\n\r\ntwo")
        assert b"200 OK" in said(client)
