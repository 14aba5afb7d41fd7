"""Is nothing left behind, however and whenever the harness is ended, and nothing of anybody else's touched?"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from toys import COMMAND, TOYS, copy, outage

from harness import paths
from harness.run import engine, lifecycle
from harness.run.waiting import patiently, wait_until
from harness.setup import images

pytestmark = pytest.mark.docker

DRILL = """\
from harness import Run


def drill(run: Run) -> None:
    with run.traffic(users=2, service="shop"):
        run.phase("normal", seconds=100)
"""


def processes(runs: Path) -> list[str]:
    """Processes on this machine that were started for these runs: harness, load generator, compose."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(runs).encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def left_over(runs: Path) -> dict[str, list[str]]:
    """What there is of this checkout: containers, networks, locks, processes, records; empty ones left out."""
    networks = engine.client().api.networks(filters={"label": f"outage.home={runs}"})
    found = {
        "containers": [container["Names"][0] for container in engine.containers(outage_home=str(runs))],
        "networks": [network["Name"] for network in networks],
        "locks": [path.name for path in paths.locks().glob("*")],
        "processes": processes(runs),
        "records": [path.name for path in paths.runs_of("always-fixed").glob("*")],
    }
    return {what: names for what, names in found.items() if names}


def claimed(runs: Path) -> bool:
    """A run has its name, and nothing else yet."""
    return any(paths.locks().glob("*.lock"))


def coming_up(runs: Path) -> bool:
    """Compose is at work."""
    return any("compose" in line for line in processes(runs))


def half_up(runs: Path) -> bool:
    """The network is there, the containers may be."""
    return bool(engine.client().api.networks(filters={"label": f"outage.home={runs}"}))


def in_mid_drill(runs: Path) -> bool:
    """The load has been ordered."""
    return any(runs.glob("always-fixed/2*/traffic.json"))


MOMENTS = [claimed, coming_up, half_up, in_mid_drill]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a command on a toy whose drill takes long, as a terminal would: in a process group of its own."""
    toml = (TOYS / "01-always-fixed" / "lab.toml").read_text().replace("limit_seconds = 20", "limit_seconds = 200")
    copy("01-always-fixed", tmp_path / "labs", drill__drill_py=DRILL, lab_toml=toml)
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    started: list[subprocess.Popen[str]] = []
    # Tests that run in the background have been told to ignore Ctrl-C, and would pass that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(*args: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [*COMMAND, *args]
        started.append(
            subprocess.Popen(command, cwd=paths.ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
        )
        return started[-1]

    yield run
    signal.signal(signal.SIGINT, before)
    for process in started:
        process.kill()
        process.communicate()


def reached(moment: Callable[[Path], bool], runs: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the command has come to this moment, and still runs."""
    wait_until(lambda: moment(runs) or process.poll() is not None, 30, str(moment.__doc__))
    assert process.poll() is None, process.communicate()


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_nothing(runs: Path, start: Start, moment: Callable[[Path], bool]) -> None:
    """Ctrl-C at any moment ends the run with 130 and one message, and takes everything away."""
    process = start("check", "always-fixed")
    reached(moment, runs, process)

    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)

    assert (process.returncode, "Traceback" in errors) == (130, False)
    patiently(lambda: not processes(runs), 5)
    assert left_over(runs) == {}


@pytest.mark.parametrize("moment", [coming_up, in_mid_drill])
def test_sigterm_leaves_nothing(runs: Path, start: Start, moment: Callable[[Path], bool]) -> None:
    """A harness that is asked to end, itself alone, takes everything away first."""
    process = start("check", "always-fixed", "--json")
    reached(moment, runs, process)

    process.terminate()
    said, errors = process.communicate(timeout=30)

    assert (process.returncode, "Traceback" in errors) == (130, False)
    assert said.startswith('{"error": "Interrupted')
    patiently(lambda: not processes(runs), 5)
    assert left_over(runs) == {}


@pytest.mark.parametrize(
    ("moment", "command"),
    [
        (claimed, "list"),
        (coming_up, "list"),
        (coming_up, "down"),
        (half_up, "list"),
        (half_up, "down"),
        (in_mid_drill, "list"),
    ],
)
def test_what_a_killed_harness_left_goes_with_the_next_command(
    runs: Path, start: Start, moment: Callable[[Path], bool], command: str
) -> None:
    """SIGKILL leaves things behind; the load ends by itself, and any next command removes the rest."""
    process = start("check", "always-fixed")
    reached(moment, runs, process)

    process.kill()
    process.communicate(timeout=10)
    said = outage(command)

    assert (said.code, said.err) == (0, "")
    patiently(lambda: not processes(runs), 10)
    assert left_over(runs) == {}


def test_a_second_ctrl_c_does_not_stop_the_clean_up(runs: Path, start: Start) -> None:
    """Impatience leaves nothing behind either."""
    process = start("check", "always-fixed")
    reached(in_mid_drill, runs, process)

    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        patiently(lambda: process.poll() is not None, 0.2)
    process.communicate(timeout=30)

    assert process.returncode in (130, -signal.SIGINT)
    patiently(lambda: not processes(runs), 5)
    assert left_over(runs) == {}


def test_an_interrupted_proof_takes_its_children_along(runs: Path, start: Start) -> None:
    """A proof that is ended ends the runs that it started, and each of them cleans up."""
    process = start("prove", "always-fixed", "--jobs", "2")
    wait_until(lambda: len(list(runs.glob("prove/*/2*/traffic.json"))) == 2, 30, "two drills run")

    process.terminate()
    process.communicate(timeout=30)

    assert process.returncode == 130
    patiently(lambda: not processes(runs), 10)
    assert left_over(runs) == {}


def test_a_paused_container_is_removed(runs: Path, stacks: Path) -> None:
    """A run that dies while its drill has paused a service leaves nothing that stops the next one."""
    labels = {"outage.home": str(runs), "outage.run": "outage-dead-20261123-210501-ab12", "outage.lab": "dead"}
    engine.client().containers.run(images.tags()["python"], ["sleep", "60"], labels=labels, detach=True).pause()

    assert engine.remove(outage_home=str(runs)) == 1
    assert left_over(runs) == {}


def test_a_helper_lives_as_long_as_its_run(runs: Path, stacks: Path) -> None:
    """A packet filter's helper is there for a blink: a sweep leaves that of a live run, and removes a dead run's."""
    live, dead = lifecycle.Claim("always-fixed"), "outage-dead-20261123-210501-ab12"
    helpers = [
        engine.client().containers.create(
            images.tags()["python"], ["true"], labels={"outage.home": str(runs), "outage.helps": project}
        )
        for project in (live.project, dead)
    ]

    assert lifecycle.sweep() == [dead]
    assert [container["Id"] for container in engine.containers(outage_home=str(runs))] == [helpers[0].id]

    lifecycle.bring_down(live.project)
    live.release()
    assert left_over(runs) == {}


def test_only_what_is_ours_is_removed(runs: Path, start: Start, tmp_path: Path) -> None:
    """Containers and networks without our label, of another checkout, and of a run that lives stay as they are."""
    client, image = engine.client(), images.tags()["python"]
    other = {"outage.home": str(tmp_path / "elsewhere"), "outage.run": "outage-always-fixed-20261123-210501-ab12"}
    foreign = [client.containers.create(image, ["true"], labels=labels) for labels in ({}, other)]
    networks = [client.networks.create(f"{tmp_path.name}-{at}", labels=labels) for at, labels in enumerate(({}, other))]
    try:
        live, dead = start("check", "always-fixed"), start("check", "always-fixed")
        wait_until(lambda: len(list(runs.glob("always-fixed/2*/traffic.json"))) == 2, 30, "two drills run")
        dead.kill()
        dead.communicate(timeout=10)
        removed = outage("down", "--json").json["removed"]

        assert len(removed) == 1
        assert len(engine.containers(outage_home=str(runs))) == 1
        assert live.poll() is None
        assert [container.status for container in map(reloaded, foreign)] == ["created", "created"]
        assert [network.id for network in map(reloaded, networks)] == [network.id for network in networks]
    finally:
        things: list[Any] = [*foreign, *networks]
        for thing in things:
            thing.remove()


def reloaded(thing: Any) -> Any:
    """A container or network as it is now."""
    thing.reload()
    return thing


@pytest.mark.parametrize("command", [["clean", "--yes"], ["down"]])
def test_a_live_run_is_left_alone_and_said_so(runs: Path, start: Start, command: list[str]) -> None:
    """`clean` and `down` in another terminal take nothing from a check that is at work, and name it."""
    live = start("check", "always-fixed")
    reached(in_mid_drill, runs, live)

    said = outage(*command)

    assert (said.code, f"at work: check of always-fixed (process {live.pid}, since" in said.out) == (0, True)
    assert live.poll() is None
    assert len(engine.containers(outage_home=str(runs))) == 1
    assert len(list(runs.glob("always-fixed/2*/traffic.json"))) == 1


def test_a_second_lab_at_the_same_time_is_told_so(runs: Path, start: Start) -> None:
    """Of two `make lab-…` of one story one goes on; the other names it and starts nothing."""
    first = start("lab", "always-fixed")
    reached(claimed, runs, first)

    second = outage("lab", "always-fixed")

    assert (second.code, "A stack of always-fixed is coming up already: lab of always-fixed" in second.err) == (2, True)
    assert first.poll() is None
    assert len(list(paths.locks().glob("*.lock"))) == 1


def test_a_kept_stack_outlives_a_crash_of_another_run(runs: Path, start: Start) -> None:
    """What `lab` left up on purpose is not taken for something that a dead run left."""
    claim = lifecycle.Claim("always-fixed")
    labels = {"outage.home": str(runs), "outage.run": claim.project, "outage.lab": "always-fixed"}
    kept = engine.client().containers.create(images.tags()["python"], ["true"], labels=labels)
    claim.keep()
    claim.release()

    assert lifecycle.sweep() == []
    assert [container["Id"] for container in engine.containers(outage_home=str(runs))] == [kept.id]
    assert outage("down", "--json").json == {"removed": [claim.project], "left_alone": []}
    assert left_over(runs) == {}


def test_a_stack_that_was_removed_by_hand_is_forgotten(runs: Path, stacks: Path) -> None:
    """A kept stack whose containers are gone does not stay in the books."""
    claim = lifecycle.Claim("always-fixed")
    claim.keep()
    claim.release()

    lifecycle.sweep()

    assert (lifecycle.kept(), left_over(runs)) == ([], {})
