"""Is the verdict right on recordings of five lines, and never FIXED or BROKEN where nothing was seen?"""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import RECORDING

from harness.judge import verdict
from harness.judge.pytest_plugin import CheckResult

HOLDS = '''
def test_reads_are_few(seen):
    """Products are read
    at most three times.

    Each read costs a connection.

    And connections are few.
    """
    assert seen.reads <= 3, f"read {seen.reads} times, wanted at most 3"
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


def judged(tmp_path: Path, *checks: str, **facts: object) -> verdict.Verdict:
    """The verdict of these checks over the small recording, or over these facts."""
    file = tmp_path / "checks.py"
    file.write_text("\n".join(checks))
    return verdict.judge(file, RECORDING | {"facts": facts or RECORDING["facts"]})


def test_kept_promises_are_fixed(tmp_path: Path) -> None:
    """Where every check holds, the verdict is FIXED with exit code 0 and nothing more to say."""
    seen = judged(tmp_path, HOLDS)

    assert (seen.outcome, seen.exit_code, seen.reasons, seen.failed) == ("FIXED", 0, (), [])


def test_one_broken_promise_is_broken(tmp_path: Path) -> None:
    """One failed check among others is BROKEN with exit code 1, and its message is the author's."""
    seen = judged(tmp_path, HOLDS, FAILS)

    assert (seen.outcome, seen.exit_code, seen.reasons) == ("BROKEN", 1, ())
    assert [(check.name, check.message) for check in seen.failed] == [("nobody_waits", "3 waited, wanted 2")]
    assert [check.name for check in seen.checks] == ["reads_are_few", "nobody_waits"]


def test_the_docstring_is_promise_and_why(tmp_path: Path) -> None:
    """The first paragraph of a check's docstring is its promise, the rest why it matters, each on one line."""
    [check] = judged(tmp_path, HOLDS).checks

    assert check.promise == "Products are read at most three times."
    assert check.why == "Each read costs a connection. And connections are few."
    assert (check.outcome, check.message) == ("passed", "")


def test_a_check_without_its_fact_is_unknown(tmp_path: Path) -> None:
    """A check whose fact was not recorded makes the verdict UNKNOWN with exit code 2, and says which fact."""
    seen = judged(tmp_path, HOLDS, NO_DATA)

    assert (seen.outcome, seen.exit_code) == ("UNKNOWN", 2)
    assert seen.reasons == ("writes_are_few: the drill did not record `writes`",)
    assert [check.outcome for check in seen.checks] == ["passed", "unknown"]


def test_a_requirement_that_fails_is_unknown(tmp_path: Path) -> None:
    """What a check requires of the run and does not find is UNKNOWN for the check's own reason."""
    seen = judged(tmp_path, TOO_LITTLE)

    assert (seen.outcome, seen.reasons) == ("UNKNOWN", ("customers_are_served: only 10 requests",))


def test_a_failed_check_outweighs_an_unknown_one(tmp_path: Path) -> None:
    """What was seen to break is BROKEN, whatever else could not be seen."""
    seen = judged(tmp_path, NO_DATA, FAILS)

    assert (seen.outcome, [check.outcome for check in seen.checks]) == ("BROKEN", ["unknown", "failed"])


def test_a_drill_that_could_not_be_judged_is_unknown(tmp_path: Path) -> None:
    """Reasons of the drill decide alone: no check is asked."""
    file = tmp_path / "checks.py"
    file.write_text(FAILS)

    seen = verdict.judge(file, RECORDING | {"unknown": ["the shop never answered"]})

    assert (seen.outcome, seen.reasons, seen.checks) == ("UNKNOWN", ("the shop never answered",), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def test_x(seen:\n    pass\n", "SyntaxError"),
        ("import no_such_module_here\n", "No module named 'no_such_module_here'"),
        ("LIMIT = 1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_checks_that_do_not_load_are_unknown(tmp_path: Path, text: str, said: str) -> None:
    """A checks.py that cannot be loaded is UNKNOWN with the error, not a verdict on the student."""
    seen = judged(tmp_path, text)

    assert (seen.outcome, seen.checks) == ("UNKNOWN", ())
    assert seen.reasons[0].startswith("the checks could not be loaded: ")
    assert said in seen.reasons[0]


def test_a_missing_checks_file_is_unknown(tmp_path: Path) -> None:
    """Without a checks.py there is no verdict."""
    assert verdict.judge(tmp_path / "checks.py", RECORDING).outcome == "UNKNOWN"


@pytest.mark.parametrize("text", ["", "def helper(seen):\n    assert False\n"])
def test_no_check_at_all_is_unknown(tmp_path: Path, text: str) -> None:
    """A file without a single check never says FIXED."""
    seen = judged(tmp_path, text)

    assert (seen.outcome, seen.reasons) == ("UNKNOWN", ("the lab has no check",))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}['price']", "the check itself failed with KeyError: 'price'"),
        ("1 / 0", "the check itself failed with ZeroDivisionError: division by zero"),
        ("__import__('sys').exit(0)", "the check itself failed with SystemExit: 0"),
        ("__import__('pytest').skip('not today')", "not today"),
    ],
)
def test_a_check_that_raises_is_unknown(tmp_path: Path, body: str, said: str) -> None:
    """An error inside a check says nothing about the student's code."""
    seen = judged(tmp_path, f"def test_prices(seen):\n    {body}\n")

    assert (seen.outcome, seen.reasons) == ("UNKNOWN", (f"prices: {said}",))


def test_a_check_that_asks_for_more_than_seen_is_unknown(tmp_path: Path) -> None:
    """A fixture that does not exist is the author's mistake."""
    seen = judged(tmp_path, "def test_prices(seen, database):\n    assert False\n")

    assert seen.outcome == "UNKNOWN"
    assert "database" in seen.reasons[0]


def test_a_bare_assertion_says_what_was_compared(tmp_path: Path) -> None:
    """An assertion without a sentence shows the values on both sides."""
    [check] = judged(tmp_path, "def test_reads(seen):\n    assert seen.reads == 2\n").checks

    assert check.message.startswith("3 == 2")


def test_a_parametrised_check_is_one_promise(tmp_path: Path) -> None:
    """It is as good as its worst case, and tells of each that failed."""
    text = """
        import pytest

        @pytest.mark.parametrize("limit", [1, 3, 2])
        def test_reads(seen, limit):
            assert seen.reads <= limit, f"{seen.reads} over {limit}"
    """
    lines = [line[8:] for line in text.splitlines()]
    [check] = judged(tmp_path, "\n".join(lines)).checks

    assert (check.name, check.outcome, check.message) == ("reads", "failed", "3 over 1; 3 over 2")


def test_a_conftest_beside_the_checks_changes_nothing(tmp_path: Path) -> None:
    """Only checks.py is run: no settings or plugins of the folder can bend the verdict."""
    (tmp_path / "conftest.py").write_text("def pytest_collection_modifyitems(items):\n    items.clear()\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npython_functions = nothing_*\n")

    assert judged(tmp_path, FAILS).outcome == "BROKEN"


def test_each_lab_is_judged_by_its_own_checks(tmp_path: Path) -> None:
    """Two checks.py one after the other in one process are not mixed up."""
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()

    assert [check.name for check in judged(tmp_path / "one", HOLDS).checks] == ["reads_are_few"]
    assert [check.name for check in judged(tmp_path / "other", FAILS).checks] == ["nobody_waits"]


def test_checks_do_not_change_the_recording_for_the_next(tmp_path: Path) -> None:
    """The verdict of a second look at the same recording is the same."""
    assert judged(tmp_path, HOLDS, FAILS) == judged(tmp_path, HOLDS, FAILS)


def test_a_verdict_is_json(tmp_path: Path) -> None:
    """What machines read has the outcome, the exit code and each check's five fields."""
    assert judged(tmp_path, FAILS).as_json() == {
        "verdict": "BROKEN",
        "exit_code": 1,
        "reasons": [],
        "checks": [
            {
                "name": "nobody_waits",
                "outcome": "failed",
                "promise": "Nobody waits.",
                "why": "",
                "message": "3 waited, wanted 2",
            }
        ],
    }


def test_nothing_is_fixed_without_checks() -> None:
    """The rule itself: no check and no reason is UNKNOWN; a passed check alone is FIXED."""
    passed = CheckResult("x", "passed", "", "", "")

    assert verdict.of([]).outcome == "UNKNOWN"
    assert verdict.of([passed]).outcome == "FIXED"
    assert verdict.of([passed], ["the machine was too busy"]).outcome == "UNKNOWN"
