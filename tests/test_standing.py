"""Is it said what there is of a lab's stack, and what helps where nobody can look around in it?"""

from __future__ import annotations

import pytest

from harness.errors import OutageError
from harness.run import engine, standing
from harness.run.lifecycle import Claim

Things = list[dict[str, object]]


@pytest.fixture
def containers(monkeypatch: pytest.MonkeyPatch) -> Things:
    """The containers that Docker has; none at first."""
    found: Things = []
    monkeypatch.setattr(engine, "containers", lambda **_labels: found)
    monkeypatch.setattr(engine, "remove", lambda **_labels: 0)
    return found


def container(service: str, state: str) -> dict[str, object]:
    """A container as the API lists it."""
    return {"Labels": {engine.LABEL_SERVICE: service}, "State": state}


def kept() -> Claim:
    """A stack that `lab` has left up."""
    claim = Claim("toy", "lab")
    claim.keep()
    claim.release()
    return claim


def test_a_stack_that_is_up_is_named(containers: Things) -> None:
    """There is nothing to say, also where one of several services has ended."""
    project = kept().project
    containers += [container("shop", "running"), container("db", "exited")]
    assert standing.require_up("toy") == standing.require_up("toy", "shop") == project


@pytest.mark.usefixtures("containers")
def test_nothing_is_up() -> None:
    """The command that starts one is named."""
    with pytest.raises(OutageError, match=r"No stack of toy is up\.\nWhat next: `make lab-toy`"):
        standing.require_up("toy")


@pytest.mark.usefixtures("containers")
def test_one_is_coming_up() -> None:
    """The run that brings it up is named, and that you wait for it."""
    claim = Claim("toy", "lab")
    try:
        with pytest.raises(OutageError, match=r"still coming up: lab of toy \(process \d+(?s:.*)wait for it"):
            standing.require_up("toy")
    finally:
        claim.release()


def test_containers_were_stopped(containers: Things) -> None:
    """As after the machine was started again: what each is, and the command that helps."""
    kept()
    containers += [container("shop", "exited"), container("db", "created")]
    with pytest.raises(OutageError, match=r"does not run any more \(db created, shop exited\)(?s:.*)`make lab-toy`"):
        standing.require_up("toy", "shop")


@pytest.mark.usefixtures("containers")
def test_containers_were_removed_by_hand() -> None:
    """It is said so."""
    kept()
    with pytest.raises(OutageError, match="its containers are gone"):
        standing.require_up("toy")


def test_one_service_has_ended(containers: Things) -> None:
    """The others are named, and where its last words are."""
    kept()
    containers += [container("shop", "running"), container("db", "exited")]
    with pytest.raises(
        OutageError, match=r"db of toy does not run \(exited\)\. Running: shop\.(?s:.*)make logs-toy SERVICE=db"
    ):
        standing.require_up("toy", "db")


def test_a_service_that_there_is_not(containers: Things) -> None:
    """Those that there are are listed."""
    kept()
    containers += [container("shop", "running"), container("db", "exited")]
    with pytest.raises(OutageError, match="no service 'cache'; it has db, shop"):
        standing.require_up("toy", "cache")
