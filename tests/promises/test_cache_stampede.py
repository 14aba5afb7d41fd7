"""Does each promise of lab 07 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge.checks import CheckResult
from harness.judge.store import load

HOT, KETTLE, LAMP = 22381, 10007, 30011
MOMENTS = {"closed": 3.0, "opened": 5.0, "flushed": 6.0, "down": 9.0, "back": 11.0, "changed": 11.5}
WELL: dict[str, Any] = {"seconds": 2.0, "requests": 500, "ok": 500}
JUDGED = ("normal", "hot key is back", "flush", "recovered")
"""Phases in which customers_are_served judges all requests; of "hot key" it judges those for other products."""
EXCUSED = ("warm-up", "database down", "recovering")
"""Phases of which the README says that errors are excused."""
PHASES = (*JUDGED, *EXCUSED, "hot key")

Read = tuple[int, int, float, float | None]
"""Product, process, began, ended."""

ONE_EACH: list[Read] = [
    (HOT, 1, 3.1, 5.2),
    (HOT, 2, 3.1, 5.2),
    (HOT, 1, 6.1, 6.3),
    (HOT, 2, 6.1, 6.3),
    (KETTLE, 1, 6.1, 6.3),
    (HOT, 2, 11.1, 11.3),
]


def seen(check: str, reads: list[Read] = ONE_EACH, phases: dict[str, Any] | None = None, **facts: Any) -> CheckResult:
    """What the promise says of a run that went well, but for what is given."""
    columns = dict(zip(("product", "process", "began", "ended"), map(list, zip(*reads, strict=True)), strict=True))
    went_well: dict[str, Any] = MOMENTS | {
        "hottest": HOT,
        "reads": columns | {"failed": [False] * len(reads)},
        "failed_reads": 40,
        "others": [said("ok")] * 12,
        "prices": [[HOT, 2614, 3000]],
        "answers": {"asked": [12.0, 16.6, 16.7], "product": [HOT] * 3, "price": [2614, 3000, 3000]},
    }
    hot = WELL | {"by_name": {"product": WELL, "hottest product": WELL}}
    figures = dict.fromkeys(PHASES, WELL) | {"hot key": hot} | (phases or {})
    return says("cache-stampede", check, recording(facts=went_well | facts, phases=figures))


def said(what: str) -> dict[str, Any]:
    """One answer for another product: right, an error's status, or none."""
    right = {"id": LAMP, "name": "Lamp 11", "price_cents": 900}
    text = '{"id": 30011, "name": "Lamp 11", "price_cents": 900}'
    known: dict[str, dict[str, Any]] = {
        "ok": {"status": 200, "said": text, "error": None},
        "empty": {"status": 200, "said": "{}", "error": None},
        "error": {"status": 503, "said": "", "error": None},
        "halfway": {"status": 200, "said": "{", "error": "timeout"},
        "late": {"status": None, "said": "", "error": "timeout"},
    }
    return {"right": right} | known[what]


def failing(count: int, kind: str) -> dict[str, Any]:
    """Figures of a phase in which so many of 500 requests failed."""
    return WELL | {"ok": 500 - count, "errors": count, "by_error": {kind: count}}


ALL = (
    "hot_key_is_read_once",
    "flush_stays_bounded",
    "customers_are_served",
    "other_products_flow",
    "price_changes_show",
    "recovers_after_database_error",
)


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize(
    "check", [check for check in ALL if check not in ("other_products_flow", "price_changes_show")]
)
def test_too_little_traffic_is_no_verdict(check: str) -> None:
    """A promise that speaks of the customers' load says nothing where the load generator did not send it."""
    result = seen(check, phases=dict.fromkeys(PHASES, WELL | {"seconds": 30.0}))
    assert result.outcome == "unknown"
    assert "the customers sent" in result.message


# --- hot_key_is_read_once -----------------------------------------------------------------------------------------


def test_a_herd_at_the_gate_breaks_the_hot_keys_promise() -> None:
    """Three reads that hang are one too many for two processes."""
    result = seen("hot_key_is_read_once", [*ONE_EACH, (HOT, 1, 3.4, 5.2)])
    assert result.outcome == "failed"
    assert "read 3 times while its first read hung" in result.message


def test_a_herd_that_stands_in_line_breaks_the_hot_keys_promise() -> None:
    """Reads that begin when the gate has opened count as those before it."""
    line: list[Read] = [(HOT, 1, 5.1 + nth / 10, 5.2 + nth / 10) for nth in range(3)]
    result = seen("hot_key_is_read_once", [*ONE_EACH, *line])
    assert result.outcome == "failed"
    assert "3 times in the second after that" in result.message


def test_a_hot_product_that_is_never_read_breaks_its_promise() -> None:
    """A copy was shown that is older than the rule allows."""
    result = seen("hot_key_is_read_once", [read for read in ONE_EACH if read[2] > MOMENTS["opened"]])
    assert result.outcome == "failed"
    assert "was not read for 5 s" in result.message


def test_a_read_that_had_just_begun_counts_as_one_at_the_gate() -> None:
    """The herd may wait for a read that came a moment before the gate was closed, if the gate held it up."""
    through: Read = (HOT, 2, 2.9, 3.1)
    result = seen("hot_key_is_read_once", [(HOT, 1, 2.99, 5.2), through, *ONE_EACH[2:]])
    assert result.outcome == "passed"
    assert "read once while its first read hung" in result.seen


# --- flush_stays_bounded ------------------------------------------------------------------------------------------


def test_a_burst_after_the_flush_breaks_the_bound() -> None:
    """The third read of a product within 1.5 s is one too many, the message names the product that was read most."""
    more: list[Read] = [(KETTLE, 2, 6.2, 6.4), (KETTLE, 1, 7.5, 7.7)]
    result = seen("flush_stays_bounded", [*ONE_EACH, *more])
    assert result.outcome == "failed"
    assert f"product {KETTLE} was read 3 times within 1.5 s" in result.message


def test_reads_further_apart_are_no_burst() -> None:
    """A copy that has come to its end is read again, and that is right."""
    assert seen("flush_stays_bounded", [*ONE_EACH, (HOT, 1, 7.7, 7.9), (HOT, 2, 7.7, 7.9)]).outcome == "passed"


def test_an_eleventh_read_at_once_breaks_the_bound() -> None:
    """Ten reads may run at a time; one that ends makes room for the next in the same moment."""
    ten: list[Read] = [(40000 + nth, 1 + nth % 2, 7.0, 7.2) for nth in range(10)]
    next_one: Read = (50000, 1, 7.2, 7.4)
    assert "at most 10 reads ran at once" in seen("flush_stays_bounded", [*ONE_EACH, *ten, next_one]).seen
    result = seen("flush_stays_bounded", [*ONE_EACH, *ten, (50000, 1, 7.1, 7.3)])
    assert (result.outcome, "11 reads ran at once" in result.message) == ("failed", True)


def test_a_read_whose_session_was_killed_runs_for_a_second() -> None:
    """Ending sessions is no way round the bound."""
    killed: list[Read] = [(40000 + nth, 1, 7.0, None) for nth in range(10)]
    result = seen("flush_stays_bounded", [*ONE_EACH, *killed, (50000, 1, 7.9, 8.1)])
    assert (result.outcome, "11 reads ran at once" in result.message) == ("failed", True)


# --- customers_are_served -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", JUDGED)
def test_more_than_one_error_in_a_hundred_breaks_the_customers_promise(phase: str) -> None:
    """Phase and kind of error are named; one in a hundred is allowed."""
    assert seen("customers_are_served", phases={phase: failing(5, "timeout")}).outcome == "passed"
    result = seen("customers_are_served", phases={phase: failing(6, "timeout")})
    assert result.outcome == "failed"
    assert f"{phase}: 6 of 500 requests failed, 1.2% (6× timeout)" in result.message


def test_requests_of_each_phase_are_promised_or_excused() -> None:
    """The drill has no phase that neither the promise nor the README speaks of."""
    shipped = load(paths.recordings_of("cache-stampede") / "as-shipped.json.gz")
    assert sorted(shipped.phase_names) == sorted(PHASES)


def test_errors_of_the_hot_key_itself_are_excused_while_it_hangs() -> None:
    """Those of all other products are not."""
    hot = WELL | {"by_name": {"product": WELL, "hottest product": failing(400, "timeout")}}
    assert seen("customers_are_served", phases={"hot key": hot}).outcome == "passed"
    other = WELL | {"by_name": {"product": failing(40, "HTTP 503"), "hottest product": WELL}}
    assert "all other products" in seen("customers_are_served", phases={"hot key": other}).message


# --- other_products_flow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("late", "no answer (timeout)"),
        ("halfway", "no answer (timeout)"),
        ("error", "HTTP 503"),
        ("empty", "a wrong answer: {}"),
    ],
)
def test_other_products_without_a_right_answer_break_their_promise(what: str, told: str) -> None:
    """One of twelve may wait; from two on the promise is broken, and what came instead is told."""
    assert seen("other_products_flow", others=[said(what), *[said("ok")] * 11]).outcome == "passed"
    result = seen("other_products_flow", others=[*[said(what)] * 2, *[said("ok")] * 10])
    assert result.outcome == "failed"
    assert f"2 of 12 other products were not answered within 2 s while the read of product {HOT} hung" in result.message
    assert told in result.message


# --- price_changes_show -------------------------------------------------------------------------------------------


def test_one_old_price_after_five_seconds_breaks_the_promise() -> None:
    """However many customers saw the new one."""
    answers = {"asked": [16.4, 16.5, 16.6], "product": [HOT] * 3, "price": [2614, 3000, 2614]}
    result = seen("price_changes_show", answers=answers)
    assert result.outcome == "failed"
    assert "1 of 2 customers" in result.message
    assert "the old price of 2614 cents, wanted 3000" in result.message


def test_no_answer_at_all_breaks_the_promise_with_another_message() -> None:
    """No answer is not the same as an old price."""
    result = seen("price_changes_show", answers={"asked": [16.6, 16.7], "product": [HOT] * 2, "price": [None] * 2})
    assert result.outcome == "failed"
    assert "none got an answer" in result.message


def test_without_a_customer_who_asks_there_is_no_verdict() -> None:
    """A promise that saw nothing does not pass."""
    result = seen("price_changes_show", answers={"asked": [12.0], "product": [HOT], "price": [2614]})
    assert result.outcome == "unknown"


# --- recovers_after_database_error --------------------------------------------------------------------------------


def test_errors_after_three_seconds_break_the_recovery() -> None:
    """The shop goes on failing although its database is back."""
    result = seen("recovers_after_database_error", phases={"recovered": failing(300, "HTTP 503")})
    assert result.outcome == "failed"
    assert "300 of 500 requests failed, 60.0% (300× HTTP 503)" in result.message


def test_reads_that_are_tried_again_break_the_recovery() -> None:
    """Each request may make two failed reads."""
    assert seen("recovers_after_database_error", failed_reads=1000).outcome == "passed"
    assert "500 requests made 1001 reads" in seen("recovers_after_database_error", failed_reads=1001).message


def test_a_herd_at_the_return_breaks_the_recovery() -> None:
    """The first second of a database that is back is like the first after a flush."""
    result = seen("recovers_after_database_error", [*ONE_EACH, (HOT, 1, 11.1, 11.3), (HOT, 1, 11.2, 11.4)])
    assert result.outcome == "failed"
    assert f"after the database was back, product {HOT} was read 3 times" in result.message
