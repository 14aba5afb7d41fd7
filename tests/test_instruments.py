"""Is what a service answers, or does not answer, told without an exception?"""

from __future__ import annotations

import socket

from harness.errors import NotJudgedError
from harness.instruments import Http


def test_a_port_where_nobody_listens_is_an_answer() -> None:
    """The connection's error is in the answer, which is not ok."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = Http(unused.getsockname).get("/")

    assert (said.ok, said.status, said.json) == (False, None, None)
    assert said.error


def test_a_service_that_has_ended_is_an_answer() -> None:
    """It has no port any more; that is told, and asked anew the next time."""
    asked = []

    def nowhere() -> tuple[str, int]:
        asked.append(1)
        raise NotJudgedError("the service 'failover' publishes no port on this machine (exited)")

    http = Http(nowhere)

    assert "exited" in (http.get("/status").error or "")
    assert http.get("/status").ok is False
    assert len(asked) == 2
