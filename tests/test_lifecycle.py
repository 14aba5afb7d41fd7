"""Are live runs told from dead ones, and unfinished records removed with them?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import paths
from harness.run import history, lifecycle
from harness.run.lifecycle import Claim

CLAIMING = """
import sys
from harness.run.lifecycle import Claim
claim = Claim("toy")
print(claim.project, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a claim, and prints its name."""
    command = [sys.executable, "-c", CLAIMING]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=paths.ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


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
    assert lifecycle._alive(project_of(other))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_dead_process_has_none(other: subprocess.Popen[str], number: signal.Signals) -> None:
    """However a process ends, its run is dead at once, although the lock's file is still there."""
    project = project_of(other)
    os.kill(other.pid, number)
    other.wait()

    assert (paths.locks() / f"{project}.lock").exists()
    assert not lifecycle._alive(project)


def test_a_run_that_nobody_knows_is_dead() -> None:
    """A name without a lock belongs to nobody who lives."""
    assert not lifecycle._alive("outage-toy-20261123-210501-ab12")


def test_looking_does_not_take_the_claim_away(other: subprocess.Popen[str]) -> None:
    """Asking twice whether a run lives gives the same answer, of a live one and of a dead one."""
    project = project_of(other)

    assert [lifecycle._alive(project) for _ in range(2)] == [True, True]
    other.kill()
    other.wait()
    assert [lifecycle._alive(project) for _ in range(2)] == [False, False]


def test_a_released_claim_leaves_no_trace() -> None:
    """After release there is neither a lock nor a draft of one."""
    claim = Claim("toy")
    claim.release()

    assert list(paths.locks().iterdir()) == []


def test_an_unfinished_record_goes_with_its_run() -> None:
    """A folder without a verdict is removed on release; one with a verdict stays."""
    torn, whole = Claim("toy"), Claim("toy")
    folders = [history.new_folder("toy", claim.run_id) for claim in (torn, whole)]
    torn.own(folders[0])
    whole.own(folders[1])
    history.finish(folders[1], {"lab": "toy"}, {"verdict": "FIXED"})

    torn.release()
    whole.release()

    assert [folder.exists() for folder in folders] == [False, True]


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
