"""Does each promise of lab 07 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge.checks import CheckResult
from harness.judge.store import load

HOT, KETTLE, LAMP = 22381, 10007, 30011
MOMENTS = {"down": 2.0, "back": 4.0, "stumbled": 5.4, "closed": 8.0, "opened": 9.8, "flushed": 11.0}
WELL: dict[str, Any] = {"seconds": 2.0, "requests": 500, "ok": 500}
JUDGED = ("normal", "hot key is back", "flush", "later", "recovered")
"""Phases in which customers_are_served judges all requests; "hot key" it judges in two parts."""
EXCUSED = ("warm-up", "database down", "recovering")
"""Phases of which the README says that errors are excused."""
PHASES = (*JUDGED, *EXCUSED, "hot key")

Read = tuple[int, int, float, float | None]
"""Product, process, began, ended."""

ONE_EACH: list[Read] = [
    (HOT, 2, 4.1, 4.3),
    (KETTLE, 2, 5.5, 5.9),
    (HOT, 1, 8.1, 10.0),
    (HOT, 2, 8.1, 10.0),
    (LAMP, 1, 8.3, 8.5),
    (HOT, 1, 11.1, 11.3),
    (HOT, 2, 11.1, 11.3),
    (KETTLE, 1, 11.1, 11.3),
]
PRICES: dict[str, Any] = {"product": [HOT] * 2, "since": [0.0, 5.0], "price": [2614, 3000]}


def seen(
    check: str,
    reads: list[Read] = ONE_EACH,
    phases: dict[str, Any] | None = None,
    failed: tuple[Read, ...] = (),
    **facts: Any,
) -> CheckResult:
    """What the promise says of a run that went well, but for what is given."""
    columns = dict(zip(("product", "process", "began", "ended"), map(list, zip(*reads, strict=True)), strict=True))
    went_well: dict[str, Any] = MOMENTS | {
        "hottest": HOT,
        "damaged": [KETTLE],
        "lost": [5.45],
        "reads": columns | {"failed": [read in failed for read in reads]},
        "failed_reads": 40,
        "others": [said("ok")] * 10,
        "others_asked": 8.2,
        "twins": [said("ok")] * 3,
        "prices": PRICES,
        "answers": answers((4.9, 2614), (9.9, 2614), (16.0, 3000), (16.1, None)),
    }
    hot = WELL | {"by_name": {"product": WELL, "hottest product": WELL}}
    figures = dict.fromkeys(PHASES, WELL) | {"hot key": hot} | (phases or {})
    return says("cache-stampede", check, recording(facts=went_well | facts, phases=figures))


def answers(*told: tuple[float, int | None]) -> dict[str, list[Any]]:
    """What customers were shown of the hottest product when, after a hundred who saw the right price."""
    rows = [*((1.0, 2614),) * 100, *told]
    return {"product": [HOT] * len(rows), "asked": [at for at, _ in rows], "price": [price for _, price in rows]}


def said(what: str) -> dict[str, Any]:
    """One answer for another product: right, an error's status, or none."""
    right = {"id": LAMP, "name": "Lamp 11", "price_cents": 900}
    known: dict[str, dict[str, Any]] = {
        "ok": {"status": 200, "said": right, "error": None},
        "empty": {"status": 200, "said": {}, "error": None},
        "another": {"status": 200, "said": right | {"id": HOT}, "error": None},
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


def test_a_herd_while_a_read_hangs_breaks_the_hot_keys_promise() -> None:
    """Three reads that hang are one too many for two processes."""
    result = seen("hot_key_is_read_once", [*ONE_EACH, (HOT, 1, 8.4, 10.0)])
    assert result.outcome == "failed"
    assert "read 3 times while its first read hung" in result.message


def test_a_herd_that_stands_in_line_breaks_the_hot_keys_promise() -> None:
    """Reads that begin when the first one is over count as those while it hung."""
    line: list[Read] = [(HOT, 1, 10.0 + nth / 10, 10.1 + nth / 10) for nth in range(3)]
    result = seen("hot_key_is_read_once", [*ONE_EACH, *line])
    assert result.outcome == "failed"
    assert "3 times in the second after that" in result.message


def test_reads_after_the_flush_are_not_the_hot_keys() -> None:
    """A copy that was refreshed just before the flush is read again just after it."""
    refreshed: list[Read] = [(HOT, 2, 10.5, 10.7), (HOT, 2, 10.9, 11.1), (HOT, 1, 10.9, 11.1)]
    assert seen("hot_key_is_read_once", [*ONE_EACH, *refreshed], flushed=10.91).outcome == "passed"


def test_a_hot_product_that_is_never_read_breaks_its_promise() -> None:
    """A copy was shown that is older than the rule allows."""
    result = seen("hot_key_is_read_once", [read for read in ONE_EACH if not 8.0 < read[2] < 9.8])
    assert result.outcome == "failed"
    assert "was not read for 5 s" in result.message


# --- flush_stays_bounded ------------------------------------------------------------------------------------------


def test_a_burst_after_the_flush_breaks_the_bound() -> None:
    """The third read of a product within 1.5 s is one too many, the message names the product that was read most."""
    more: list[Read] = [(KETTLE, 2, 11.2, 11.4), (KETTLE, 1, 12.5, 12.7)]
    result = seen("flush_stays_bounded", [*ONE_EACH, *more])
    assert result.outcome == "failed"
    assert f"product {KETTLE} was read 3 times within 1.5 s" in result.message


def test_reads_further_apart_are_no_burst() -> None:
    """A copy that has come to its end is read again, and that is right."""
    assert seen("flush_stays_bounded", [*ONE_EACH, (HOT, 1, 12.7, 12.9), (HOT, 2, 12.7, 12.9)]).outcome == "passed"


def test_an_eleventh_read_at_once_breaks_the_bound() -> None:
    """Ten reads may run at a time; one that ends makes room for the next in the same moment."""
    ten: list[Read] = [(40000 + nth, 1 + nth % 2, 7.0, 7.2) for nth in range(10)]
    next_one: Read = (50000, 1, 7.2, 7.4)
    assert "at most 10 reads ran at once" in seen("flush_stays_bounded", [*ONE_EACH, *ten, next_one]).seen
    result = seen("flush_stays_bounded", [*ONE_EACH, *ten, (50000, 1, 7.1, 7.3)])
    assert (result.outcome, "11 reads ran at once" in result.message) == ("failed", True)


def test_a_read_whose_session_was_killed_runs_for_a_second() -> None:
    """Ending sessions is no way round the bound."""
    killed: list[Read] = [(40000 + nth, 1, 6.0, None) for nth in range(10)]
    result = seen("flush_stays_bounded", [*ONE_EACH, *killed, (50000, 1, 6.9, 7.1)])
    assert (result.outcome, "11 reads ran at once" in result.message) == ("failed", True)


# --- customers_are_served -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", JUDGED)
def test_more_than_one_error_in_a_hundred_breaks_the_customers_promise(phase: str) -> None:
    """Phase and kind of error are named; one in a hundred is allowed."""
    assert seen("customers_are_served", phases={phase: failing(5, "timeout")}).outcome == "passed"
    result = seen("customers_are_served", phases={phase: failing(6, "timeout")})
    assert result.outcome == "failed"
    assert f"{phase}: 6 of 500 requests failed, 1.2% (6× timeout)" in result.message
    one = WELL | {"requests": 50, "ok": 49, "errors": 1, "by_error": {"timeout": 1}}
    assert seen("customers_are_served", phases={phase: one}).outcome == "passed"


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", ["wrong answer: another product", "wrong answer: other", "HTTP 404"])
def test_one_wrong_answer_in_any_phase_breaks_the_customers_promise(phase: str, kind: str) -> None:
    """Also where errors are excused: a wrong answer is no error that anybody can see."""
    named = {"by_name": {"product": WELL, "hottest product": WELL}}
    result = seen("customers_are_served", phases={phase: failing(1, kind) | named})
    assert (result.outcome, f"1 answers were wrong (1× {kind})" in result.message) == ("failed", True)


def test_a_wrong_answer_that_the_drill_got_counts_as_a_customers() -> None:
    """The page of the product whose read hung, for one with another id."""
    result = seen("customers_are_served", twins=[said("ok"), said("another"), said("ok")])
    assert (result.outcome, "1 answers were wrong" in result.message) == ("failed", True)


@pytest.mark.parametrize("phase", EXCUSED)
def test_errors_are_excused_where_the_readme_says_so(phase: str) -> None:
    """In the warm-up, while the database fails, and until it can be read again."""
    assert seen("customers_are_served", phases={phase: failing(400, "HTTP 503")}).outcome == "passed"


def test_requests_of_each_phase_are_promised_or_excused() -> None:
    """The drill has no phase that neither the promise nor the README speaks of."""
    shipped = load(paths.recordings_of("cache-stampede") / "as-shipped.json.gz")
    assert sorted(shipped.phase_names) == sorted(PHASES)


def test_as_shipped_the_shop_stays_down_until_the_end() -> None:
    """The ending of the story happens: nothing is wrong any more, pages take seconds, and too many of them fail."""
    shipped = load(paths.recordings_of("cache-stampede") / "as-shipped.json.gz")
    assert shipped.phase("normal").error_ratio <= 0.01
    assert shipped.phase("later").error_ratio >= 0.05
    assert shipped.phase("later").p95_ms >= 2000


def test_customers_of_the_read_that_hangs_get_their_answer() -> None:
    """Nine in ten of them; a read that is broken off leaves all of them without one."""
    some = {"hot key": WELL | {"by_name": {"product": WELL, "hottest product": failing(50, "timeout")}}}
    assert seen("customers_are_served", phases=some).outcome == "passed"
    all_of_them = {"hot key": WELL | {"by_name": {"product": WELL, "hottest product": failing(400, "HTTP 503")}}}
    assert "the product whose read hangs" in seen("customers_are_served", phases=all_of_them).message
    other = {"hot key": WELL | {"by_name": {"product": failing(40, "HTTP 503"), "hottest product": WELL}}}
    assert "all other products" in seen("customers_are_served", phases=other).message


# --- other_products_flow ------------------------------------------------------------------------------------------


def test_other_products_that_are_read_too_late_break_their_promise() -> None:
    """Read only when the read that hung was over: they have waited for it."""
    late: list[Read] = [*(read for read in ONE_EACH if read[0] != LAMP), (LAMP, 1, 10.0, 10.2)]
    result = seen("other_products_flow", late)
    assert (result.outcome, "were not read until the read of product" in result.message) == ("failed", True)


@pytest.mark.parametrize(("connections", "outcome"), [(2, "failed"), (3, "passed")])
def test_other_products_may_wait_where_reads_of_others_take_all_the_room(connections: int, outcome: str) -> None:
    """Of a process's five connections one hangs. Where the others are at work, it is not that one that holds up."""
    at_work: list[Read] = [(90_000 + number, 1, 8.0, 10.1) for number in range(connections)]
    late: list[Read] = [*(read for read in ONE_EACH if read[0] != LAMP), *at_work, (LAMP, 1, 10.0, 10.2)]
    slow = [said("late")] * 3 + [said("ok")] * 7
    assert seen("other_products_flow", late).outcome == outcome
    assert seen("other_products_flow", [*ONE_EACH, *at_work], others=slow).outcome == outcome


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("late", "no answer (timeout)"),
        ("halfway", "no answer (timeout)"),
        ("error", "HTTP 503"),
        ("empty", "wrong answer: {}"),
    ],
)
def test_other_products_without_a_right_answer_break_their_promise(what: str, told: str) -> None:
    """One may wait; from two on the promise is broken, and what came instead is told."""
    assert seen("other_products_flow", others=[said(what), *[said("ok")] * 9]).outcome == "passed"
    result = seen("other_products_flow", others=[said(what), *[said("ok")] * 9], twins=[said(what), *[said("ok")] * 2])
    assert result.outcome == "failed"
    assert f"2 of 13 requests for other products while the read of product {HOT} hung" in result.message
    assert told in result.message


# --- price_changes_show -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "outcome"), [(9.9, "passed"), (10.1, "failed")])
def test_a_price_that_was_replaced_five_seconds_before_breaks_the_promise(asked: float, outcome: str) -> None:
    """Whenever that is, and however many customers are shown the new one."""
    assert seen("price_changes_show", answers=answers((asked, 2614), (asked, 3000))).outcome == outcome


def test_the_oldest_price_that_was_shown_is_told() -> None:
    """Product, price, when it was asked for and how long before that it had been replaced."""
    result = seen("price_changes_show", answers=answers((10.5, 2614), (11.0, 2614)))
    assert "2 of 102 prices that customers were shown had been replaced more than 5 s before" in result.message
    assert (
        f"product {HOT} for 2614 cents, asked for 11.0 s into the drill, replaced 6.0 s before that" in result.message
    )


def test_a_price_in_force_is_never_too_old() -> None:
    """The last one of a product, and the first one until it is replaced."""
    assert seen("price_changes_show", answers=answers((4.9, 2614), (60.0, 3000))).outcome == "passed"


def test_a_price_of_one_product_is_not_another_ones() -> None:
    """The last price of a product is in force, whatever comes next in the list."""
    prices = {"product": [KETTLE, HOT], "since": [0.0, 0.0], "price": [500, 2614]}
    told = answers((16.0, 2614))
    told = {"product": [*told["product"], KETTLE], "asked": [*told["asked"], 16.0], "price": [*told["price"], 500]}
    assert seen("price_changes_show", prices=prices, answers=told).outcome == "passed"


def test_no_price_at_all_breaks_the_promise_with_another_message() -> None:
    """No answer is not the same as an old price."""
    result = seen("price_changes_show", answers={"asked": [9.0] * 100, "product": [HOT] * 100, "price": [None] * 100})
    assert result.outcome == "failed"
    assert "none of 100 customers" in result.message


def test_without_customers_who_ask_there_is_no_verdict() -> None:
    """A promise that saw nothing does not pass."""
    result = seen("price_changes_show", answers={"asked": [12.0], "product": [HOT], "price": [2614]})
    assert result.outcome == "unknown"


# --- recovers_after_database_error --------------------------------------------------------------------------------


def test_errors_after_three_seconds_break_the_recovery() -> None:
    """The shop goes on failing although its database is back."""
    result = seen("recovers_after_database_error", phases={"recovered": failing(300, "HTTP 503")})
    assert result.outcome == "failed"
    assert "300 of 500 requests failed, 60.0% (300× HTTP 503)" in result.message


def test_a_shop_whose_customers_all_wait_has_not_recovered() -> None:
    """Nobody asks, so nothing fails: as on a busy machine with a lock that never ends."""
    result = seen("recovers_after_database_error", phases={"recovered": WELL | {"requests": 0, "ok": 0}})
    assert (result.outcome, "no customer could ask" in result.message) == ("failed", True)


def test_reads_that_are_tried_again_break_the_recovery() -> None:
    """Each request may make two failed reads."""
    assert seen("recovers_after_database_error", failed_reads=1000).outcome == "passed"
    assert "500 requests made 1001 reads" in seen("recovers_after_database_error", failed_reads=1001).message


def test_a_herd_at_the_return_breaks_the_recovery() -> None:
    """The first second of a database that is back is like the first after a flush."""
    result = seen("recovers_after_database_error", [*ONE_EACH, (HOT, 1, 4.1, 4.3), (HOT, 1, 4.2, 4.4)])
    assert result.outcome == "failed"
    assert f"after the database was back, product {HOT} was read 3 times" in result.message


def test_copies_that_a_failing_read_throws_away_break_the_recovery() -> None:
    """One process has read it, the other's read fails, and both read it again."""
    again: list[Read] = [(KETTLE, 1, 6.3, 6.7), (KETTLE, 2, 6.3, 6.7)]
    assert seen("recovers_after_database_error", [*ONE_EACH, again[0]]).outcome == "passed"
    result = seen("recovers_after_database_error", [*ONE_EACH, *again])
    assert result.outcome == "failed"
    assert f"or just after, product {KETTLE} was read 2 times within 1.5 s, wanted at most 1" in result.message


def test_copies_that_the_drill_took_away_may_be_read_again() -> None:
    """Reads before the stumble and after it are no burst of the return; and the one that fails does not count."""
    before: list[Read] = [(KETTLE, 1, 5.2, 5.4), (KETTLE, 2, 5.2, 5.4)]
    again: Read = (KETTLE, 1, 6.4, 6.8)
    failing: Read = (KETTLE, 1, 5.5, 6.3)
    reads = [*before, *ONE_EACH, failing, again]
    assert seen("recovers_after_database_error", reads, failed=(failing,)).outcome == "passed"


def test_a_copy_that_is_lost_while_it_is_brought_may_be_read_again() -> None:
    """To find all copies of a product takes its time: a read that began before they were gone is not one of those."""
    reads: list[Read] = [*ONE_EACH, (KETTLE, 2, 6.1, 6.4)]
    assert seen("recovers_after_database_error", reads).outcome == "failed"
    assert seen("recovers_after_database_error", reads, lost=[5.7]).outcome == "passed"
