"""Is what is in the way of a file or folder said in one message, with what helps, and found by the doctor?"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from requests.exceptions import RequestException

from harness import paths
from harness.errors import OutageError
from harness.run import history, lifecycle
from harness.setup import doctor, machine, places, ready, venv
from harness.setup.__main__ import main

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def said_to_nobody(question: str, folder: Path) -> str:
    """What a user without rights is told when they try this."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setuid(NOBODY)
            os.chdir("/usr")
            os.environ["OUTAGE_RUNS"] = str(folder)
            answer = str(TRIES[question](folder))
        except BaseException as problem:  # noqa: BLE001 - the copy must never go on as the tests
            answer = f"{type(problem).__name__}: {problem}"
        os.write(writes, answer.encode())
        os._exit(0)
    os.close(writes)
    os.waitpid(child, 0)
    with os.fdopen(reads) as pipe:
        return pipe.read()


def _set_up(_folder: Path) -> None:
    ready.ready([], dev=False)


TRIES: dict[str, Callable[[Path], object]] = {
    "claim": lambda _folder: lifecycle.Claim("toy"),
    "record": lambda folder: history.new_folder(folder / "toy" / "1"),
    "doctor": places.writable,
    "set-up": _set_up,
    "finding": lambda _folder: [one for one in doctor._places() if not one.ok],
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("question", ["claim", "record", "doctor"])
def test_a_folder_of_another_user_is_one_message(open_folder: Path, question: str) -> None:
    """Whose it is, who you are, and the command that changes it: of `runs/` made by `sudo make`."""
    runs = open_folder / "runs"
    runs.mkdir(mode=0o755)
    said = said_to_nobody(question, runs)
    assert f"{runs} belongs to root (mode 755), and you are nobody" in said
    assert f"What next: `sudo chown -R nobody {runs}`, or name a folder of your own with OUTAGE_RUNS=…" in said


def test_a_mode_that_forbids_it_is_told_apart(tmp_path: Path) -> None:
    """One's own folder needs no sudo."""
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o555)
    said = str(places.explained(PermissionError(errno.EACCES, "no", str(folder / "x"))))
    assert "is yours, but its mode 555 does not allow it" in said
    assert f"`chmod -R u+rwX {folder}`" in said


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EROFS, "OUTAGE_RUNS="),
        (errno.ENOSPC, "docker system df"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EMFILE, "ulimit -n 4096"),
        (errno.EPIPE, "Nobody reads the output"),
        (errno.ENOTDIR, "x: Not a directory."),
    ],
)
def test_each_cause_has_its_own_advice(tmp_path: Path, number: int, says: str) -> None:
    """A read-only checkout, a full disk and too many files are different things; the rest gets no advice."""
    assert says in str(places.explained(OSError(number, os.strerror(number), str(tmp_path / "x"))))


@pytest.mark.parametrize(
    ("problem", "is_one"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (FileNotFoundError(errno.ENOENT, "no", "/runs/x"), True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), False),
        (TimeoutError("timed out"), False),
        (RequestException("409 Conflict"), False),
        (ValueError("no"), False),
    ],
)
def test_a_connection_that_fails_is_no_problem_of_a_place(problem: Exception, is_one: bool) -> None:
    """Sockets and HTTP libraries raise OSErrors too; these say nothing about a file."""
    assert places.is_of_a_place(problem) is is_one


def test_a_problem_that_names_no_file_is_told_of_the_place_that_was_meant(tmp_path: Path) -> None:
    """A full disk is often noticed in the middle of a write."""
    assert str(tmp_path / "x") in str(places.explained(OSError(errno.ENOSPC, "full"), tmp_path / "x"))


@pytest.mark.parametrize("name", ["a:b", "a\nb"])
def test_a_name_that_cannot_be_mounted_stops_the_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Before a download, an image or a container: one message, exit code 2, and an object where JSON is wanted."""
    monkeypatch.setattr(paths, "ROOT", tmp_path / name)
    monkeypatch.setattr(ready, "_to_do", lambda *_args, **_named: pytest.fail("something was begun"))
    assert main(["ready", "--images", "all", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out.startswith('{"error": ')
    assert "move or clone the repository" in said.err


@pytest.mark.parametrize("name", ["with space", "lä-bs", "[x]", "$HOME", "a'b", 'a"b', "#1", "100%", "a,b", "a\\b"])
def test_other_names_are_let_through(tmp_path: Path, name: str) -> None:
    """Only what cannot work is refused."""
    places.require_mountable(tmp_path / name)


def test_a_file_that_services_cannot_read_is_named(tmp_path: Path) -> None:
    """A checkout that was cloned with a closed mask would look like a broken service."""
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "haproxy.cfg").write_text("x")
    places.require_readable(tmp_path / "stack")
    (tmp_path / "stack" / "haproxy.cfg").chmod(0o600)
    with pytest.raises(OutageError, match=r"haproxy\.cfg cannot be read by others(?s:.*)chmod -R o\+rX"):
        places.require_readable(tmp_path / "stack")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_checkout_of_another_user_is_one_message(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment has yet to be made, nothing is begun, and the doctor says the same."""
    monkeypatch.setattr(paths, "ROOT", open_folder)
    monkeypatch.setattr(venv, "VENV", open_folder / ".venv")
    monkeypatch.setattr(venv, "is_ready", lambda **_dev: False)
    for question in ("set-up", "finding"):
        said = said_to_nobody(question, open_folder / "runs")
        assert "belongs to root (mode 755), and you are nobody" in said
        assert "or work in a checkout of your own" in said


def test_the_set_up_says_what_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the file system in the middle of the set-up is a message too."""
    monkeypatch.setenv("OUTAGE_RUNS", str(tmp_path / "a file" / "runs"))
    (tmp_path / "a file").write_text("")
    monkeypatch.setattr(venv, "is_ready", lambda **_dev: False)
    assert main(["ready"]) == 2
    assert "Not a directory" in capsys.readouterr().err


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that prints what the file `said` has, and fails if there is a file `fails`."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/said\n[ ! -e {tmp_path}/fails ]\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (tmp_path / "said").write_text("")
    return tmp_path


def moment(seconds_ahead: float) -> str:
    """This moment by a clock that is ahead, as Docker writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + seconds_ahead)) + ".500000001Z\n"


def test_clocks_that_agree_differ_by_nothing(docker: Path) -> None:
    """What lies within the time of the question itself is no difference."""
    (docker / "said").write_text(moment(-0.5))
    difference = machine.clock_difference_seconds()
    assert difference is not None
    assert abs(difference) < 1


@pytest.mark.parametrize("ahead", [-30, -5, 5, 30])
def test_the_doctor_compares_the_clocks(docker: Path, ahead: float) -> None:
    """A clock of the engine that is seconds off is a note, with the difference and what sets it right."""
    (docker / "said").write_text(moment(ahead))
    found = next(one for one in doctor._engine() if one.name == "Docker's clock")
    assert (found.ok, found.blocks, "NTP" in found.remedy) == (False, False, True)
    seen = re.fullmatch(r"differs from this machine's by ([+-]\d+\.\d) s", found.seen)
    assert seen is not None
    assert abs(float(seen[1]) - ahead) <= 1.5


def test_the_doctor_sees_that_no_network_is_left(docker: Path) -> None:
    """It tries, as a stack will; the way out is named."""
    (docker / "said").write_text(
        "Error response from daemon: could not find an available, non-overlapping IPv4 address pool"
    )
    (docker / "fails").touch()
    found = next(one for one in doctor._engine() if one.name == "Docker's networks")
    assert (found.ok, found.blocks, "no addresses left" in found.seen) == (False, True, True)
    assert "docker network prune" in found.remedy


@pytest.mark.parametrize(
    ("function", "value", "name"),
    [
        ("open_files", 256, "open files"),
        ("memory_gib", 1.0, "memory"),
        ("cores", 1, "cores"),
        ("loopback_port", 0, "port"),
    ],
)
def test_the_doctor_looks_at_the_machine(
    monkeypatch: pytest.MonkeyPatch, function: str, value: float, name: str
) -> None:
    """Too few open files, too little memory, one core: each is a finding with what helps."""
    monkeypatch.setattr(machine, function, lambda: value)
    found = next(one for one in doctor._machine() if one.name.startswith(name))
    assert (found.ok, bool(found.remedy)) == (False, True)


def test_the_doctor_looks_at_the_fullest_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not only at the checkout's: images are kept elsewhere."""
    monkeypatch.setattr(machine, "docker_folder", lambda: Path("/proc"))
    room, folder = machine.room_gib()
    assert (room, folder) == (0, Path("/proc"))


CLOSED = "import os, sys; os.close(1); os.close(2); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


def test_a_closed_output_is_no_error() -> None:
    """As when a scheduler starts a command."""
    command = [sys.executable, "-c", CLOSED, "-I", "-m", "harness", "list"]
    assert subprocess.run(command, check=False, cwd=paths.ROOT).returncode == 0
