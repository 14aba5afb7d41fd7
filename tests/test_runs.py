"""Do real runs of the toys come to the right verdict, and say why where they come to none?"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from toys import COMMAND, TOYS, Said, copy, left_over, outage

from harness import paths
from harness.commands.screen import Silent
from harness.lab import catalogue, equivalents, files, measured, mutants, work
from harness.lab.manifest import Lab
from harness.run import history, lifecycle, stack
from harness.run.session import Order, Outcome, Session

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("stacks")]

DRILL = """\
from harness import Run


def drill(run: Run) -> None:
    with run.traffic(users=2, service="shop"):
        run.phase("normal", seconds=0.3)
        {middle}
        run.phase("later", seconds=0.3)
    run.record(answer=run.http("shop").get("/orders").status)
"""
LEAVING = """\
import os
import signal

from servicekit import create_app

app = create_app("shop")


@app.get("/orders")
def orders() -> None:
    os.kill(1, signal.SIGTERM)
"""


TELLING = """\
import os

from servicekit import create_app

app = create_app("shop")
print(sorted(os.environ.items()), flush=True)


@app.get("/orders")
def orders() -> dict[str, bool]:
    return {"taken": True}
"""


def toy_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Lab:
    """A copy of the fixed toy, with other files, as the only lab there is."""
    lab = copy("01-always-fixed", tmp_path / "labs", **files)
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    return lab


def performed(slug: str, monkeypatch: pytest.MonkeyPatch, patience: float, purpose: str = "check") -> Outcome:
    """A run within this process, with less patience for services that do not answer."""
    monkeypatch.setattr(stack, "READY_SECONDS", patience)
    monkeypatch.setattr(stack, "crowding", lambda: 1.0)
    lab = catalogue.lab(slug)
    work.prepare(lab)
    return Session(Order(lab, purpose, 7), Silent()).perform()


def test_a_lab_that_is_fixed_is_fixed(runs: Path) -> None:
    """FIXED, exit code 0, for people: the phases, the promises with what was seen, what is next; nothing is left up."""
    said = outage("check", "always-fixed", "--seed", "7")

    assert (said.code, said.err) == (0, "")
    assert "FIXED    2 of 2 promises are kept" in said.out
    assert re.search(r"✓ orders are taken\n +\d+ orders were taken\n", said.out)
    assert "You have not changed anything yet. Edit " in said.out
    assert "seed 7" in said.out
    assert "nothing is done" in said.out
    assert "make debrief-always-fixed" in said.out
    assert left_over(runs) == []
    assert history.Progress("always-fixed").solved


def test_a_run_leaves_its_record(runs: Path) -> None:
    """A finished run has recording, verdict, report and logs, with seed, versions, durations, memory and figures."""
    said = outage("check", "always-broken", "--json", "--seed", "7")
    assert said.code == 1, said

    folder = Path(said.json["folder"])
    seen = json.loads((folder / "recording.json").read_text())
    assert folder == (runs / "always-broken" / "latest").resolve()
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".json", ".html")) == [
        "recording.json", "report.html", "traffic.json", "verdict.json",
    ]  # fmt: skip
    assert re.search(r"^── later \(from \d\.\d s\)$", (folder / "logs" / "shop.log").read_text(), re.MULTILINE)
    assert (folder / "files" / "shop" / "app.py").exists()
    assert (seen["format"], seen["lab"], seen["seed"], seen["purpose"]) == (2, "always-broken", 7, "check")
    assert sorted(seen["versions"]) == ["docker", "locust", "outage", "python"]
    assert seen["durations"]["drill_seconds"] >= 1.0
    assert 10 < seen["memory"]["peak_mib"] < 128
    assert [phase["name"] for phase in seen["phases"]] == ["normal", "later"]
    assert seen["traffic"]["phases"]["later"]["by_error"].keys() == {"HTTP 503"}
    assert [mark["kind"] for mark in seen["marks"]] == ["fault"]
    assert seen["samples"]["answers"]
    assert seen["facts"] == {"answer": 503}


def test_a_lab_that_is_broken_is_broken(runs: Path) -> None:
    """BROKEN, exit code 1, and for machines each check with promise, why and what was seen."""
    said = outage("check", "always-broken", "--json")

    check, death = said.json["checks"]
    assert (said.code, said.json["verdict"], said.json["exit_code"]) == (1, "BROKEN", 1)
    assert (check["name"], check["outcome"], check["promise"]) == (
        "orders_are_taken",
        "failed",
        "Every order is taken.",
    )
    assert (death["name"], death["outcome"]) == ("nothing_dies", "passed")
    assert check["message"].endswith("orders failed and the last was answered 503, wanted 200")
    assert left_over(runs) == []
    assert (history.Progress("always-broken").tried, history.Progress("always-broken").solved) == (True, False)


def test_a_service_that_is_never_healthy_is_unknown(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that listens and never answers well is named, with its last lines; it is not judged."""
    seen = performed("never-healthy", monkeypatch, 2.0)

    assert (seen.verdict.outcome, seen.verdict.checks) == ("UNKNOWN", ())
    assert seen.verdict.unstarted == "stack"
    reason = "shop did not answer within 2 s: shop answers /health with HTTP 404\nLast lines of shop:"
    assert seen.verdict.reasons[0].startswith(reason)
    assert left_over(runs) == []


@pytest.mark.parametrize(("load_per_core", "times"), [(0.1, 1.0), (1.0, 1.0), (2.0, 2.0), (40.0, stack.MOST_CROWDING)])
def test_a_crowded_machine_gives_services_more_time(
    load_per_core: float, times: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While several wait for each core, a service that is late for that reason is waited for; not for ever."""
    load = load_per_core * (os.cpu_count() or 1)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))

    assert stack.crowding() == times


def test_code_that_hangs_is_ended_and_shown(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless loop at import is UNKNOWN, with the file and the line in which it stands."""
    line = (TOYS / "04-hangs-at-import" / "broken" / "shop" / "app.py").read_text().splitlines().index(
        "    while app.name:"
    ) + 1
    seen = performed("hangs-at-import", monkeypatch, 6.0)

    assert seen.verdict.outcome == "UNKNOWN"
    head = seen.verdict.reasons[0].splitlines()[0]
    place = r"shop did not answer within 6 s: [^;]*; .*work/hangs-at-import/shop/app\.py line (\d+)"
    found = re.match(place, head)
    assert found, head
    assert int(found[1]) in (line, line + 1)
    assert left_over(runs) == []


def test_code_that_does_not_start_is_shown(runs: Path) -> None:
    """A syntax error is UNKNOWN, exit code 2, at once, with file, line and error in the first line."""
    said = outage("check", "does-not-start", "--json")

    assert (said.code, said.json["verdict"], said.json["checks"]) == (2, "UNKNOWN", [])
    assert said.json["unstarted"] == "code"
    head, *tail = said.json["reasons"][0].splitlines()
    assert "work/does-not-start/shop/app.py line 5: SyntaxError: '(' was never closed" in head
    assert any(line.startswith("Last lines of shop") for line in tail)
    assert said.json["seconds"]["total"] < 15
    assert left_over(runs) == []


def test_a_lab_that_does_not_come_up_is_not_left_up(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lab` with code that does not start prints the place, and keeps nothing."""
    seen = performed("does-not-start", monkeypatch, 20.0, "lab")

    assert (seen.verdict.outcome, seen.urls, lifecycle.kept(), left_over(runs)) == ("UNKNOWN", {}, [], [])
    assert "work/does-not-start/shop/app.py line 5: SyntaxError" in seen.verdict.reasons[0]


def test_a_service_that_ends_in_mid_drill_is_broken(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that exits while it is judged is BROKEN, and the message says which, how and when."""
    toy_with(tmp_path, monkeypatch, broken__shop__app_py=LEAVING)
    said = outage("check", "always-fixed", "--json")

    failed = {check["name"]: check["message"] for check in said.json["checks"] if check["outcome"] == "failed"}
    assert (said.code, said.json["verdict"]) == (1, "BROKEN")
    assert re.search(r"shop ended with exit code \d+, \d+\.\d s into the drill", failed["nothing_dies"])
    assert left_over(runs) == []


@pytest.mark.parametrize(
    ("middle", "said"),
    [
        ("1 / 0", "the drill itself failed: ZeroDivisionError: division by zero (drill.py line 7)"),
        ("run.require(False, 'the fault did not take')", "the fault did not take"),
        (
            "run.phase('endless', seconds=60)",
            "the drill was ended after its limit of 4 s, in 'endless': is this machine busy?",
        ),
        (
            "run.wait_until(lambda: 0, 60, 'the queue drains')",
            "the drill was ended after its limit of 4 s, in 'normal': is this machine busy?",
        ),
        ("run.wait_until(lambda: 0, 0.1, 'the queue drains')", "the queue drains: not within 0.1 s."),
        (
            "raise ConnectionRefusedError(111, 'Connection refused')",
            "the drill itself failed: ConnectionRefusedError: [Errno 111] Connection refused (drill.py line 7)",
        ),
        ("run.container('db').kill()", "the stack has no container of the service 'db'"),
    ],
)
def test_a_drill_that_does_not_end_well_is_unknown(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, middle: str, said: str
) -> None:
    """A drill that raises, requires in vain or takes too long is UNKNOWN for that reason; its stack is removed."""
    toml = (TOYS / "01-always-fixed" / "lab.toml").read_text().replace("limit_seconds = 20", "limit_seconds = 4")
    toy_with(tmp_path, monkeypatch, drill__drill_py=DRILL.format(middle=middle), lab_toml=toml)
    seen = performed("always-fixed", monkeypatch, 20)

    assert (seen.verdict.outcome, seen.verdict.reasons) == ("UNKNOWN", (said,))
    assert seen.durations["drill"] < 10
    assert left_over(runs) == []


def test_an_image_that_is_not_built_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a service's image is not there, one sentence says so, and that make builds it."""
    toy_with(tmp_path, monkeypatch, compose_yaml="services: {shop: {image: outage-lab/nowhere:0}}\n")

    said = outage("check", "always-fixed", "--json")

    assert said.code == 2
    assert said.json["error"].startswith("The image outage-lab/nowhere is not built")
    assert "make check-" in said.json["error"]


def test_a_compose_file_that_docker_refuses_is_an_error(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose's own words are shown, with exit code 2, and there is no half of a run left."""
    toy_with(tmp_path, monkeypatch, compose_yaml="services: {shop: {imagge: nothing}}\n")
    said = outage("check", "always-fixed")

    assert (said.code, "imagge" in said.err, "Traceback" in said.err) == (2, True, False)
    assert left_over(runs) == []
    assert list((runs / "always-fixed").iterdir()) == []


def test_a_submission_is_judged_in_place_of_the_students_files(runs: Path) -> None:
    """--overlay judges other files than the student's, whatever those are, and is no progress of the student."""
    fix = TOYS / "02-always-broken" / "solution" / "fixes" / "right"
    said = outage("check", "always-broken", "--json", "--overlay", str(fix))

    assert (said.code, said.json["verdict"], said.json["variant"]) == (0, "FIXED", "student")
    assert not history.Progress("always-broken").solved


def test_a_submission_is_told_how_to_judge_it_again(runs: Path) -> None:
    """What follows a check of one's own files (report, hints, `make lab`) does not fit somebody else's."""
    folder = TOYS / "02-always-broken" / "broken"
    said = outage("check", "always-broken", "--overlay", str(folder), "--seed", "7")

    assert said.code == 1
    again = re.search(r"^Again +make check-always-broken OVERLAY=(\S+) SEED=7$", said.out, re.MULTILINE)
    assert again is not None
    assert (paths.ROOT / again[1]).samefile(folder)
    assert [word for word in ("make hint", "make lab", "report.html") if word in said.out] == []


def test_a_submission_with_strangers_is_refused(runs: Path, tmp_path: Path) -> None:
    """A submission that would bring a compose.yaml is refused with exit code 2 before anything is started."""
    overlay = tmp_path / "submission"
    overlay.mkdir()
    (overlay / "compose.yaml").write_text("services: {}\n")
    said = outage("check", "always-broken", "--json", "--overlay", str(overlay))

    assert (said.code, "has 'compose.yaml'" in said.json["error"]) == (2, True)
    assert left_over(runs) == []
    assert list((runs / "always-broken").iterdir()) == []


def test_a_proof_tells_right_from_wrong(runs: Path) -> None:
    """The broken toy is proven: shipped BROKEN, fix FIXED, decoy BROKEN on its check; no record is kept."""
    said = outage("prove", "always-broken", "--jobs", "3", "--json", seconds=120)

    assert (said.code, said.json["proven"]) == (0, True)
    assert [(row["variant"], row["wanted"], row["seen"], row["false"]) for row in said.json["variants"]] == [
        ("as shipped", "BROKEN on orders_are_taken", "BROKEN ×1", 0),
        ("decoy wrong", "BROKEN on orders_are_taken", "BROKEN ×1", 0),
        ("fix right", "FIXED", "FIXED ×1", 0),
    ]
    assert list(runs.glob("prove/*/2*/recording.json")) == []
    assert left_over(runs) == []


def test_a_false_verdict_fails_the_proof(runs: Path) -> None:
    """The fixed toy is not proven, since it is not broken as shipped; people see which and where its record is."""
    said = outage("prove", "always-fixed", "--only", "as shipped")

    assert said.code == 1
    assert "FALSE  always-fixed  as shipped  FIXED" in said.out
    assert "1 false verdicts out of 1" in said.out
    assert len(list(runs.glob("prove/*/2*/recording.json"))) == 1


def test_mutants_of_a_fix_are_judged(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant that answers nothing is killed; one that answers what nobody reads survives until it is explained."""
    lab = copy("02-always-broken", tmp_path / "labs")
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    [dropped, switched] = sorted(mutants.of(lab, ["right"]), key=lambda one: one.operator)

    found = outage("mutate", "always-broken", "--jobs", "2", "--json", seconds=120)
    entry = equivalents.draft(switched).replace('why = ""', 'why = "nobody reads it"')
    equivalents.path_of(lab).write_text(entry)
    explained = outage("mutate", "always-broken", "--keep", "--json", seconds=120)

    fates = [{one["name"]: one["fate"] for one in said.json["mutants"]} for said in (found, explained)]
    assert fates[0] == {dropped.short: "killed", switched.short: "survived"}
    assert fates[1] == {dropped.short: "killed", switched.short: "equivalent"}
    assert (found.code, found.json["score"], explained.code, explained.json["score"]) == (1, 0.5, 0, 1.0)
    assert measured.of(lab)["mutants"]["killed"] == 1
    [survivor] = [Path(one["folder"]) for one in found.json["mutants"] if one["folder"]]
    assert files.texts(survivor / "files") == switched.files()
    assert left_over(runs) == []


def test_two_runs_of_one_lab_at_once_are_both_right(runs: Path) -> None:
    """Runs side by side have stacks of their own: one student's fix does not help the other's bug."""
    fix = TOYS / "02-always-broken" / "solution" / "fixes" / "right"
    pipe = subprocess.PIPE
    calls = [["check", "always-broken", "--json"], ["check", "always-broken", "--json", "--overlay", str(fix)]]
    running = [subprocess.Popen([*COMMAND, *call], stdout=pipe, stderr=pipe, text=True) for call in calls]
    said = [Said(process.wait(60), *process.communicate()) for process in running]

    assert [(one.code, one.json["verdict"]) for one in said] == [(1, "BROKEN"), (0, "FIXED")]
    assert said[0].json["run"] != said[1].json["run"]
    assert left_over(runs) == []


def test_solving_a_lab_opens_its_debrief(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A student's way: hint after BROKEN, edit, FIXED, debrief, solved in the list."""
    lab = copy("02-always-broken", tmp_path / "labs")
    lab.debrief.write_text("It was DNS.\n")
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))

    broken = outage("check", "always-broken")
    hinted = outage("hint", "always-broken")
    edited = lab.work / "shop" / "app.py"
    edited.write_text((lab.fixes / "right" / "shop" / "app.py").read_text())
    fixed, told = outage("check", "always-broken"), outage("debrief", "always-broken")

    assert [done.code for done in (broken, hinted, fixed, told)] == [1, 0, 0, 0]
    assert "make hint-always-broken" in broken.out
    assert hinted.out.startswith("orders are taken · hint 1 of 3")
    assert told.out.strip() == "It was DNS."
    assert outage("list", "--json").json[0]["state"] == "solved"


def test_an_edit_never_reaches_somebody_elses_verdict(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a right fix in work/, a submission of the shipped files is BROKEN, and so is `as shipped` in a proof."""
    lab = copy("02-always-broken", tmp_path / "labs")
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    work.prepare(lab)
    (lab.work / "shop" / "app.py").write_text((lab.fixes / "right" / "shop" / "app.py").read_text())

    mine = outage("check", "always-broken", "--json")
    theirs = outage("check", "always-broken", "--json", "--overlay", str(lab.broken))
    proven = outage("prove", "always-broken", "--only", "as shipped", "--json")

    assert [said.json["verdict"] for said in (mine, theirs)] == ["FIXED", "BROKEN"]
    assert proven.json["proven"]


def test_the_shell_of_the_caller_has_no_say(runs: Path) -> None:
    """Settings of a test runner, of Python, of Compose and of locales change no verdict."""
    odd = {
        "PYTEST_ADDOPTS": "-k nothing --color=yes", "PYTHONIOENCODING": "latin-1", "LC_ALL": "C", "PYTHONOPTIMIZE": "1",
        "COMPOSE_FILE": "/nowhere.yaml", "COMPOSE_PROJECT_NAME": "x", "LOCUST_USERS": "1", "SEED": "abc", "JOBS": "max",
        "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9",
    }  # fmt: skip
    broken, fixed = (outage("check", slug, "--json", seconds=60, **odd) for slug in ("always-broken", "always-fixed"))

    assert [said.json["verdict"] for said in (broken, fixed)] == ["BROKEN", "FIXED"]


def test_no_service_knows_the_seed_or_a_secret(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither seed nor key nor password stands in the environment of a service with the student's code."""
    toy_with(tmp_path, monkeypatch, broken__shop__app_py=TELLING)
    said = outage("check", "always-fixed", "--json", "--seed", "1234567890123")

    told = (Path(said.json["folder"]) / "logs" / "shop.log").read_text()
    assert "OUTAGE_RELOAD" in told
    assert [word for word in ("1234567890123", "OUTAGE_SEED", "OUTAGE_SECRET", "OUTAGE_KEY") if word in told] == []


def test_logs_are_those_of_the_last_check(runs: Path) -> None:
    """After a check, `logs` shows what its services printed, in seconds of the drill, and where that is kept."""
    outage("check", "always-broken")
    said = outage("logs", "always-broken")

    assert said.code == 0
    assert re.search(r"── shop   \(.*runs/always-broken/\S+/logs/shop\.log, by seconds of the drill\)", said.out)


def test_a_machine_gets_an_object_whatever_happens(runs: Path, tmp_path: Path) -> None:
    """A folder of runs that cannot be made is exit 2 with one message, and with --json an object."""
    (tmp_path / "file").write_text("")
    said = outage("check", "always-fixed", "--json", OUTAGE_RUNS=str(tmp_path / "file" / "runs"))

    assert (said.code, list(said.json)) == (2, ["error"])
    assert "Traceback" not in said.err


def test_a_new_lab_proves_itself(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an author begins with is a lab: BROKEN as shipped, two fixes FIXED, a decoy BROKEN on its check."""
    (tmp_path / "labs").mkdir()
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    written = outage("new-lab", "slow-shop")
    said = outage("prove", "slow-shop", "--jobs", "2", "--json", seconds=180)

    assert (written.code, said.code, said.json["proven"], len(said.json["variants"])) == (0, 0, True, 4)
