"""Does the command line say what is wrong in one message, with the right exit code, to people and machines?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import click
import literal
import pytest
from click.testing import CliRunner
from toys import COMMAND, copy, outage

from harness import paths
from harness.commands import cli
from harness.judge import store
from harness.lab import variants, work
from harness.lab.manifest import Lab
from harness.run import history
from harness.run.history import Progress

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
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A toy of one's own as the only lab there is, with a copy for the student."""
    found = copy("02-always-broken", tmp_path / "labs")
    found.debrief.write_text("# The cause\n\nIt was DNS.\n")
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    work.prepare(found)
    return found


def judged(verdict: dict[str, Any]) -> None:
    """The last run of the broken toy was judged like this."""
    folder = history.new_folder(paths.runs_of("always-broken") / "20261123-210501-ab12")
    history.finish(folder, {"lab": "always-broken"}, verdict)


def test_the_commands_of_the_design_are_there() -> None:
    """Every make verb that is about labs has its command."""
    verbs = "list lab check hint logs shell reset diff debrief down prove judge doctor bench clean"
    authors = "new-lab overlay decoy index mutate"

    assert set(verbs.split()) | set(authors.split()) == set(COMMANDS)


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
        (["check", "always-fixed", "--seed", "x"], "SEED=x is no whole number from 0 on"),
        (["prove", "always-fixed", "--repeat", "0"], "REPEAT=0 is no whole number from 1 on"),
    ],
)
def test_a_wrong_call_is_one_message(args: list[str], said: str) -> None:
    """A command, option or value that does not exist ends with 2, one message and a way on."""
    done = outage(*args)

    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "`make help` shows the commands." in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["check", "lab"])
def test_without_docker_there_is_one_message(command: str) -> None:
    """Docker that does not answer is said, with the command that helps, and leaves no run behind."""
    said = outage(command, "always-fixed", DOCKER_HOST="unix:///nowhere.sock")

    assert said.code == 2
    assert said.err.startswith("error  With DOCKER_HOST=unix:///nowhere.sock no engine answers.")
    assert "`make doctor`" in said.err
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
    assert "There is no check called 'x'." in none.err


def test_the_debrief_is_for_those_who_solved_it(lab: Lab) -> None:
    """Before FIXED it is refused with the two ways to get it, and given with either of them."""
    refused = outage("debrief", "always-broken")
    spoiled = outage("debrief", "always-broken", "--spoil")
    Progress("always-broken").note(solved=True)
    earned = outage("debrief", "always-broken")

    assert (refused.code, refused.out) == (2, "")
    assert "make debrief-always-broken SPOIL=1" in refused.err
    assert [(done.code, "It was DNS." in done.out) for done in (spoiled, earned)] == [(0, True), (0, True)]


def mine(lab: Lab) -> Path:
    """The student's file."""
    return lab.work / "shop" / "app.py"


def test_reset_shows_and_asks(lab: Lab) -> None:
    """Reset shows the edits and asks; no means no, yes puts the files back, and then nothing is left to do."""
    shipped = mine(lab).read_text()
    mine(lab).write_text(shipped.replace("503", "200"))

    refused = outage("reset", "always-broken", given="n\n")
    kept = mine(lab).read_text()
    agreed = outage("reset", "always-broken", given="y\n")
    again = outage("reset", "always-broken", "--yes")

    assert (refused.code, "+    return app.json.response(taken=False), 200" in refused.out) == (2, True)
    assert "200" in kept
    assert (agreed.code, "shop/app.py. What you had is in " in agreed.out) == (0, True)
    assert mine(lab).read_text() == shipped
    assert again.out == "Nothing to reset: your files are as shipped.\n"


def test_saying_no_is_no_clean_up(lab: Lab) -> None:
    """A student who declines is not told that something was removed."""
    mine(lab).write_text("app = 1\n")

    said = outage("reset", "always-broken", given="n\n")

    assert said.out.splitlines()[-1].endswith("Nothing was changed.")
    assert "removed" not in said.out + said.err


def test_reset_brings_back_a_file_that_was_deleted(lab: Lab) -> None:
    """A student who deleted their file gets it back by the command that is meant for it."""
    shipped = mine(lab).read_text()
    mine(lab).unlink()

    said = outage("reset", "always-broken", "--yes")

    assert (said.code, said.err, mine(lab).read_text()) == (0, "", shipped)


def test_a_diff_shows_what_was_changed(lab: Lab) -> None:
    """Without an edit that is said; with one it is shown."""
    before = outage("diff", "always-broken")
    mine(lab).write_text("app = 1\n")
    after = outage("diff", "always-broken")

    assert "Nothing is changed: the files in " in before.out
    assert (after.code, "\n+app = 1\n" in after.out) == (0, True)


def test_a_student_without_git_is_served(lab: Lab, tmp_path: Path) -> None:
    """No git on the machine: edits are told and taken back all the same."""
    (tmp_path / "bin").mkdir()
    mine(lab).write_text("app = 1\n")

    told = outage("diff", "always-broken", PATH=str(tmp_path / "bin"))
    put_back = outage("reset", "always-broken", "--yes", PATH=str(tmp_path / "bin"))

    assert ("+app = 1" in told.out, put_back.code, outage("diff", "always-broken").out.startswith("Nothing")) == (
        True,
        0,
        True,
    )


def test_a_hint_can_be_asked_for_by_name(lab: Lab) -> None:
    """Names are taken with spaces or hyphens too, and a wrong one gets the nearest."""
    judged(VERDICT)
    spaced, wrong = (outage("hint", "always-broken", "--check", name) for name in ("Orders are-taken", "oders"))

    assert spaced.out.startswith("orders are taken · hint 1 of 3")
    assert (wrong.code, "Did you mean orders_are_taken?" in wrong.err) == (2, True)


def test_hints_tell_what_else_failed(lab: Lab) -> None:
    """With several failed checks, the others are named with the command that asks for them."""
    failed = [{"name": name, "outcome": "failed"} for name in ("orders_are_taken", "nothing_dies")]
    judged(VERDICT | {"checks": failed})
    first = outage("hint", "always-broken")
    other = outage("hint", "always-broken", "--check", "nothing_dies")

    assert "make hint-always-broken CHECK=nothing_dies" in first.out
    assert other.out.startswith("nothing dies · hint 1 of 3")
    assert "Also failed: orders_are_taken" in other.out


def test_a_hint_for_a_promise_that_was_kept_says_so(lab: Lab) -> None:
    """It can be asked for, and is not told as if it had failed."""
    judged(VERDICT | {"checks": [{"name": "orders_are_taken", "outcome": "failed"}]})
    said = outage("hint", "always-broken", "--check", "nothing_dies").out

    assert "In your last run it did not fail. These did: orders_are_taken." in said


def test_where_there_is_no_terminal_a_hint_stands_as_it_is_written(lab: Lab) -> None:
    """In a pipe or a file the signs of emphasis and code say what a terminal says by its colours."""
    (lab.solution / "hints.toml").write_text('orders_are_taken = ["**Look** at `app.py`", "b", "c"]\n')
    judged(VERDICT)

    said = outage("hint", "always-broken").out
    assert "  **Look** at `app.py`\n" in said


def test_a_verdict_file_that_is_no_verdict_is_no_traceback(lab: Lab, runs: Path) -> None:
    """A torn or foreign verdict.json is one message that says which file it is."""
    judged(VERDICT)
    (runs / "always-broken" / "20261123-210501-ab12" / "verdict.json").write_text("[1, 2]")

    said = outage("hint", "always-broken")
    assert (said.code, "Traceback" in said.err) == (2, False)
    assert "verdict.json" in said.err


def test_a_recording_is_judged_again(lab: Lab, tmp_path: Path) -> None:
    """Judge says of a recording what a check would, with the same exit codes; another file is one message."""
    kept = tmp_path / "recording.json"
    figures = {"requests": 9, "ok": 9}
    store.save(literal.recording({"answer": 200}, {"normal": figures, "later": figures}).content, kept)
    good, bad = outage("judge", "always-broken", str(kept), "--json"), outage("judge", "always-broken", "/nowhere")

    assert (good.code, good.json["verdict"]) == (0, "FIXED")
    assert (bad.code, "cannot be read as a recording" in bad.err) == (2, True)


def test_a_variant_is_written_out_and_made_a_decoy(lab: Lab, tmp_path: Path) -> None:
    """Overlay writes a fix's files; edited, decoy makes a patch of them that brings back the same files."""
    folder = tmp_path / "idea"
    out = outage("overlay", "always-broken", "fix right", str(folder))
    file = folder / "shop" / "app.py"
    file.write_text(file.read_text() + "more = 1\n")
    header = ("--base", "fixes/right", "--caught-by", "orders_are_taken", "--looks-like", "x", "--because", "y")
    made = outage("decoy", "always-broken", "more", str(folder), *header)

    assert (out.code, made.code, made.err) == (0, 0, "")
    assert variants.named(lab, "decoy more").files() == {"shop/app.py": file.read_text()}
    assert outage("overlay", "always-broken", "more", str(folder)).code == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--caught-by", "no_such_check"], "Say which check must catch it"),
        (["--caught-by", "orders_are_taken"], "there is nothing to make a patch of"),
        (["--caught-by", "orders_are_taken", "--base", "fixes/lost"], "the base 'fixes/lost' is neither"),
    ],
)
def test_a_decoy_that_is_none_is_refused(lab: Lab, tmp_path: Path, args: list[str], said: str) -> None:
    """No such check, no difference, no such base: one message each, and nothing is written."""
    outage("overlay", "always-broken", "broken", str(tmp_path / "same"))
    done = outage("decoy", "always-broken", "none", str(tmp_path / "same"), *args)

    assert (done.code, said in done.err, (lab.decoys / "none.patch").exists()) == (2, True, False)


def test_a_new_lab_is_written(lab: Lab, tmp_path: Path) -> None:
    """The skeleton has the name in all its files and a number of its own, and a name that is taken is refused."""
    said = outage("new-lab", "slow-shop")
    folder = tmp_path / "labs" / "18-slow-shop"

    assert (said.code, "make prove-slow-shop" in said.out) == (0, True)
    assert [path for path in folder.rglob("*") if path.is_file() and "my-story" in path.read_text()] == []
    assert outage("list", "--json").json[1]["slug"] == "slow-shop"
    assert "There is a lab called slow-shop already" in outage("new-lab", "slow-shop").err
    assert "cannot be a lab's name" in outage("new-lab", "Slow Shop").err
    assert "cannot be a lab's name" in outage("new-lab", "07").err  # a number names a lab too


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
