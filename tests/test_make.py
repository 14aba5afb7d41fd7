"""Does `make` call the verb that was meant, with the options of its own command line and no others?"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import environment, paths

SCRIPT = """#!/bin/sh
echo "outage $*"
case "$*" in *broken*) echo 'the last line is ours' >&2; exit 1;; *unknown*) exit 2;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A folder with our Makefile, where the set-up has nothing to do and `outage` says what it was asked."""
    folder = tmp_path / "a checkout"
    for name, text in (("harness/setup/__main__.py", ""), (".venv/bin/outage", SCRIPT)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    shutil.copy(paths.ROOT / "Makefile", folder)
    # Tests that run in the background have been told to ignore this signal, and would pass that on.
    before = signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    yield folder
    signal.signal(signal.SIGQUIT, before)


def make(folder: Path, *words: str, **shell: str) -> subprocess.CompletedProcess[str]:
    """Run make with these words, and these variables of the shell."""
    variables = environment.child(shell)
    return subprocess.run(
        ["make", *words], cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=60
    )


def test_options_of_the_command_line_become_flags(checkout: Path) -> None:
    """A verb's name is cut off at the first dash only, and each verb gets its own options."""
    said = make(checkout, "prove-two-words", "REPEAT=3", "JOBS=1", "BUSY=1", "RECORD=1", "ONLY=decoy no")
    assert said.stdout == "outage prove two-words --repeat 3 --jobs 1 --busy --only decoy no --record\n"
    assert make(checkout, "hint-07", "CHECK=every order once").stdout == "outage hint 07 --check every order once\n"
    assert make(checkout, "check-07", "OVERLAY=/x", "JSON=1").stdout == "outage check 07 --overlay /x --json\n"
    assert make(checkout, "new-lab", "SLUG=my-story").stdout == "outage new-lab my-story\n"
    assert make(checkout, "prove-07", "KEEP=1").stdout == "outage prove 07 --keep\n"
    said = make(checkout, "mutate-07", "SAMPLE=8", "SEED=1", "FIX=lease", "JOBS=2", "BUSY=1", "LIST=1", "KEEP=1")
    assert said.stdout == "outage mutate 07 --sample 8 --seed 1 --fix lease --jobs 2 --busy --list --keep\n"


def test_variables_of_the_shell_are_no_options(checkout: Path) -> None:
    """JOBS, SERVICE or SEED that were exported for something else change nothing."""
    said = make(checkout, "lab-07", JOBS="max", SERVICE="web", SEED="abc", PYTHON="no-such-python", JSON="1", YES="1")
    assert (said.returncode, said.stdout) == (0, "outage lab 07\n")


def test_a_switch_can_be_off(checkout: Path) -> None:
    """YES=0 is no yes."""
    assert make(checkout, "clean", "YES=0", "IMAGES=no").stdout == "outage clean\n"


def test_an_option_that_no_verb_takes_is_said(checkout: Path) -> None:
    """It is not passed over in silence: the message names what the verb takes."""
    said = make(checkout, "hint-07", "CHEK=x")
    assert said.returncode != 0
    assert "hint-07 takes no CHEK; it takes CHECK." in said.stderr


def test_all_goals_are_run_in_their_order(checkout: Path) -> None:
    """`make lab-07 check-07` does both."""
    assert make(checkout, "lab-07", "check-07", "SEED=5", "-j4").stdout.splitlines() == [
        "outage lab 07 --seed 5",
        "outage check 07 --seed 5",
    ]


def test_files_of_a_verbs_name_are_in_nobodys_way(checkout: Path) -> None:
    """A file called check-07, list or prove does not make the verb "up to date"."""
    for name in ("check-07", "list", "prove", "hint-07"):
        (checkout / name).touch()
    said = make(checkout, "check-07", "list", "prove", "hint-07")
    assert said.stdout.splitlines() == ["outage check 07", "outage list", "outage prove", "outage hint 07"]


@pytest.mark.parametrize("lab", ["broken", "unknown"])
def test_a_failing_verb_has_the_last_word(checkout: Path, lab: str) -> None:
    """Make ends with another code than 0, and without its own line about an error."""
    said = make(checkout, f"check-{lab}")
    assert said.returncode not in (0, None)
    assert "make" not in said.stderr
    assert said.stderr == ("the last line is ours\n" if lab == "broken" else "")


def test_in_the_background_a_failing_verb_fails_all_the_same(checkout: Path) -> None:
    """Where signals are ignored, make ends with its own line."""
    script = "trap '' QUIT; make check-broken"
    done = subprocess.run(["sh", "-c", script], cwd=checkout, env=environment.child(), capture_output=True, check=False)
    assert done.returncode == 2


def test_a_verb_that_does_not_exist_gets_one_message(checkout: Path) -> None:
    """It names what helps."""
    said = make(checkout, "frobnicate")
    assert said.returncode != 0
    assert "`make help` shows what there is" in said.stderr


def test_help_names_every_verb() -> None:
    """What can be called is listed."""
    shown = make(paths.ROOT, "help").stdout
    verbs = (
        "list lab check hint logs shell reset diff debrief down prove mutate bench doctor clean index new-lab lint test"
    )
    assert [verb for verb in (*verbs.split(), "format", "lock") if f"make {verb}" not in shown] == []


def test_the_set_up_imports_nothing_of_the_folder(tmp_path: Path) -> None:
    """A random.py or json.py beside the Makefile, or a PYTHONPATH of the caller's, is not run."""
    folder = tmp_path / "checkout"
    shutil.copytree(paths.ROOT / "harness", folder / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("json", "random", "redis", "click", "argparse"):
        (folder / f"{name}.py").write_text("raise SystemExit('a stranger runs')\n")
    command = ["python3", "-I", "harness/setup/__main__.py", "ready", "--help"]
    variables = dict(os.environ) | {"PYTHONPATH": str(folder), "PYTHONSTARTUP": str(folder / "json.py")}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, "stranger" in done.stderr) == (0, False)
