"""Does the set-up do what is missing, and nothing else?"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from toys import TOYS

from harness import paths
from harness.setup import doctor, environment, images, ready, shell, system
from harness.setup.__main__ import main
from harness.setup.board import Board


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been provided, on a machine where everything is there."""
    made: list[str] = []
    monkeypatch.setattr(environment, "is_ready", lambda **_dev: True)
    monkeypatch.setattr(environment, "provide", lambda _board, **_dev: made.append("environment"))
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: True)
    monkeypatch.setattr(ready, "_provide_docker", lambda _wanted, _board: made.append("docker"))
    return made


def test_nothing_is_done_or_said_when_everything_is_there(calls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A warm start is silent."""
    assert main(["ready", "--images", "all", "--dev"]) == 0
    assert calls == []
    assert capsys.readouterr().out == ""


def test_a_verb_that_starts_no_stack_does_not_ask_for_docker(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`make hint-…` works where Docker is away."""
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    assert main(["ready"]) == 0
    assert calls == []


def test_a_name_that_is_no_lab_is_left_to_the_verb(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The console script knows the nearest name; set-up needs no images for it."""
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    assert main(["ready", "--images", "no-such-lab"]) == 0
    assert calls == []


def test_a_lab_is_found_by_slug_number_and_folder() -> None:
    """The same names as everywhere else."""
    folder = min(TOYS.glob("[0-9][0-9]-*"))
    number, _, slug = folder.name.partition("-")
    wanted = images.needed(folder / "compose.yaml")
    assert [ready.wanted_images(name) for name in (slug, number, folder.name)] == [wanted] * 3


def test_what_is_missing_is_provided_side_by_side(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment and Docker do not wait for each other."""
    monkeypatch.setattr(environment, "is_ready", lambda **_dev: False)
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    ready.ready(["base"], dev=False, board=Board(io.StringIO()))
    assert sorted(calls) == ["docker", "environment"]


def no_docker(_wanted: list[str], _board: Board) -> None:
    """What providing Docker ends with where it may not be installed."""
    raise shell.UnavailableError("There is no Docker on this machine.\nWhat next: install it.")


@pytest.mark.usefixtures("calls")
def test_what_cannot_be_had_is_exit_code_2_and_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing and what next, no traceback."""
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    monkeypatch.setattr(ready, "_provide_docker", no_docker)
    assert main(["ready", "--images", "all"]) == 2
    assert capsys.readouterr().err == "\nThere is no Docker on this machine.\nWhat next: install it.\n"


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 2)])
@pytest.mark.usefixtures("calls")
def test_tests_go_on_without_docker_but_not_in_ci(monkeypatch: pytest.MonkeyPatch, ci: str, code: int) -> None:
    """On a laptop what needs Docker is skipped; CI must not be green for having skipped it."""
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    monkeypatch.setattr(ready, "_provide_docker", no_docker)
    monkeypatch.setenv("CI", ci)
    assert main(["ready", "--images", "all", "--docker-optional"]) == code


def test_changed_requirements_make_the_environment_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is of the requirements' content; dev requirements count only where they are asked for."""
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    assert not environment.is_ready(dev=False)
    made = {"runtime": environment.digest(environment.RUNTIME), "dev": "of an older list"}
    environment.STAMP.write_text(json.dumps(made))
    assert environment.is_ready(dev=False)
    assert not environment.is_ready(dev=True)


def test_an_environment_whose_making_was_interrupted_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp is written last, and half a stamp is none."""
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    environment.STAMP.write_text('{"runtime": "')
    assert not environment.is_ready(dev=False)


def test_a_failed_step_shows_the_end_of_its_log_and_the_mend() -> None:
    """Enough to act on without opening a file."""
    into = shell.log("toy", "eat something")
    with pytest.raises(shell.SetupError) as caught:
        shell.call([sys.executable, "-c", "import sys; print('first\\nlast'); sys.exit(3)"], into)
    assert "exit code 3" in str(caught.value)
    assert "    last\nWhat next: eat something." in str(caught.value)


def test_a_step_that_hangs_is_ended() -> None:
    """It fails with the time that it was given."""
    answer = shell.ask(sys.executable, "-c", "input(open('/dev/zero').read())", seconds=0.2)
    assert (answer.code, answer.ok) == (124, False)


def test_after_an_interrupt_nothing_else_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was running is ended, the next program of a step is not started, and what must be tidied still is."""
    monkeypatch.setattr(shell, "_interrupted", threading.Event())
    shell.end_all()
    with pytest.raises(shell.SetupError, match="interrupted"):
        shell.ask("true")
    assert shell.ask("true", keep=True).ok


def test_a_program_that_is_not_there_is_a_failure_like_another() -> None:
    """No traceback for a missing command."""
    assert shell.ask("no-such-program-here").code == 127


def test_each_step_leaves_one_line() -> None:
    """What was done, how it ended, how long it took."""
    out = io.StringIO()
    board = Board(out)
    with board.shown(), board.step("image: build toy"):
        pass
    assert out.getvalue().split() == ["image:", "build", "toy", "done", "0.0", "s"]


def test_debian_is_known_by_its_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ubuntu and its children count, Fedora does not."""
    monkeypatch.setattr(system, "OS_RELEASE", tmp_path / "os-release")
    seen = []
    for said in ("ID=debian", 'ID=linuxmint\nID_LIKE="ubuntu debian"', "ID=fedora"):
        system.OS_RELEASE.write_text(said + "\n")
        seen.append(system._is_debian())
    assert seen == [True, True, False]


def test_the_doctor_names_the_mend_of_what_is_missing() -> None:
    """What `make` provides by itself is no failure; what it cannot is exit code 2."""
    mine = doctor.Finding("git", ok=False, seen="not there", mend="install git")
    ours = doctor.Finding("images", ok=False, seen="0 of 5", mend=doctor.MAKE_DOES_IT, blocks=False)
    assert (doctor.exit_code([ours]), doctor.exit_code([mine, ours])) == (0, 2)
    assert "install git" in doctor.as_text([mine])


def test_the_doctor_examines_this_machine() -> None:
    """Every prerequisite is looked at, and JSON has them all."""
    names = [str(finding["name"]) for finding in doctor.as_json(doctor.examine())]
    assert names[:3] == ["Python 3.11", "git", "memory"]
    assert {"Docker Engine 20.10", "Compose v2", "base image", "virtual environment", "images"} <= set(names)


def test_options_of_make_become_flags() -> None:
    """REPEAT=3 BUSY=1 reach the console script; a verb's name is cut off at the first dash only."""
    command = ["make", "-n", "prove-two-words", "lab-two-words", "REPEAT=3", "BUSY=1"]
    shown = subprocess.check_output(command, cwd=paths.ROOT, text=True)
    assert ".venv/bin/outage prove two-words --repeat 3" in shown
    assert "--busy" in shown
    assert ".venv/bin/outage lab two-words" in shown
