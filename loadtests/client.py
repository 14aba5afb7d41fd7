"""How does a customer ask over HTTP, and a drill that must not be told from one?

A connection for each request, the same headers for everybody, no redirect followed, nothing unpacked; one deadline
for the whole answer, and an end to its size. Works with threads, and with gevent's sockets.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from loadtests import answer
from loadtests.answer import CONNECTION, MOST_BYTES, TIMEOUT, Reply

MOST_LEVELS = 50
HEADERS = {
    "Host": "localhost",
    "User-Agent": "Mozilla/5.0",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
"""Of every request. The host's name is always the same: a port would tell who was asked directly."""
UNQUOTED = "/?&=%:;,+@!$'()*~#[]"


def ask(
    address: tuple[str, int],
    method: str,
    path: str,
    *,
    seconds: float,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> Reply:
    """One request and all of its answer; `body` is sent as JSON. `seconds` are for all of it, connecting included."""
    until = time.monotonic() + seconds
    asked = request(method, path, body, headers)
    try:
        with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)) as connection:
            connection.settimeout(seconds)
            connection.connect(address)
            return answer.read(connection, asked, until, most_bytes)
    except TimeoutError:
        return Reply(None, b"", TIMEOUT)
    except OSError as problem:
        return Reply(None, b"", CONNECTION, str(problem))


def request(method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a request; ValueError if a header would begin a line of its own."""
    said = HEADERS | dict(headers or {})
    content = b""
    if method != "GET":
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        said |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines = [f"{method} {quote(path, safe=UNQUOTED)} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header cannot have more than one line")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("not a finite number")
    return found


DECODER = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)


def parsed(body: bytes) -> Any:
    """The JSON of a body; ValueError where it is no UTF-8, has a number that is not finite, or is nested too deeply."""
    try:
        found = DECODER.decode(body.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [found]
    for _ in range(MOST_LEVELS):
        inside = [one for one in level if isinstance(one, (list, dict))]
        if not inside:
            return found
        level = [part for one in inside for part in (one.values() if isinstance(one, dict) else one)]
    raise ValueError("nested too deeply")
