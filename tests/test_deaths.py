"""Is each death in a drill seen that is not the drill's doing, and none that is?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.judge.recording import Death
from harness.run import deaths, engine, inside, memory, processes
from harness.run.clocks import StackClock
from harness.run.container import Container
from harness.run.deaths import DeathWatch, Doings
from harness.run.waiting import wait_until
from harness.setup import images

RUN = "outage-deaths-20261123-210501-ab12"
APP = """
import os, time
from flask import Flask
app = Flask("shop")
hoard = []

@app.get("/ok")
def ok():
    return "ok"

@app.get("/ends")
def ends():
    os._exit(0)

@app.get("/hoards")
def hoards():
    while True:
        hoard.append(bytearray(1 << 20))
"""


# --- without Docker -------------------------------------------------------------------------------------------------


def test_what_the_drill_does_is_excused_once() -> None:
    """A signal that ends excuses one end, whoever asks; one that does not end excuses none, one that failed neither."""
    doings = Doings()
    for signal in ("SIGKILL", "SIGHUP", "SIGUSR1"):
        doings.sends("shop", signal)
    doings.sends("db", "SIGTERM")
    doings.fails("db", "SIGTERM")

    assert [doings.excuses("shop"), doings.excuses("shop"), doings.excuses("db")] == [True, False, False]
    assert (doings.touched(), doings.touched()) == ({"shop", "db"}, set())


def watch(doings: Doings | None = None) -> DeathWatch:
    """A watch that nothing has told anything yet."""
    return DeathWatch(RUN, doings or Doings(), lambda epoch: epoch - 1000, lambda: 0.0)


def event(action: str, at: float, code: int = 0, service: str = "shop") -> dict[str, Any]:
    """An event as Docker tells it."""
    attributes = {engine.LABEL_SERVICE: service, "exitCode": str(code)}
    return {"Action": action, "Actor": {"Attributes": attributes}, "timeNano": int((1000 + at) * 1e9)}


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([event("die", 6.04, 1)], [Death("shop", 6.0, "ended with exit code 1")]),
        ([event("die", 6.0, 137)], [Death("shop", 6.0, "was killed")]),
        (
            [event("oom", 6.0), event("die", 6.3, 137)],
            [Death("shop", 6.0, "killed: out of memory", out_of_memory=True)],
        ),
        ([event("oom", 6.0)], [Death("shop", 6.0, "killed: out of memory", out_of_memory=True)]),
        ([event("start", 6.0)], []),
        (
            [event("die", 9.0, 3, "db"), event("die", 2.0, 0)],
            [Death("shop", 2.0, "ended with exit code 0"), Death("db", 9.0, "ended with exit code 3")],
        ),
    ],
    ids=["exit", "kill", "memory, and so the container", "memory of a worker", "start", "in order"],
)
def test_dockers_events_are_deaths(events: list[dict[str, Any]], found: list[Death]) -> None:
    """Each with its second and its words; the end that follows from a lack of memory is not told again."""
    seen = watch()
    seen._listen(events)

    assert seen.found == found


def test_a_death_of_the_drills_doing_is_none() -> None:
    """The end that it caused is excused, the next one is not."""
    doings = Doings()
    doings.sends("shop", "SIGKILL")
    seen = watch(doings)
    seen._listen([event("die", 1.0, 137), event("start", 2.0), event("die", 3.0, 1)])

    assert seen.found == [Death("shop", 3.0, "ended with exit code 1")]


def test_of_a_service_that_dies_for_ever_the_first_deaths_are_kept() -> None:
    """A recording has room for some of each service."""
    seen = watch()
    seen._listen([event("die", float(second), 1) for second in range(3000)])

    assert [death.at for death in seen.found] == [float(second) for second in range(deaths.MOST_EACH)]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of our own making: its control groups and its list of processes."""
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(processes, "PROC", tmp_path / "proc")
    return tmp_path


@pytest.mark.parametrize(
    ("place", "file", "text"),
    [
        ("memory/docker/c1", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"),
        (
            "system.slice/docker-c1.scope",
            "memory.events",
            "max 9\noom {0}\noom_kill {0}\noom_group_kill 0\n",
        ),
    ],
    ids=["version 1", "version 2"],
)
def test_kills_are_counted_in_both_versions(machine: Path, place: str, file: str, text: str) -> None:
    """What was killed before the watch began does not count; a container that was started again begins at 0."""
    folder = machine / "groups" / place
    folder.mkdir(parents=True)
    (folder / file).write_text(text.format(2))
    group = deaths.Group({"Id": "c1", "Labels": {}, "Command": "postgres"}, live=False)
    seen = []
    for count in (2, 5, 5, 1, 1):
        (folder / file).write_text(text.format(count))
        seen.append(group.new_kills())

    assert seen == [0, 3, 0, 1, 0]


def listed(machine: Path, *rows: tuple[int, int, str]) -> None:
    """These processes (pid, parent, state) are those of the container c1."""
    folder = machine / "groups/docker/c1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.procs").write_text("".join(f"{pid}\n" for pid, _, _ in rows))
    for pid, parent, state in rows:
        (machine / f"proc/{pid}").mkdir(parents=True, exist_ok=True)
        (machine / f"proc/{pid}/stat").write_text(f"{pid} (a) b) {state}) {state} {parent} 1 1 0 -1")


def test_a_worker_that_is_gone_is_a_death(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only children of the main process count, and those from the beginning; a zombie is gone; a reload is excused."""
    monkeypatch.setattr(processes, "main", lambda _: 10)
    listed(machine, (10, 1, "S"), (11, 10, "S"), (12, 10, "R"))
    group = deaths.Group({"Id": "c1", "Labels": {}, "Command": "gunicorn --config x"}, live=False)
    seen = []
    for at, rows in enumerate(
        (
            [(10, 1, "S"), (11, 10, "S"), (12, 10, "R"), (20, 12, "S"), (21, 1, "S"), (22, 10, "S")],
            [(10, 1, "S"), (11, 10, "S"), (12, 10, "R")],
            [(10, 1, "S"), (11, 10, "Z"), (12, 10, "R")],
            [(10, 1, "S"), (13, 10, "S"), (12, 10, "R")],
            [(10, 1, "S"), (13, 10, "S"), (14, 10, "R")],
            [(30, 1, "S"), (31, 30, "S")],
        )
    ):
        listed(machine, *rows)
        seen.append(group.lost_a_worker(float(at)))

    assert seen == [False, False, True, False, True, False]


def test_a_server_that_was_told_to_reload_may_replace_its_workers(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For some seconds after a signal of the drill's; then the new ones are watched."""
    monkeypatch.setattr(processes, "main", lambda _: 10)
    listed(machine, (10, 1, "S"), (11, 10, "S"))
    group = deaths.Group({"Id": "c1", "Labels": {}, "Command": "gunicorn"}, live=False)
    group.replaced_until = 5.0
    listed(machine, (10, 1, "S"), (12, 10, "S"))
    assert not group.lost_a_worker(1.0)
    listed(machine, (10, 1, "S"), (13, 10, "S"))
    assert group.lost_a_worker(6.0)


@pytest.mark.parametrize("name", ["tasks", "cgroup.threads"])
def test_threads_that_want_a_core_are_counted(machine: Path, name: str) -> None:
    """Those that run or wait to run, in both versions of control groups; none of a container that is gone."""
    listed(machine, (10, 1, "S"), (11, 10, "R"), (12, 10, "R"), (13, 10, "D"))
    (machine / "groups/docker/c1" / name).write_text("10\n11\n12\n13\n14\n")

    assert processes.wanting(["c1", "gone"]) == 2


def test_where_edits_are_served_live_workers_come_and_go(machine: Path) -> None:
    """Each edit replaces them: that is no death."""
    listed(machine, (10, 1, "S"), (11, 10, "S"))
    group = deaths.Group({"Id": "c1", "Labels": {}, "Command": "gunicorn"}, live=True)
    listed(machine, (10, 1, "S"), (12, 10, "S"))

    assert not group.lost_a_worker(1.0)


# --- with Docker ----------------------------------------------------------------------------------------------------


Start = Callable[..., str]


@pytest.fixture
def start(stacks: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a service of the run: by a command, or the Flask app above without one. Its container's id."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/app.py").write_text(APP)
    (tmp_path / "app").chmod(0o755)
    started = []

    def begin(service: str, *command: str, memory_mib: int = 128) -> str:
        labels = {engine.LABEL_HOME: str(stacks), engine.LABEL_RUN: RUN, engine.LABEL_SERVICE: service}
        one = engine.client().containers.run(
            images.tags()["python"], list(command) or None, labels=labels, detach=True, user="10001:10001",
            mem_limit=f"{memory_mib}m", memswap_limit=f"{memory_mib}m", network_mode="none",
            environment={"WEB_WORKERS": "2", "PYTHONPATH": "/app:/opt/kit"},
            volumes={str(tmp_path / "app"): {"bind": "/app", "mode": "ro"}},
        )  # fmt: skip
        started.append(one)
        if not command:
            wait_until(lambda: get(str(one.id), "/ok") == "ok", 20, "the service answers")
        return str(one.id)

    yield begin
    for one in started:
        one.remove(force=True)


def get(container_id: str, path: str) -> str:
    """What the Flask app says to somebody inside of the container."""
    asks = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000{path}', timeout=9).read().decode())"
    code, said = inside.run(container_id, ["python", "-c", asks])
    return said.strip() if code == 0 else "no answer"


def workers(container_id: str) -> frozenset[int]:
    """The processes that serve."""
    return processes.alive(container_id, processes.main(container_id)) or frozenset()


@pytest.fixture
def clocked() -> tuple[Doings, DeathWatch]:
    """A watch whose drill begins now."""
    doings, stack, zero = Doings(), StackClock(), time.monotonic()
    return doings, DeathWatch(RUN, doings, lambda at: stack.monotonic(at) - zero, lambda: time.monotonic() - zero)


Clocked = tuple[Doings, DeathWatch]


@pytest.mark.docker
def test_a_service_that_ends_is_seen_and_one_that_the_drill_kills_is_not(start: Start, clocked: Clocked) -> None:
    """With its exit code and the second in which it ended."""
    doings, seen = clocked
    start("ends", "sh", "-c", "sleep 2; exit 4")
    start("killed", "sleep", "60")
    start("announced", "sh", "-c", "sleep 2")
    with seen.running():
        Container(RUN, "killed", doings).kill()
        Container(RUN, "announced", doings).expected_to_end()
        wait_until(lambda: not Container(RUN, "ends").running(), 20, "it ends")

    [death] = seen.found
    assert (death.service, death.what, death.out_of_memory) == ("ends", "ended with exit code 4", False)
    assert 0 <= death.at < 20


@pytest.mark.docker
def test_a_service_that_ended_before_anybody_looked_is_seen(start: Start, clocked: Clocked) -> None:
    """Whatever was up when the stack was ready, and is down when the watch begins."""
    start("ends", "false")
    wait_until(lambda: not Container(RUN, "ends").running(), 20, "it ends")
    _, seen = clocked
    with seen.running():
        pass

    assert [(death.service, death.what) for death in seen.found] == [("ends", "ended with exit code 1")]


@pytest.mark.docker
def test_memory_that_runs_out_in_a_living_container_is_seen(start: Start, clocked: Clocked) -> None:
    """A worker is killed, the server goes on: the death is told once, and that it was for want of memory."""
    container = start("shop", memory_mib=96)
    _, seen = clocked
    with seen.running():
        assert get(container, "/hoards") == "no answer"
        wait_until(lambda: get(container, "/ok") == "ok", 20, "it answers again")

    assert [death.what for death in seen.found] == ["killed: out of memory"]
    assert seen.found[0].out_of_memory
    assert Container(RUN, "shop").running()


@pytest.mark.docker
def test_a_worker_that_ends_in_a_living_container_is_seen(start: Start, clocked: Clocked) -> None:
    """No event tells of it, and its exit code is 0; a server that the drill tells to reload is left alone."""
    container = start("shop")
    quiet = start("reloads")
    doings, seen = clocked
    before = workers(quiet)
    with seen.running():
        Container(RUN, "reloads", doings).kill("SIGHUP")
        assert get(container, "/ends") == "no answer"
        wait_until(lambda: get(container, "/ok") == "ok" == get(quiet, "/ok"), 20, "both answer")
        wait_until(lambda: not before & workers(quiet), 20, "all workers are new")

    assert {(death.service, death.what) for death in seen.found} == {("shop", deaths.LOST_A_WORKER)}
