"""Which service, and which program in it, does `make shell-…` open?"""

from __future__ import annotations

from typing import Any

import pytest

from harness import paths
from harness.commands import look
from harness.lab import manifest
from harness.run import engine


def container(service: str, state: str) -> dict[str, Any]:
    """As Docker lists one."""
    return {"Labels": {engine.LABEL_SERVICE: service}, "State": state}


@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("outage-lab/postgres-ha:5fce90ddd29b", "psql"),
        ("outage-lab/postgres:d341f7afe565", "psql"),
        ("outage-lab/redis:80a8ca0e8498", "redis-cli"),
        ("outage-lab/python:6c1189de0bf8", "sh"),
        ("sha256:6c1189de0bf8", "sh"),
    ],
)
def test_a_database_has_its_own_client(image: str, program: str) -> None:
    """Also one that is a standby, or that the harness does not wait for."""
    assert look._client(image)[0] == program


@pytest.mark.parametrize(
    ("states", "service"),
    [
        (("running", "running", "running"), "db-a"),
        (("exited", "running", "running"), "db-b"),
        (("exited", "exited", "running"), "db-a"),
    ],
)
def test_a_service_that_runs_comes_first(
    states: tuple[str, str, str], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failover the old primary is off: its shell would say no more than that."""
    found = [container(name, state) for name, state in zip(("db-a", "db-b", "orders"), states, strict=True)]
    lab = manifest.read(paths.ROOT / "labs" / "12-db-failover")
    monkeypatch.setattr(engine, "containers", lambda **_labels: found)

    assert look._first_service(lab, "outage-db-failover") == service
