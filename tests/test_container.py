"""Does a fault that Docker could not do at once get another chance?"""

from __future__ import annotations

import pytest

from harness.errors import NotJudgedError
from harness.run.container import PAUSE_TRIES, Container


def container(monkeypatch: pytest.MonkeyPatch, fails: int) -> tuple[Container, list[str]]:
    """A container that Docker cannot freeze so many times, and what was tried."""
    tried: list[str] = []

    def do(_self: Container, verb: str) -> None:
        tried.append(verb)
        if len(tried) <= fails:
            raise NotJudgedError("unable to freeze")

    monkeypatch.setattr(Container, "_do", do)
    return Container("run", "orders"), tried


@pytest.mark.parametrize("fails", range(PAUSE_TRIES))
def test_a_pause_is_tried_again(monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    """As long as it fails, and not once more."""
    orders, tried = container(monkeypatch, fails)
    orders.pause()
    assert tried == ["pause"] * (fails + 1)


def test_a_pause_that_never_works_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Docker's words, after the last try."""
    orders, tried = container(monkeypatch, PAUSE_TRIES)
    with pytest.raises(NotJudgedError, match="unable to freeze"):
        orders.pause()
    assert len(tried) == PAUSE_TRIES
