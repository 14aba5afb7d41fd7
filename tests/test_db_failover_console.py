"""Does the console of lab 12 say what a machine answered, and believe only the machine itself?"""

from __future__ import annotations

import importlib
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness import paths

CONSOLE = paths.ROOT / "labs" / "12-db-failover" / "stack" / "console"


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The console's module, loaded as the console loads it."""
    monkeypatch.syspath_prepend(CONSOLE)
    yield importlib.import_module("machines")
    for name in ("machines", "gate"):
        sys.modules.pop(name, None)


def plugged_in(machine: Any, *replies: str) -> None:
    """The machine runs, and gives these replies, one to each order."""
    ours, theirs = socket.socketpair()
    threading.Thread(
        target=machine.serve, args=(ours.makefile("rb"), ours.makefile("wb", buffering=0)), daemon=True
    ).start()
    line = theirs.makefile("rwb", buffering=0)

    def obey() -> None:
        for reply in ("on", *replies):
            line.readline()
            line.write(f"{reply}\n".encode())
        theirs.close()

    threading.Thread(target=obey, daemon=True).start()
    while machine._line is None:
        pass


def test_a_failed_rebuild_says_why(machines: Any) -> None:
    """The reason is in the answer, and the machine counts as switched off: it has no data to start with."""
    machine = machines.Machine("db-a")
    plugged_in(machine, "failed could not connect to db-b")

    assert machine.rebuild("db-b") == (502, {"db-a": "failed", "reason": "could not connect to db-b"})
    assert machine.power == "off"


def test_a_machine_without_data_cannot_be_switched_on(machines: Any) -> None:
    """It says so, and stays off."""
    machine = machines.Machine("db-a")
    plugged_in(machine, "failed db-a has no data")

    assert machine.switch("on")[0] == 502
    assert machine.power == "off"


def test_a_rebuild_that_works(machines: Any) -> None:
    """The machine is on afterwards."""
    machine = machines.Machine("db-a")
    plugged_in(machine, "rebuild")

    assert machine.rebuild("db-b") == (200, {"db-a": "rebuild"})
    assert machine.power == "on"


def test_a_stranger_at_a_power_line(machines: Any) -> None:
    """A name at another address is not believed, so student code cannot answer for a machine."""
    ours, theirs = socket.socketpair()
    theirs.sendall(b"db-a\n")
    machines.PowerLine(ours, ("192.0.2.7", 1), None)
    ours.close()

    assert theirs.recv(100) == b""
    assert machines.MACHINES["db-a"]._line is None
