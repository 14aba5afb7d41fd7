"""Are live runs told from dead ones, dead ones removed with their records, and live ones left alone?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import paths
from harness.errors import OutageError
from harness.run import engine, history, lifecycle, locks
from harness.run.lifecycle import Claim

CLAIMING = """
import sys
from harness.run.lifecycle import Claim
claim = Claim(*sys.argv[1:])
claim.folder.mkdir(parents=True)
print(claim.project, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def no_docker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Docker has nothing of ours; the runs whose things were removed."""
    removed: list[str] = []

    def remove(**labels: str) -> int:
        if "outage_run" in labels:
            removed.append(labels["outage_run"])
        return 0

    monkeypatch.setattr(engine, "remove", remove)
    monkeypatch.setattr(engine, "containers", lambda **_labels: [])
    monkeypatch.setattr(engine, "networks", lambda **_labels: [])
    return removed


Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts other processes that claim a run, make its folder, and wait."""
    with contextlib.ExitStack() as ended:

        def start(*words: str) -> subprocess.Popen[str]:
            pipe = subprocess.PIPE
            command = [sys.executable, "-c", CLAIMING, *words]
            process = subprocess.Popen(command, cwd=paths.ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
            ended.enter_context(process)
            ended.callback(process.kill)
            return process

        yield start


@pytest.fixture
def other(begin: Begin) -> subprocess.Popen[str]:
    """Another process that holds a claim, and prints its name."""
    return begin("toy")


def project_of(process: subprocess.Popen[str]) -> str:
    """The name that this process holds."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_claim_names_a_run() -> None:
    """Project and run id tell the lab, and no two claims are alike."""
    one, other = Claim("toy"), Claim("toy")

    assert one.project == f"outage-toy-{one.run_id}"
    assert one.project != other.project


def test_a_live_process_keeps_its_claim(other: subprocess.Popen[str]) -> None:
    """As long as the process lives, its run is alive for everybody else."""
    assert locks.alive(project_of(other))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_dead_process_has_none(other: subprocess.Popen[str], number: signal.Signals) -> None:
    """However a process ends, its run is dead at once, although the lock's file is still there."""
    project = project_of(other)
    os.kill(other.pid, number)
    other.wait()

    assert (paths.locks() / f"{project}.lock").exists()
    assert not locks.alive(project)


def test_a_run_that_nobody_knows_is_dead() -> None:
    """A name without a lock belongs to nobody who lives."""
    assert not locks.alive("outage-toy-20261123-210501-ab12")


def test_looking_does_not_take_the_claim_away(other: subprocess.Popen[str]) -> None:
    """Asking twice whether a run lives gives the same answer, of a live one and of a dead one."""
    project = project_of(other)

    assert [locks.alive(project) for _ in range(2)] == [True, True]
    other.kill()
    other.wait()
    assert [locks.alive(project) for _ in range(2)] == [False, False]


def test_a_released_claim_leaves_no_trace() -> None:
    """After release there is neither a lock nor a draft of one."""
    claim = Claim("toy")
    claim.release()

    assert list(paths.locks().iterdir()) == []


def test_a_claim_notes_the_folder_before_anybody_makes_it(runs: Path) -> None:
    """What a run will make is in its lock first, so that nothing of it is ever nobody's."""
    claim = Claim("toy", "prove", runs / "prove" / "now")

    note = locks.note_of(claim.project)
    assert (note.slug, note.purpose, note.process) == ("toy", "prove", os.getpid())
    assert Path(note.folder) == claim.folder == runs / "prove" / "now" / claim.run_id
    assert not claim.folder.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process")
def test_nothing_is_nobodys_at_any_moment() -> None:
    """Killed before any of the calls by which a run begins, it leaves what the next command finds, or nothing."""
    for step in range(100):
        code = killed_before(step)
        lifecycle.tidy()
        left = [path for path in paths.runs_root().rglob("*") if path not in (paths.locks(), paths.runs_of("toy"))]
        assert left == [], step
        if code == 0:
            break
    assert (code, step > 3) == (0, True)


def killed_before(step: int) -> int:
    """Begin a run in a copy of this process, which is killed before its call of this number; its exit status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left = [step]

    def hook(event: str, _args: object) -> None:
        if event in ("open", "os.mkdir", "os.rename", "os.link", "os.symlink", "fcntl.flock"):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    sys.addaudithook(hook)
    try:
        history.new_folder(Claim("toy").folder)
    except BaseException:  # noqa: BLE001 - the copy must never go on as the tests
        os._exit(1)
    os._exit(0)


def test_an_unfinished_record_goes_with_its_run() -> None:
    """A folder without a verdict is removed on release; one with a verdict stays."""
    torn, whole = Claim("toy"), Claim("toy")
    folders = [history.new_folder(claim.folder) for claim in (torn, whole)]
    history.finish(folders[1], {"lab": "toy"}, {"verdict": "FIXED"})

    torn.release()
    whole.release()

    assert folders == [torn.folder, whole.folder]
    assert [folder.exists() for folder in folders] == [False, True]


def test_any_next_command_removes_what_a_dead_run_left(
    other: subprocess.Popen[str], no_docker: list[str], runs: Path
) -> None:
    """Lock, record and Docker's things of a run that was killed go; nothing happens where there is none."""
    project = project_of(other)
    assert (lifecycle.tidy(), no_docker) == ([], [])
    other.kill()
    other.wait()

    assert lifecycle.tidy() == lifecycle.sweep() == [project]
    assert no_docker == [project]
    assert list((runs / "toy").iterdir()) == list(paths.locks().iterdir()) == []
    assert lifecycle.tidy() == []
    assert lifecycle.sweep() == []


def test_where_docker_is_away_a_dead_run_is_left_for_later(
    other: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`list` or `hint` work all the same, and the lock stays for the command that finds Docker."""

    def away(**_labels: str) -> int:
        raise engine.refusal("Cannot connect to the Docker daemon")

    project = project_of(other)
    other.kill()
    other.wait()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "remove", away)
        assert lifecycle.tidy() == []
    assert lifecycle.tidy() == [project]


def test_helpers_of_a_dead_run_are_ended_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `docker compose` that outlived its harness would go on making containers; only the run's own is ended."""
    monkeypatch.setattr(lifecycle, "ASKED_SECONDS", 0)
    projects = "outage-toy-20261123-210501-ab12", "outage-toy-20261123-210501-ab123"
    helpers = [subprocess.Popen(["sleep", "60"], env={**os.environ, "OUTAGE_RUN": project}) for project in projects]
    try:
        lifecycle.bring_down(projects[0])
        assert helpers[0].wait(timeout=10) == -signal.SIGKILL
        assert helpers[1].poll() is None
    finally:
        helpers[1].kill()
        helpers[1].wait()


def test_a_helper_that_was_just_being_started_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the start of a program and its first line, the system shows an empty environment."""
    helper = subprocess.Popen(["sleep", "60"])
    seen = tmp_path / str(helper.pid) / "environ"
    seen.parent.mkdir()
    seen.touch()
    monkeypatch.setattr(lifecycle, "ASKED_SECONDS", 0)
    monkeypatch.setattr(lifecycle, "PROCESSES", tmp_path)
    monkeypatch.setattr(engine, "remove", lambda **_labels: seen.write_bytes(b"OUTAGE_RUN=outage-toy-1\0"))
    try:
        lifecycle.bring_down("outage-toy-1")
        assert helper.wait(timeout=10) == -signal.SIGKILL
    finally:
        helper.kill()
        helper.wait()


def test_one_stack_of_a_lab_comes_up_at_a_time(begin: Begin) -> None:
    """The second `lab` says that one is coming up; a check, and the lab of another story, are let through."""
    first = begin("toy", "lab")
    assert project_of(first)

    with pytest.raises(OutageError, match=rf"coming up already: lab of toy \(process {first.pid}, since \d\d:"):
        Claim("toy", "lab")
    Claim("toy", "check").release()
    Claim("other", "lab").release()
    first.kill()
    first.wait()
    Claim("toy", "lab").release()


def test_two_labs_at_the_same_moment_are_one(begin: Begin) -> None:
    """However close together they begin, one is let through and the other is told so."""
    pair = [begin("toy", "lab") for _ in range(4)]
    names = []
    for process in pair:
        assert process.stdout is not None
        names.append(process.stdout.readline().strip())
    assert len([name for name in names if name]) == 1


def test_a_new_lab_takes_the_kept_one_down(no_docker: list[str]) -> None:
    """Of a story there is one stack to look around in: the newest."""
    old = Claim("toy", "lab")
    old.keep()
    old.release()
    new = Claim("toy", "lab")

    assert no_docker == [old.project]
    assert lifecycle.kept() == []
    new.release()


def test_live_runs_are_told(other: subprocess.Popen[str]) -> None:
    """What is at work is named with its lab, its process and its time; after its end it is gone from the list."""
    project = project_of(other)

    [note] = lifecycle.live()
    assert note.project == project
    assert note.told.startswith(f"check of toy (process {other.pid}, since ")
    assert lifecycle.live("another") == []
    other.kill()
    other.wait()
    assert lifecycle.live() == []


def test_cleaning_leaves_live_runs_alone(other: subprocess.Popen[str], no_docker: list[str], runs: Path) -> None:
    """All records go but those of runs that live, wherever they are; these are named."""
    project = project_of(other)
    finished = history.new_folder(paths.runs_of("toy") / "20261123-210501-ab12")
    history.finish(finished, {"lab": "toy"}, {"verdict": "FIXED"})
    (runs / "bench").mkdir()
    (runs / ".setup").mkdir()

    left = lifecycle.clear()

    assert [note.project for note in left] == [project]
    assert sorted(path.name for path in runs.iterdir()) == [".locks", "toy"]
    assert [path.name for path in (runs / "toy").iterdir()] == [Path(left[0].folder).name]
    assert lifecycle.live() == left
    assert no_docker == []


def test_an_error_between_claim_and_run_leaves_nothing() -> None:
    """Whatever ends a process in an orderly way, what it had claimed is given back."""

    def fails() -> None:
        history.new_folder(Claim("toy").folder)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"), lifecycle.interruptible():
        fails()

    assert list(paths.runs_of("toy").iterdir()) == []
    assert list(paths.locks().iterdir()) == []


def test_a_kept_run_outlives_its_process() -> None:
    """What `lab` leaves up is listed, of its lab and among all, oldest first, until it is brought down."""
    claims = [Claim("toy"), Claim("other"), Claim("toy")]
    for at, claim in enumerate(claims):
        claim.keep()
        claim.release()
        os.utime(paths.locks() / f"{claim.project}.kept", (at, at))

    first, other, last = (claim.project for claim in claims)
    assert lifecycle.kept("toy") == [first, last]
    assert lifecycle.kept() == [first, other, last]
    assert lifecycle.kept("nothing") == []


def test_what_is_made_here_carries_this_checkouts_mark(runs: Path) -> None:
    """Two checkouts never take each other's things for their own: the mark is the folder of runs."""
    assert lifecycle.home() == str(runs)


def test_a_closed_terminal_is_like_ctrl_c() -> None:
    """SIGTERM and SIGHUP become KeyboardInterrupt inside the block, and do what they did before after it."""
    before = signal.getsignal(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGHUP):
        with pytest.raises(KeyboardInterrupt), lifecycle.interruptible():
            os.kill(os.getpid(), number)
    assert signal.getsignal(signal.SIGTERM) is before


def test_clean_up_is_not_stopped_half_way() -> None:
    """A second Ctrl-C, and a third, during clean-up do nothing."""
    done = []
    with lifecycle.undisturbed():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
        done.append("cleaned up")

    assert done == ["cleaned up"]
