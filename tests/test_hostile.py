"""Does whatever a container answers end: in time, in size, in depth, and as what it is?"""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc

import pytest
from wire import Script, for_ever, json_of, keep_open, saying, server

from harness.errors import NotJudgedError
from harness.run import engine, readiness
from harness.run.instruments import Http
from loadtests import answer, client
from loadtests.answer import Reply

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PATIENCE = 1.0


def asked(script: Script, most_bytes: int = answer.MOST_BYTES) -> Reply:
    """What a customer with little patience gets of it."""
    with server(everything=script) as there:
        return client.ask(there.address, "GET", "/", seconds=PATIENCE, most_bytes=most_bytes)


@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        (keep_open, None, "timeout"),
        (saying(), None, "connection"),
        (saying(OK, b"Content-Length: 9\r\n\r\nabc"), 200, "connection"),
        (saying(CHUNKED, b"5\r\nabc"), 200, "connection"),
        (for_ever(OK + b"Content-Length: 9000\r\n\r\n", b"a", 0.05), 200, "timeout"),
        (for_ever(OK + b"X: ", b"a", 0.05), None, "timeout"),
        (for_ever(b"", b"H", 0.05), None, "timeout"),
        (for_ever(OK + b"X: ", b"a" * 4096), None, "too large"),
        (for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99), None, "too large"),
        (for_ever(OK + b"\r\n", b"a" * 4096), 200, "too large"),
        (for_ever(CHUNKED, b"1000\r\n" + b"a" * 4096 + b"\r\n"), 200, "too large"),
        (for_ever(CHUNKED, b"1\r\na\r\n" * 700), 200, "too large"),
        (for_ever(CHUNKED + b"1;x=", b"y" * 4096), 200, "too large"),
        (saying(OK, b"Content-Length: 1500000000\r\n\r\n"), 200, "too large"),
        (saying(OK, b"Content-Length: -1\r\n\r\n"), 200, "not HTTP"),
        (saying(OK, b"Content-Length: 4_0\r\n\r\n"), 200, "not HTTP"),
        (saying(OK, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), None, "not HTTP"),
        (saying(CHUNKED, b"zz\r\n"), 200, "not HTTP"),
        (saying(CHUNKED, b"1\r\nabc\r\n"), 200, "not HTTP"),
        (saying(b"220 mail.example ESMTP\r\n\r\n"), None, "not HTTP"),
        (saying(b"HTTP/9 200 OK\r\n\r\n"), None, "not HTTP"),
        (saying(b"\x15\x03\x03\x00\x02\x02\x28"), None, "not HTTP"),
        (saying(OK, b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"0" * 9_000_000)), 200, "encoded"),
        (saying(OK, b"Transfer-Encoding: gzip, chunked\r\n\r\n"), 200, "encoded"),
    ],
    ids=[
        "nothing", "closed at once", "half a body", "half a chunk", "a dripping body", "a dripping header",
        "a dripping status", "a header without end", "100 Continue for ever", "a body without end",
        "chunks without end", "tiny chunks", "an endless chunk size", "1.5 GB announced", "less than nothing",
        "an odd number", "two lengths", "no number", "a chunk that is longer", "SMTP", "HTTP 9", "TLS",
        "a compression bomb", "another transfer encoding",
    ],
)  # fmt: skip
def test_every_answer_ends(script: Script, status: int | None, error: str) -> None:
    """In the customer's time and within a limit of bytes, whatever comes; the reply says what was wrong."""
    begun = time.monotonic()
    reply = asked(script)

    assert (reply.status, reply.error) == (status, error)
    assert time.monotonic() - begun < PATIENCE + 1


def test_a_large_answer_takes_no_more_memory_than_its_limit() -> None:
    """An answer without end is given up long before it fills the memory."""
    tracemalloc.start()
    reply = asked(for_ever(OK + b"\r\n", b"a" * 65536))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reply.error == "too large"
    assert most < 4 * answer.MOST_BYTES


@pytest.mark.parametrize(
    "script",
    [
        json_of(b'{"price": 3}'),
        saying(OK, b"\r\n", b'{"price": 3}'),
        saying(CHUNKED, b'6\r\n{"pric\r\n6;x=y\r\ne": 3}\r\n0\r\nTrailer: x\r\n\r\n'),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 201 Created\r\n\r\n", b'{"price": 3}'),
        saying(OK, b"Content-Encoding: identity\r\ncontent-length:  12 \r\n\r\n", b'{"price": 3}'),
    ],
    ids=["length", "to the end", "chunks", "continue", "odd spaces"],
)
def test_every_way_to_answer_is_read(script: Script) -> None:
    """A body of known length, in chunks, or up to the end of the connection is the same answer."""
    reply = asked(script)

    assert reply.ok
    assert client.parsed(reply.body) == {"price": 3}


def test_no_redirect_is_followed() -> None:
    """An answer that sends the customer elsewhere is that answer; nobody goes there."""
    with server(everything=keep_open) as elsewhere:
        location = f"Location: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        for status in (b"301", b"302", b"303", b"307", b"308"):
            reply = asked(saying(b"HTTP/1.1 ", status, b" Elsewhere\r\n", location))
            assert (reply.redirects, reply.ok, reply.error) == (True, False, None)

        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000, b'{"a":' * 100_000, b"[" * 60 + b"]" * 60, b"NaN", b"[Infinity]", b"1e999", b"",
        b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"), b'{"a": "\xff"}', b"1" * 5000, b"{'a': 1}", b"[1, 2",
    ],
    ids=[
        "deep", "deep objects", "deep but right", "not a number", "infinity", "too large a number", "empty", "BOM",
        "UTF-16", "no UTF-8", "5,000 digits", "Python", "half",
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    """Nothing else is raised, no RecursionError for one; a number that is not finite is none."""
    with pytest.raises(ValueError):  # noqa: PT011 - its words are Python's
        client.parsed(body)


def test_a_wide_answer_is_json() -> None:
    """Only depth is bounded: many objects beside each other are an answer like others."""
    rows = [{"id": number, "tags": ["a", "b"]} for number in range(2000)]

    assert client.parsed(json.dumps(rows).encode()) == rows


def test_a_path_begins_no_line_of_its_own() -> None:
    """What a customer took from an answer stays within its path; a header with a line break is refused."""
    assert b"/a%0D%0AX:%20y%C3%BC HTTP/1.1\r\n" in client.request(
        "GET", "/a\r\nX: y\N{LATIN SMALL LETTER U WITH DIAERESIS}"
    )
    with pytest.raises(ValueError, match="more than one line"):
        client.request("GET", "/", headers={"X-Key": "a\r\nX: y"})


# --- the drill ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (for_ever(OK + b"\r\n", b"a" * 65536), "too large"),
        (for_ever(OK + b"\r\n", b"a", 0.05), "timeout"),
        (keep_open, "timeout"),
        (saying(b"what?\r\n\r\n"), "not HTTP"),
        (saying(OK, b"Content-Encoding: br\r\n\r\nabc"), "encoded"),
    ],
    ids=["too large", "dripping", "silent", "no HTTP", "compressed"],
)
def test_the_drills_requests_end_too(script: Script, error: str) -> None:
    """The drill gets an answer that says what was wrong; it is not ok, and has no JSON."""
    with server(everything=script) as there:
        begun = time.monotonic()
        said = Http(lambda: there.address).get("/", timeout=PATIENCE)

    assert (said.error, said.ok, said.json) == (error, False, None)
    assert time.monotonic() - begun < PATIENCE + 1


def test_a_redirect_is_no_right_answer() -> None:
    """The drill sees the status of the redirect, and goes nowhere."""
    with server(everything=saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")) as there:
        said = Http(lambda: there.address).get("/")

        assert (said.status, said.ok) == (302, False)
        assert len(there.asked) == 1


def test_a_drill_that_only_asks_ends_at_its_limit() -> None:
    """What the drill wants to be called before each request may end it."""

    def over() -> None:
        raise NotJudgedError("the drill was ended after its limit of 60 s")

    with server(everything=keep_open) as there, pytest.raises(NotJudgedError, match="limit"):
        Http(lambda: there.address, before=over).get("/")


# --- readiness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (json_of(b"{}"), None),
        (for_ever(OK + b"\r\n", b"a" * 65536), "answers /health with more than 64 KiB"),
        (for_ever(OK + b"\r\n", b"a", 0.2), "begins to answer /health with HTTP 200, and does not end (timeout)"),
        (saying(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), "answers /health with HTTP 302"),
        (saying(b"HTTP/1.1 500 No\r\n\r\n"), "answers /health with HTTP 500"),
        (saying(b"hello\r\n\r\n"), "does not answer /health (not HTTP)"),
    ],
    ids=["healthy", "too large", "endless", "redirect", "error", "no HTTP"],
)
def test_a_service_is_healthy_when_it_has_said_so(script: Script, said: str | None) -> None:
    """A whole answer counts, and a small one; else the reason is known."""
    with server(everything=script) as there:
        ports = [{"IP": "127.0.0.1", "PrivatePort": 8000, "PublicPort": there.address[1]}]
        container = {"State": "running", "Ports": ports, "Labels": {engine.LABEL_READY: "http:8000:/health"}}

        assert readiness.complaint(container, "") == said
        assert readiness.ready(container, "") is (said is None)
