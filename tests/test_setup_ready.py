"""Does the set-up do what is missing, and nothing else?"""

from __future__ import annotations

import io
import json
import sys
import threading
from pathlib import Path

import pytest
from toys import TOYS

from harness.setup import causes, doctor, images, ready, shell, system, venv
from harness.setup.__main__ import main
from harness.setup.board import Board


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been provided, on a machine where everything is there."""
    made: list[str] = []
    monkeypatch.setattr(venv, "is_ready", lambda **_dev: True)
    monkeypatch.setattr(venv, "provide", lambda _board, **_dev: made.append("venv"))
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
    monkeypatch.setattr(venv, "is_ready", lambda **_dev: False)
    monkeypatch.setattr(ready, "_stacks_can_start", lambda _wanted: False)
    ready.ready(["base"], dev=False, board=Board(io.StringIO()))
    assert sorted(calls) == ["docker", "venv"]


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


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The note of an environment that was made to its end, with one package in it."""
    (tmp_path / "lib" / "click.dist-info").mkdir(parents=True)
    monkeypatch.setattr(venv, "VENV", tmp_path)
    monkeypatch.setattr(venv, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(venv, "PYTHON", sys.executable)
    said = {"runtime": venv.digest(venv.RUNTIME), "dev": "of an older list", "installed": ["lib/click.dist-info"]}
    venv.STAMP.write_text(json.dumps(said))
    return tmp_path


def test_changed_requirements_make_a_new_environment(made: Path) -> None:
    """The note is of the requirements' content; dev requirements count only where they are asked for."""
    assert (venv.is_ready(dev=False), venv.is_ready(dev=True)) == (True, False)
    venv.STAMP.unlink()
    assert not venv.is_ready(dev=False)


def test_an_environment_without_its_packages_is_not_ready(made: Path) -> None:
    """What the set-up says and what the doctor says hang on what is there, not on a note alone."""
    (made / "lib" / "click.dist-info").rmdir()
    assert not venv.is_ready(dev=False)


def test_an_environment_that_is_a_link_is_not_emptied_through_it(tmp_path: Path) -> None:
    """A link to the environment of another checkout is replaced by a folder of our own, and the other one stays."""
    other, own = tmp_path / "other", tmp_path / "own"
    other.mkdir()
    (other / "python").write_text("", encoding="utf-8")
    own.symlink_to(other)
    venv.make_room(own)
    assert not own.is_symlink()
    assert (other / "python").is_file()


@pytest.mark.parametrize("note", ['{"runtime": "', "[]", '{"runtime": "x"}', ""])
def test_an_environment_whose_making_was_interrupted_is_not_ready(made: Path, note: str) -> None:
    """The note is written last, and half a note, or one of an older kind, is none."""
    venv.STAMP.write_text(note)
    assert not venv.is_ready(dev=False)


def failed(*words: str) -> str:
    """The message of a step whose program said this, and failed."""
    with pytest.raises(shell.SetupError) as caught:
        shell.call([sys.executable, "-c", f"import sys; print({chr(10).join(words)!r}); sys.exit(3)"], shell.log("toy"))
    return str(caught.value)


def test_a_failed_step_shows_the_end_of_its_log() -> None:
    """Enough to act on without opening a file, and no advice where nobody knows the cause."""
    said = failed("first", "something nobody has ever seen")
    assert "ended with exit code 3" in said
    assert said.endswith("    something nobody has ever seen")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: Can not perform a '--user' install. User site-packages are not visible", None),
        ("WARNING: Failed to establish a new connection: [Errno -2] Name or service not known", "network"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate", "authority"),
        ("OSError: [Errno 28] No space left on device", "make room"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "which index pip uses"),
        ("ERROR: No matching distribution found for click==8.3.1", "another Python"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "wait until it has ended"),
        ("Error response from daemon: could not find an available, non-overlapping IPv4 address pool", "network prune"),
        ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "systemctl start docker"),
        ("permission denied while trying to connect to the Docker daemon socket", "usermod -aG docker"),
    ],
)
def test_advice_follows_the_cause(line: str, advice: str | None) -> None:
    """What a program said decides what is recommended; a cause that nobody knows gets no advice."""
    said = failed(line)
    assert ("What next" in said) is (advice is not None)
    assert (advice or "") in said


def test_each_known_cause_is_found_by_its_own_signs() -> None:
    """No sign is hidden behind an earlier one, and each has its sentence and its advice."""
    for signs, name, cause in causes._known():
        for sign in signs.pattern.split("|"):
            assert sign
        assert name in causes._TOLD if name else (cause.what and cause.remedy)


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


def test_the_doctor_says_what_helps_against_what_is_missing() -> None:
    """What `make` provides by itself is no failure; what it cannot is exit code 2."""
    mine = doctor.Finding("memory", ok=False, seen="1.0 GiB", remedy="at least 4 GiB are needed")
    ours = doctor.Finding("images", ok=False, seen="0 of 5", remedy=doctor.MAKE_DOES_IT, blocks=False)
    assert (doctor.exit_code([ours]), doctor.exit_code([mine, ours])) == (0, 2)
    assert "at least 4 GiB" in doctor.as_text([mine])


def test_the_doctor_examines_this_machine() -> None:
    """Every prerequisite is looked at, and JSON has them all; Git is none."""
    names = [str(finding["name"]) for finding in doctor.as_json(doctor.examine())]
    assert names[:5] == ["Python 3.11", "memory", "cores", "disk", "open files"]
    assert {"write access", "folder's name", "Docker's variables", "virtual environment", "images"} <= set(names)
    assert "git" not in names
