"""Is what a service answers, or does not answer, told without an exception?"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.errors import NotJudgedError
from harness.run import database, engine
from harness.run.instruments import Http, Postgres
from harness.run.waiting import wait_until
from harness.setup import images


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


# --- databases ------------------------------------------------------------------------------------------------------


@pytest.fixture
def postgres(stacks: Path) -> Iterator[tuple[Postgres, Any]]:
    """A PostgreSQL as a stack has it, and its container."""
    one = engine.client().containers.run(
        images.tags()["postgres"], labels={engine.LABEL_HOME: str(stacks)}, detach=True, user="10002:10002",
        environment={"OUTAGE_SECRET": "s"}, ports={"5432/tcp": ("127.0.0.1", 0)}, mem_limit="768m",
        tmpfs={"/var/lib/postgresql/data": "size=128m,uid=10002,gid=10002,mode=0700"},
    )  # fmt: skip

    def address() -> tuple[str, int]:
        one.reload()
        published: Any = one.ports["5432/tcp"]
        return "127.0.0.1", int(published[0]["HostPort"])

    found = Postgres(address, "s")

    def answers() -> bool:
        with contextlib.suppress(NotJudgedError):
            return found.connect().execute("SELECT 1 AS one").fetchone() == {"one": 1}
        return False

    wait_until(answers, 30, "PostgreSQL answers")
    yield found, one
    one.remove(force=True)


@pytest.mark.docker
def test_a_statement_of_the_drill_ends(postgres: tuple[Postgres, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows without end, a row that is huge, a server that stands still: each is told, and its connection is closed."""
    database_of, container = postgres
    for flood in (
        b"SELECT repeat('x', 10000) FROM pg_class a, pg_class b, pg_class c",
        b"SELECT repeat('x', 50000000)",
    ):
        with pytest.raises(NotJudgedError, match="more than 32 MiB of rows"):
            database_of.connect().execute(flood).fetchall()

    monkeypatch.setattr(database, "SECONDS", 3.0)
    connection = database_of.connect()
    container.pause()
    with pytest.raises(NotJudgedError, match="did not answer a statement of the drill in 3 s"):
        connection.execute("SELECT 1").fetchall()
    container.unpause()
    assert connection.closed


@pytest.mark.docker
def test_what_is_wrong_with_a_statement_is_psycopgs_word(postgres: tuple[Postgres, Any]) -> None:
    """Errors of SQL are as they are everywhere, and a transaction is one."""
    connection = postgres[0].connect()
    with pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("SELEC 1")
    with connection.transaction():
        assert connection.execute("SELECT 2 AS two").fetchall() == [{"two": 2}]
