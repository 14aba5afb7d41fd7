"""Is what a service answers, or does not answer, told without an exception?"""

from __future__ import annotations

import socket

import pytest

from harness.errors import NotJudgedError
from harness.run.instruments import Http


def test_a_port_where_nobody_listens_is_an_answer() -> None:
    """The connection's error is in the answer, which is not ok."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        said = Http(unused.getsockname).get("/")

    assert (said.ok, said.status, said.json) == (False, None, None)
    assert said.error


def test_a_service_that_has_ended_is_said() -> None:
    """It has no port any more: the drill is told, and may go on if it is prepared for that."""

    def nowhere() -> tuple[str, int]:
        raise NotJudgedError("the service 'shop' publishes no port on this machine (exited)")

    with pytest.raises(NotJudgedError, match="exited"):
        Http(nowhere).get("/orders")
