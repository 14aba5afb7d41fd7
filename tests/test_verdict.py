"""Is the verdict right on recordings of five lines, and never FIXED or BROKEN where nothing was seen?"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from literal import recording
from toys import copy

from harness import paths
from harness.judge import checks, verdict
from harness.judge.checks import NOTHING_DIES, CheckResult
from harness.lab.manifest import Lab, read

HOLDS = '''
def test_reads_are_few(seen):
    """Products are read
    at most three times.

    Each read costs a connection.

    And connections are few.
    """
    assert seen.reads <= 3, f"read {seen.reads} times, wanted at most 3"
    return f"read {seen.reads} times"
'''
FAILS = '''
def test_nobody_waits(seen):
    """Nobody waits."""
    assert seen.reads == 2, f"{seen.reads} waited, wanted 2"
'''
NO_DATA = '''
def test_writes_are_few(seen):
    """Writes are few."""
    assert seen.writes < 9
'''
TOO_LITTLE = '''
def test_customers_are_served(seen):
    """Customers are served."""
    seen.require(seen.phase("normal").requests > 100, "only 10 requests")
    assert False, "never reached"
'''


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy whose promises a test writes."""
    return copy("01-always-fixed", tmp_path / "labs")


def judged(lab: Lab, *promises: str, unknown: list[str] | None = None, **more: object) -> verdict.Verdict:
    """The verdict of these promises over a small recording."""
    lab.checks.write_text("\n".join(promises))
    seen = recording({"reads": 3}, {"normal": {"requests": 10, "ok": 10}})
    seen.content |= {"unknown": unknown or [], **more}
    return verdict.judge(lab, seen)


def own(seen: verdict.Verdict) -> list[CheckResult]:
    """The results of the lab's own promises."""
    return [check for check in seen.checks if check.name != NOTHING_DIES]


def test_kept_promises_are_fixed(lab: Lab) -> None:
    """Where every check holds, the verdict is FIXED with exit code 0 and nothing more to say."""
    seen = judged(lab, HOLDS)

    assert (seen.outcome, seen.exit_code, seen.reasons, seen.failed) == ("FIXED", 0, (), [])


def test_one_broken_promise_is_broken(lab: Lab) -> None:
    """One failed check among others is BROKEN with exit code 1, and its message is the author's."""
    seen = judged(lab, HOLDS, FAILS)

    assert (seen.outcome, seen.exit_code, seen.reasons) == ("BROKEN", 1, ())
    assert [(check.name, check.message) for check in seen.failed] == [("nobody_waits", "3 waited, wanted 2")]
    assert [check.name for check in seen.checks] == ["reads_are_few", "nobody_waits", NOTHING_DIES]


def test_a_kept_promise_says_what_was_seen(lab: Lab) -> None:
    """Promise, why, and the numbers behind the tick, each on one line."""
    [check] = own(judged(lab, HOLDS))

    assert check.promise == "Products are read at most three times."
    assert check.why == "Each read costs a connection. And connections are few."
    assert (check.outcome, check.message, check.seen) == ("passed", "", "read 3 times")


def test_a_check_without_its_fact_is_unknown(lab: Lab) -> None:
    """A check whose fact was not recorded makes the verdict UNKNOWN with exit code 2, and says which fact."""
    seen = judged(lab, HOLDS, NO_DATA)

    assert (seen.outcome, seen.exit_code) == ("UNKNOWN", 2)
    assert seen.reasons == ("writes_are_few: the drill did not record `writes`",)
    assert [check.outcome for check in own(seen)] == ["passed", "unknown"]


def test_a_requirement_that_fails_is_unknown(lab: Lab) -> None:
    """What a check requires of the run and does not find is UNKNOWN for the check's own reason."""
    seen = judged(lab, TOO_LITTLE)

    assert (seen.outcome, seen.reasons) == ("UNKNOWN", ("customers_are_served: only 10 requests",))


def test_a_failed_check_outweighs_an_unknown_one(lab: Lab) -> None:
    """What was seen to break is BROKEN, whatever else could not be seen."""
    seen = judged(lab, NO_DATA, FAILS)

    assert (seen.outcome, [check.outcome for check in own(seen)]) == ("BROKEN", ["unknown", "failed"])


def test_a_drill_that_could_not_be_judged_is_unknown(lab: Lab) -> None:
    """Reasons of the drill decide alone: no check is asked."""
    seen = judged(lab, FAILS, unknown=["the shop never answered"])

    assert (seen.outcome, seen.reasons, seen.checks) == ("UNKNOWN", ("the shop never answered",), ())


@pytest.mark.parametrize("what", ["code", "stack", ""])
def test_what_did_not_start_is_a_word_of_its_own(lab: Lab, what: str) -> None:
    """A machine need not read the reason to know that there was no drill, and why."""
    seen = judged(lab, FAILS, broken_off=["shop did not answer within 25 s"], unstarted=what)

    assert (seen.outcome, seen.unstarted, seen.as_json()["unstarted"]) == ("UNKNOWN", what, what)


def test_a_busy_machine_outweighs_what_did_not_start(lab: Lab) -> None:
    """Where the machine was too busy, a service that was late is nobody's fault."""
    seen = judged(lab, FAILS, unknown=["too busy"], broken_off=["shop did not answer"], unstarted="stack")

    assert (seen.outcome, seen.reasons, seen.unstarted) == ("UNKNOWN", ("too busy",), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module_here\n\ndef test_x(seen):\n    pass\n", "No module named 'no_such_module_here'"),
        ("LIMIT = 1 / 0\n\ndef test_x(seen):\n    pass\n", "ZeroDivisionError"),
    ],
)
def test_checks_that_do_not_load_are_unknown(lab: Lab, text: str, said: str) -> None:
    """A checks.py that cannot be loaded is UNKNOWN with the error, not a verdict on the student."""
    seen = judged(lab, text)

    assert seen.outcome == "UNKNOWN"
    assert seen.reasons[0].startswith("x: the checks could not be loaded: ")
    assert said in seen.reasons[0]


@pytest.mark.parametrize("text", ["", "def helper(seen):\n    assert False\n"])
def test_no_check_at_all_is_unknown(lab: Lab, text: str) -> None:
    """A file without a single check never says FIXED."""
    seen = judged(lab, text)

    assert (seen.outcome, seen.reasons) == ("UNKNOWN", ("the lab has no check",))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}['price']", "the check itself failed with KeyError: 'price'"),
        ("1 / 0", "the check itself failed with ZeroDivisionError: division by zero"),
        ("__import__('sys').exit(0)", "the check itself failed with SystemExit: 0"),
        ("[].append(1, 2)", "the check itself failed with TypeError"),
    ],
)
def test_a_check_that_raises_is_unknown(lab: Lab, body: str, said: str) -> None:
    """An error inside a check says nothing about the student's code."""
    seen = judged(lab, f"def test_prices(seen):\n    {body}\n")

    assert seen.outcome == "UNKNOWN"
    assert seen.reasons[0].startswith(f"prices: {said}")


@pytest.mark.parametrize("body", ["pass", "return ' '", "return 7"])
def test_a_check_that_says_nothing_is_unknown(lab: Lab, body: str) -> None:
    """What passes has seen something, and says it: a check that cannot fail has nothing to say."""
    seen = judged(lab, f"def test_prices(seen):\n    {body}\n")

    assert seen.outcome == "UNKNOWN"
    assert "the check passed and said nothing" in seen.reasons[0]


def test_a_check_that_asks_for_more_than_seen_is_unknown(lab: Lab) -> None:
    """A check gets the recording and nothing else."""
    seen = judged(lab, "def test_prices(seen, database):\n    assert False\n")

    assert seen.outcome == "UNKNOWN"
    assert "database" in seen.reasons[0]


def test_each_lab_is_judged_by_its_own_checks(tmp_path: Path) -> None:
    """Two labs one after the other in one process are not mixed up, even where their folders have one name."""
    one, other = (copy("01-always-fixed", tmp_path / name) for name in ("here", "there"))

    assert [check.name for check in own(judged(one, HOLDS))] == ["reads_are_few"]
    assert [check.name for check in own(judged(other, FAILS))] == ["nobody_waits"]


def test_modules_of_two_drills_may_have_one_name(tmp_path: Path) -> None:
    """Each lab's drill is a package of its own: both may have a judge.py."""
    one, other = (copy(name, tmp_path / "labs") for name in ("01-always-fixed", "02-always-broken"))
    for lab, number in ((one, 1), (other, 2)):
        (lab.drill / "judge.py").write_text(f"NUMBER = {number}\n")
        lab.checks.write_text("from .judge import NUMBER\n\ndef test_number(seen):\n    return str(NUMBER)\n")

    seen = recording()
    assert [checks.run_one(lab, "number", seen).seen for lab in (one, other, one)] == ["1", "2", "1"]


def test_a_second_look_says_the_same(lab: Lab) -> None:
    """The verdict of a second look at the same recording is the same."""
    assert judged(lab, HOLDS, FAILS) == judged(lab, HOLDS, FAILS)


DEATH = {"service": "shop", "at": 6.04, "what": "ended with exit code 1", "out_of_memory": False}
KILLED = DEATH | {"what": "killed: out of memory", "out_of_memory": True}


def test_a_death_is_broken(lab: Lab) -> None:
    """A service that ended without the drill's doing is BROKEN, with who, what and when."""
    seen = judged(lab, HOLDS, deaths=[DEATH])

    assert (seen.outcome, [check.name for check in seen.failed]) == ("BROKEN", [NOTHING_DIES])
    assert seen.failed[0].message.startswith("shop ended with exit code 1, 6.0 s into the drill, wanted")


@pytest.mark.parametrize(("death", "outcome"), [(DEATH, "FIXED"), (KILLED, "BROKEN")])
def test_a_service_that_may_end_may_not_run_out_of_memory(lab: Lab, death: object, outcome: str) -> None:
    """may_end excuses an exit that the lab's own checks judge, and never a kill for memory."""
    toml = lab.folder / "lab.toml"
    toml.write_text(toml.read_text() + 'may_end = ["shop"]\n')

    assert judged(read(lab.folder), HOLDS, deaths=[death]).outcome == outcome


def test_a_verdict_is_json(lab: Lab) -> None:
    """What machines read has the outcome, the exit code and each check's six fields."""
    said = judged(lab, FAILS).as_json()

    assert (said["verdict"], said["exit_code"], said["reasons"]) == ("BROKEN", 1, [])
    assert said["checks"][0] == {
        "name": "nobody_waits",
        "outcome": "failed",
        "promise": "Nobody waits.",
        "why": "",
        "message": "3 waited, wanted 2",
        "seen": "",
    }


def test_nothing_is_fixed_without_checks() -> None:
    """The rule itself: no check and no reason is UNKNOWN; a passed check alone is FIXED."""
    passed = CheckResult("x", "passed", "", "")

    assert verdict.of([]).outcome == "UNKNOWN"
    assert verdict.of([passed]).outcome == "FIXED"
    assert verdict.of([passed], ["the machine was too busy"]).outcome == "UNKNOWN"


SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
from literal import recording
from harness.judge import verdict
from harness.lab.manifest import read
seen = recording({{"answer": 503}}, {{"later": {{"requests": 9, "errors": 9}}}})
print(verdict.judge(read(Path({folder!r})), seen).outcome)
"""


@pytest.mark.parametrize(
    ("options", "environment", "outcome"),
    [
        ((), {}, "BROKEN"),
        ((), {"PYTEST_ADDOPTS": "-k nothing --setup-plan --color=yes", "PYTEST_PLUGINS": "no_such_plugin"}, "BROKEN"),
        (("-O",), {}, "UNKNOWN"),
        ((), {"PYTHONOPTIMIZE": "2"}, "UNKNOWN"),
    ],
)
def test_nothing_outside_of_the_recording_changes_a_verdict(
    lab: Lab, options: tuple[str, ...], environment: dict[str, str], outcome: str
) -> None:
    """Settings of a test runner have no say, and where Python would skip assertions nothing is called FIXED."""
    text = SCRIPT.format(tests=str(Path(__file__).parent), root=str(paths.ROOT), folder=str(lab.folder))
    done = subprocess.run(
        [sys.executable, *options, "-c", text], capture_output=True, text=True, check=True, env=environment
    )

    assert done.stdout.strip() == outcome


def test_every_assertion_of_every_lab_has_a_sentence() -> None:
    """No check is run by a test runner that would explain a bare assertion: each says what was seen."""
    files = [*paths.ROOT.glob("labs/*/drill/checks.py"), *paths.ROOT.glob("harness/lab/template/*/drill/checks.py")]
    nodes = [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text()))]

    assert files
    assert [f"{file}:{node.lineno}" for file, node in nodes if isinstance(node, ast.Assert) and node.msg is None] == []
