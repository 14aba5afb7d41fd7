"""Does all come back that a command inside of a container has printed?"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError

from harness.errors import NotJudgedError
from harness.run import engine, inside
from harness.run.container import Container
from harness.run.waiting import patiently
from harness.setup import images

pytestmark = pytest.mark.docker


@pytest.fixture
def idle(stacks: Path) -> Any:
    """A container that does nothing."""
    labels = {"outage.home": str(stacks), "outage.run": "outage-idle-20261123-210501-ab12", "outage.lab": "idle"}
    labels[engine.LABEL_SERVICE] = "idle"
    return engine.client().containers.run(images.tags()["python"], ["sleep", "60"], labels=labels, detach=True)


@pytest.mark.parametrize(
    ("command", "code", "output"),
    [
        (["sh", "-c", "echo one; echo two >&2; exit 3"], 3, "one\ntwo\n"),
        (["printf", "no end of line"], 0, "no end of line"),
        (["sh", "-c", "yes outage | head -c 200000"], 0, "outage\n" * 28571 + "out"),
        (["cat"], 0, ""),
        (["no-such-command"], 127, "sh: 1: no-such-command: not found\n"),
    ],
    ids=["two streams", "no end", "much", "input", "unknown"],
)
def test_all_that_is_printed_comes_back(idle: Any, command: list[str], code: int, output: str) -> None:
    """Both streams in their order, whole, ten times over; nothing waits for input that does not come."""
    assert [inside.run(idle.id, command) for _ in range(10)] == [(code, output)] * 10


def test_a_container_that_ends_meanwhile_ends_the_command(idle: Any) -> None:
    """Docker's exit code then; and an error from a container that does not run."""
    threading.Timer(0.5, idle.kill).start()

    assert inside.run(idle.id, ["sleep", "20"]) == (137, "")
    idle.wait(timeout=10)
    with pytest.raises(APIError, match="is not running"):
        inside.run(idle.id, ["true"])


def test_a_drill_that_wants_a_command_of_a_dead_service_breaks_off(idle: Any) -> None:
    """No error of the harness: the verdict is that of the death."""
    idle.kill()
    idle.wait(timeout=10)

    with pytest.raises(NotJudgedError, match=r"a command in idle: .* is not running"):
        Container("outage-idle-20261123-210501-ab12", "idle").exec(["true"])


def test_a_standing_command_runs_again_and_again_and_leaves_nothing(idle: Any) -> None:
    """Each turn is a run of its own, the last as the first; after the block no process of it is left."""
    with inside.standing(idle.id, ["sh", "-c", "echo x >> /tmp/turns; wc -l < /tmp/turns"]) as counter:
        assert [counter.run() for _ in range(3)] == [(0, "1\n"), (0, "2\n"), (0, "3\n")]

    assert patiently(lambda: len(idle.top()["Processes"]) == 1, 5.0)


def test_a_standing_command_tells_that_its_container_has_ended(idle: Any) -> None:
    """Docker's exit code, as of a single command."""
    with inside.standing(idle.id, ["true"]) as again:
        assert again.run() == (0, "")
        idle.kill()
        assert again.run() == (137, "")
