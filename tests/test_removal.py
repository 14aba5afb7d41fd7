"""Does a network go although a container that is being removed still holds on to it?"""

from __future__ import annotations

from http import HTTPStatus
from types import SimpleNamespace

import pytest
from docker.errors import APIError
from requests import Response

from harness.errors import DockerError
from harness.run import engine


class Api:
    """Refuses with these statuses, one after the other, and then does it."""

    def __init__(self, *statuses: int) -> None:
        """Nothing was asked."""
        self.left, self.asked = list(statuses), 0

    def remove_network(self, _name: str) -> None:
        """As Docker's client."""
        self.asked += 1
        if self.left:
            response = Response()
            response.status_code = self.left.pop(0)
            raise APIError("has active endpoints", response)


def with_api(monkeypatch: pytest.MonkeyPatch, *statuses: int) -> Api:
    """Docker answers so, and nobody waits long."""
    api = Api(*statuses)
    monkeypatch.setattr(engine, "client", lambda: SimpleNamespace(api=api))
    monkeypatch.setattr(engine, "AGAIN_SECONDS", 0.0)
    return api


def test_it_is_tried_again_while_something_holds_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The removal of a container takes a moment."""
    api = with_api(monkeypatch, *[HTTPStatus.FORBIDDEN] * 3)
    assert engine._remove_network("274cdda8a1d3", 5.0)
    assert api.asked == 4


def test_what_docker_does_not_let_go_of_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is stuck is left, and asked for once where no container has just been removed."""
    api = with_api(monkeypatch, *[HTTPStatus.FORBIDDEN] * 9)
    assert not engine._remove_network("274cdda8a1d3", 0.0)
    assert api.asked == 1


def test_another_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what may pass is waited for."""
    api = with_api(monkeypatch, HTTPStatus.INTERNAL_SERVER_ERROR)
    with pytest.raises(DockerError, match="could not remove the network 274cdda8a1d3"):
        engine._remove_network("274cdda8a1d3", 5.0)
    assert api.asked == 1
