"""Does the command line say what is wrong in one message, with the right exit code, to people and machines?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from toys import COMMAND, commit, copy, outage

from harness import paths
from harness.commands import cli
from harness.run import history
from harness.run.history import Progress
from harness.lab.manifest import Lab

VERDICT: dict[str, Any] = {
    "lab": "always-broken",
    "verdict": "BROKEN",
    "checks": [
        {"name": "something_else", "outcome": "passed"},
        {"name": "orders_are_taken", "outcome": "failed"},
    ],
}
COMMANDS = sorted(cli.cli.commands)


@pytest.fixture
def lab(origin: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A toy of one's own, committed as shipped, as the only lab there is."""
    found = copy("02-always-broken", origin / "labs")
    (found.solution / "DEBRIEF.md").write_text("# The cause\n\nIt was DNS.\n")
    commit(origin)
    monkeypatch.setenv("OUTAGE_LABS", str(origin / "labs"))
    return found


def judged(verdict: dict[str, Any]) -> None:
    """The last run of the broken toy was judged like this."""
    history.finish(history.new_folder("always-broken", "20261123-210501-ab12"), {"lab": "always-broken"}, verdict)


def test_the_commands_of_the_design_are_there() -> None:
    """Every make verb that is about labs has its command."""
    verbs = "list lab check hint logs shell reset debrief down prove doctor bench clean"

    assert set(verbs.split()) - set(COMMANDS) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    """--help says in a sentence what the command does, and every option has a text."""
    said = CliRunner().invoke(cli.cli, [name, "--help"])

    assert (said.exit_code, said.output.startswith(f"Usage: cli {name}")) == (0, True)
    assert cli.cli.commands[name].help
    options = [one for one in cli.cli.commands[name].params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


def test_help_and_version_come_from_the_console() -> None:
    """The console entry itself lists the commands and its version, and exits with 0."""
    said, version = outage("--help"), outage("--version")

    assert (said.code, version.code, version.out.startswith("outage, version ")) == (0, 0, True)
    assert [name for name in COMMANDS if f"\n  {name} " not in said.out] == []


@pytest.mark.parametrize("command", ["check", "lab", "down"])
def test_an_unknown_lab_gets_the_nearest(command: str) -> None:
    """A wrong name ends any command with 2 and the nearest name, before Docker is asked."""
    said = outage(command, "always-brocken", DOCKER_HOST="unix:///nowhere.sock")

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error  There is no lab called 'always-brocken'. Did you mean always-broken? `make list` shows all.\n"
    )


def test_a_machine_gets_the_error_as_json() -> None:
    """With --json the error is on standard output too, as JSON."""
    said = outage("check", "nothing-of-it", "--json")

    assert (said.code, list(said.json)) == (2, ["error"])
    assert said.json["error"].startswith("There is no lab called 'nothing-of-it'.")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chekc", "always-fixed"], "No such command 'chekc'"),
        (["check"], "Missing argument 'LAB'"),
        (["check", "always-fixed", "--sed", "3"], "No such option"),
        (["check", "always-fixed", "--seed", "x"], "Invalid value for '--seed'"),
    ],
)
def test_a_wrong_call_is_one_message(args: list[str], said: str) -> None:
    """A command, option or value that does not exist ends with 2, one message and a way on."""
    done = outage(*args)

    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "`outage --help` shows the commands." in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["check", "lab"])
def test_without_docker_there_is_one_message(command: str) -> None:
    """Docker that does not answer is said, with the command that helps, and leaves no run behind."""
    said = outage(command, "always-fixed", DOCKER_HOST="unix:///nowhere.sock")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error  Docker does not answer (")
    assert "`make doctor` says how to mend it." in said.err
    assert "Traceback" not in said.err
    assert history.runs("always-fixed") == []


def test_a_bad_manifest_is_one_message(lab: Lab) -> None:
    """A lab.toml that says something wrong ends with 2, its path, the key and what was expected."""
    (lab.folder / "lab.toml").write_text((lab.folder / "lab.toml").read_text().replace("level = 1", "level = 9"))
    said = outage("check", "always-broken")

    assert (said.code, said.out) == (2, "")
    assert f"{lab.folder}/lab.toml: `level` must be 1, 2 or 3, but is 9." in said.err


def test_labs_are_listed_with_progress() -> None:
    """--json of list tells number, slug, level, minutes, state and summary of each lab."""
    Progress("always-broken").note(solved=False)
    Progress("always-fixed").note(solved=True)

    rows = outage("list", "--json").json

    assert [(row["number"], row["slug"], row["state"]) for row in rows[:3]] == [
        (1, "always-fixed", "solved"),
        (2, "always-broken", "tried"),
        (3, "never-healthy", "not yet"),
    ]
    assert rows[0] | {"state": ""} == {
        "number": 1, "slug": "always-fixed", "level": 1, "minutes": 1, "state": "", "summary": "A shop that works.",
    }  # fmt: skip


def test_people_get_a_table_and_where_to_begin() -> None:
    """The list for people is plain in a pipe, and ends with the first command to type."""
    said = outage("list")

    assert (said.code, "\x1b" in said.out) == (0, False)
    assert "always-broken" in said.out
    assert said.out.splitlines()[-1] == "0 of 6 solved. Begin with make lab-always-fixed."


def test_no_lab_at_all_is_said(tmp_path: Path) -> None:
    """An empty folder of labs is an empty list."""
    (tmp_path / "none").mkdir()
    said = outage("list", OUTAGE_LABS=str(tmp_path / "none"))

    assert (said.code, said.out.splitlines()[-1]) == (0, "There is no lab.")


def test_hints_go_one_step_further_each_time(lab: Lab) -> None:
    """The first failed check of the last run is hinted at, from the first hint to the last."""
    judged(VERDICT)
    said = [outage("hint", "always-broken").out for _ in range(4)]

    assert [text.splitlines()[0] for text in said] == [
        "orders are taken · hint 1 of 3",
        "orders are taken · hint 2 of 3",
        "orders are taken · hint 3 of 3",
        "orders are taken · hint 3 of 3",
    ]
    assert "Look at the status." not in said[0]
    assert "Look at the status." in said[1]
    assert "That was the last one." in said[2]


def test_a_hint_needs_a_run(lab: Lab) -> None:
    """Without a run, with one that broke nothing, or for a check that is none, it is said what to do."""
    nothing = outage("hint", "always-broken")
    judged(VERDICT | {"verdict": "FIXED", "checks": []})
    fixed, none = outage("hint", "always-broken"), outage("hint", "always-broken", "--check", "x")

    assert [done.code for done in (nothing, fixed, none)] == [2, 2, 2]
    assert "Run make lab-always-broken first." in nothing.err
    assert "Your last run was FIXED: no check failed" in fixed.err
    assert "There is no hint for 'x'; there are hints for orders_are_taken." in none.err


def test_the_debrief_is_for_those_who_solved_it(lab: Lab) -> None:
    """Before FIXED it is refused with the two ways to get it, and given with either of them."""
    refused = outage("debrief", "always-broken")
    spoiled = outage("debrief", "always-broken", "--spoil")
    Progress("always-broken").note(solved=True)
    earned = outage("debrief", "always-broken")

    assert (refused.code, refused.out) == (2, "")
    assert "make debrief-always-broken SPOIL=1" in refused.err
    assert [(done.code, "It was DNS." in done.out) for done in (spoiled, earned)] == [(0, True), (0, True)]


def test_reset_shows_and_asks(lab: Lab) -> None:
    """Reset shows the edits and asks; no means no, yes puts the files back, and then nothing is left to do."""
    edited = lab.folder / "shop" / "app.py"
    shipped = edited.read_text()
    edited.write_text(shipped.replace("503", "200"))

    refused = outage("reset", "always-broken", given="n\n")
    kept = edited.read_text()
    agreed = outage("reset", "always-broken", given="y\n")
    again = outage("reset", "always-broken", "--yes")

    assert (refused.code, "+    return app.json.response(taken=False), 200" in refused.out) == (2, True)
    assert "200" in kept
    assert (agreed.code, "Reset shop/app.py." in agreed.out, edited.read_text()) == (0, True, shipped)
    assert again.out == "Nothing to reset: your files are as shipped.\n"


def test_saying_no_is_no_clean_up(lab: Lab) -> None:
    """Who declines to discard edits is not told that something was removed."""
    edited = lab.folder / "shop" / "app.py"
    edited.write_text("app = 1\n")

    said = outage("reset", "always-broken", given="n\n")

    assert (said.out.splitlines()[-1].endswith("Nothing was changed."), "removed" in said.out + said.err) == (
        True,
        False,
    )


def test_reset_brings_back_a_file_that_was_deleted(lab: Lab) -> None:
    """A student who deleted their file gets it back by the command that is meant for it."""
    shipped = (lab.folder / "shop" / "app.py").read_text()
    (lab.folder / "shop" / "app.py").unlink()

    said = outage("reset", "always-broken", "--yes")

    assert (said.code, said.err) == (0, "")
    assert (lab.folder / "shop" / "app.py").read_text() == shipped


def test_a_closed_pipe_is_no_error(lab: Lab) -> None:
    """`outage list | head -0` ends without a traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            [*COMMAND, "list", "--json"],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=paths.ROOT,
        )

    assert "Traceback" not in done.stderr
