"""Does each promise of lab 05 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from literal import recording, says

from harness.judge.checks import CheckResult

PHASES = (
    "normal", "moving", "moved", "misdirected", "new connections", "rolled back", "recovered", "no name server",
    "moving back", "moved back",
)  # fmt: skip
"""Each of them lasts a second here."""
NIGHT, REFUSED_IN = ("misdirected", "new connections", "rolled back"), ("moving", "moving back")
FIRST, FIRST_IN_STAGING = 340_000_001, 900_000_001
KETTLE, LAMP = 10007, 30011
REFUSED, LATE, WRONG = "HTTP 503", "timeout", "wrong answer: not this environment's product"


class Asked(NamedTuple):
    """A request."""

    at: float
    error: str | None = None
    name: str = "product"
    ms: int = 5


class Order(NamedTuple):
    """An accepted order, or a written one."""

    at: float
    number: int
    database: str = ""
    product: int = KETTLE


def in_phase(name: str, *errors: str, requests: int = 100, of: str = "product") -> list[Asked]:
    """So many requests, spread over the phase; the first of them end in these errors."""
    begin = PHASES.index(name)
    told: list[str | None] = [*errors, *[None] * (requests - len(errors))]
    return [Asked(begin + number / requests, error, of) for number, error in enumerate(told)]


WRITTEN = [
    Order(0.5, FIRST, "db-prod"),
    Order(2.5, FIRST + 1, "db-prod-new"),
    Order(7.5, FIRST + 2, "db-prod-new"),
    Order(9.5, FIRST + 3, "db-prod"),
    Order(0.6, FIRST_IN_STAGING, "db-staging"),
    Order(9.6, FIRST_IN_STAGING + 1, "db-staging"),
]
ACCEPTED = [Order(order.at + 0.004, order.number) for order in WRITTEN]
CALLS = {"verb": "plan", "record": "orders-db", "served": "db-prod", "before": "db-prod", "file_changed": False}
MOVE = CALLS | {"machine": "db-prod-new", "means": "db-prod-new"}
PLANNED = MOVE | {"right": True, "code": 0, "said": "--- now\n+++ then\n"}
REFUSED_CALL = CALLS | {"machine": "db-preprod", "means": "db-staging", "right": False, "code": 1}
REFUSED_CALL |= {"said": "zonectl: refused: it is staging\n"}
APPLIED = PLANNED | {"verb": "apply", "served": "db-prod-new", "file_changed": True}
IN_FULL = APPLIED | {"machine": "db-prod-new.shop.internal", "right": None}


def seen(
    check: str,
    spoilt: dict[str, list[Asked]] | None = None,
    *,
    written: list[Order] = WRITTEN,
    accepted: list[Order] = ACCEPTED,
    testers: list[Asked] | None = None,
    look_ups: Sequence[int] = range(0, 33, 3),
    **facts: Any,
) -> CheckResult:
    """What the promise says of a night that went well, but for what is given (`spoilt`: a phase's requests)."""
    refusing = ("misdirected", "new connections")
    well = {name: in_phase(name, *[REFUSED] * (100 if name in refusing else 0)) for name in PHASES}
    asked = [each for requests in (well | (spoilt or {})).values() for each in requests]
    asked += [each for name in PHASES for each in in_phase(name, of="staging product")] if testers is None else testers
    night: dict[str, Any] = {
        "requests": columns(asked),
        "accepted": {name: values for name, values in columns(accepted).items() if name != "database"},
        "written": columns(written),
        "closed": [
            {"at": 1.5, "database": "db-prod", "count": 5},
            {"at": 0.5, "database": "db-staging", "count": 4},
            {"at": 7.5, "database": "db-prod-new", "count": 8},
        ],
        "workers": [[7, 8], [7, 8]],
        "calls": [PLANNED, REFUSED_CALL, APPLIED, IN_FULL],
    }
    counted = {"look-ups so far": [[float(at), float(count)] for at, count in enumerate(look_ups)]}
    phases: dict[str, dict[str, Any]] = {name: {} for name in PHASES}
    return says("dns-cutover", check, recording(facts=night | facts, phases=phases, samples=counted))


def columns(rows: list[Any]) -> dict[str, list[Any]]:
    """As the drill records rows."""
    return {name: [getattr(row, name) for row in rows] for name in rows[0]._fields} if rows else {}


ALL = (
    "nothing_is_written_to_staging",
    "refuses_loudly",
    "comes_back_after_rollback",
    "follows_a_good_move",
    "a_dns_outage_is_survived",
    "asks_dns_sparingly",
    "the_tool_refuses",
    "staging_still_works",
    "no_accepted_order_is_lost",
)


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_unknown_where_the_drill_recorded_nothing(check: str) -> None:
    """A promise of which nothing was seen is never kept."""
    assert says("dns-cutover", check, recording()).outcome == "unknown"


def broken(result: CheckResult, *words: str) -> None:
    """It failed, and the message has these words."""
    assert result.outcome == "failed", result
    for word in words:
        assert word in result.message, result.message


def test_one_order_in_staging_is_one_too_many() -> None:
    """A single order of a customer in db-staging breaks the promise, however short the moment."""
    stray = [*WRITTEN, Order(1.9, FIRST + 9, "db-staging")]
    broken(seen("nothing_is_written_to_staging", written=stray), "1 of production's 5 orders")


def test_a_shop_that_takes_no_orders_writes_none_to_staging_either() -> None:
    """That is no way to keep the promise."""
    theirs = [order for order in WRITTEN if order.number >= FIRST_IN_STAGING]
    broken(seen("nothing_is_written_to_staging", written=theirs), "none to production's databases")


@pytest.mark.parametrize("phase", PHASES)
def test_one_wrong_answer_is_one_too_many(phase: str) -> None:
    """In any phase, for a customer."""
    broken(seen("refuses_loudly", {phase: in_phase(phase, WRONG)}), "1 of 2000 requests got a wrong answer", WRONG)


def test_a_tester_may_not_get_a_wrong_answer_either() -> None:
    """Not even while staging's name is wrong."""
    theirs = in_phase("new connections", WRONG, of="staging product")
    broken(seen("refuses_loudly", testers=theirs), "`staging product`")


def test_a_refusal_has_to_come_at_once() -> None:
    """If half of the customers wait for 3 s, they were not refused; a few late ones are a busy machine's doing."""
    late = in_phase("new connections", *[LATE] * 50, *[REFUSED] * 50)
    broken(seen("refuses_loudly", {"new connections": late}), "50 × no answer in 3 s", "at once")
    few = in_phase("new connections", *[LATE] * 10, *[REFUSED] * 90)
    assert seen("refuses_loudly", {"new connections": few}).outcome == "passed"


def test_a_refusal_has_to_come_at_once_in_staging_too() -> None:
    """Testers who wait for 3 s while their name is wrong were not refused."""
    others = [each for name in PHASES if name not in NIGHT for each in in_phase(name, of="staging product")]
    theirs = [each for name in NIGHT for each in in_phase(name, *[LATE] * 50, of="staging product")]
    broken(seen("refuses_loudly", testers=others + theirs), "in staging, misdirected: 50 of 100", "at once")


@pytest.mark.parametrize("phase", NIGHT)
def test_an_error_other_than_503_is_no_refusal(phase: str) -> None:
    """In any phase of the night: one in a hundred may be, and one for each of the five connections closed by then."""
    six, seven = (in_phase(phase, *["HTTP 500"] * count, *[REFUSED] * 90) for count in (6, 7))
    assert seen("refuses_loudly", {phase: six}).outcome == "passed"
    broken(seen("refuses_loudly", {phase: seven}), f"{phase}: 97 of 100", "7 × HTTP 500", "at most 6 in another way")


@pytest.mark.parametrize("phase", REFUSED_IN)
def test_a_move_excuses_503_and_nothing_else(phase: str) -> None:
    """A hundred customers may be refused while code follows; what else they get, few of them."""
    all_refused, broken_off = (in_phase(phase, *[kind] * 50) for kind in (REFUSED, "connection"))
    assert seen("follows_a_good_move", {phase: all_refused}).outcome == "passed"
    broken(seen("follows_a_good_move", {phase: broken_off}), f"{phase}: 50 of 100", "50 × connection broken off")


def test_every_request_belongs_to_a_promise() -> None:
    """Wherever requests fail in a way that nothing excuses, one promise is broken: for customers, and for testers."""
    for phase in PHASES:
        outcomes = {check: seen(check, {phase: in_phase(phase, *["HTTP 500"] * 100)}).outcome for check in ALL}
        assert list(outcomes.values()).count("failed") == 1, (phase, outcomes)
        theirs = [
            each
            for name in PHASES
            for each in in_phase(name, *["HTTP 500"] * (100 if name == phase else 0), of="staging product")
        ]
        outcomes = {check: seen(check, testers=theirs).outcome for check in ALL}
        assert list(outcomes.values()).count("failed") == 1, (phase, outcomes)


def test_customers_have_to_be_served_when_the_name_is_right_again() -> None:
    """One in a hundred and one for each of the five connections closed by then may fail, and no more."""
    six, seven = ([REFUSED] * count for count in (6, 7))
    assert seen("comes_back_after_rollback", {"recovered": in_phase("recovered", *six)}).outcome == "passed"
    broken(
        seen("comes_back_after_rollback", {"recovered": in_phase("recovered", *seven)}),
        "recovered: 7 of 100 requests failed (7 × refused with 503)",
    )


def test_a_phase_in_which_no_request_begins_is_not_served() -> None:
    """All customers hang on earlier answers: that is said, and it is not kept."""
    broken(seen("comes_back_after_rollback", {"recovered": []}), "recovered: no request began")


def test_a_process_that_was_started_again_is_a_restart() -> None:
    """Whatever customers saw of it."""
    broken(seen("comes_back_after_rollback", workers=[[7, 8], [7, 31]]), "1 of the service's processes")


@pytest.mark.parametrize(("begin", "check"), [(1, "comes_back_after_rollback"), (3, "follows_a_good_move")])
def test_requests_on_their_way_when_the_names_change_may_be_refused(begin: int, check: str) -> None:
    """Ten customers asked just before and were refused just after: a fix that looks at once is right."""
    name = PHASES[begin - 1]
    caught = [Asked(begin - 0.04, REFUSED, ms=80)] * 10
    assert seen(check, {name: in_phase(name) + caught}).outcome == "passed"


def test_requests_of_testers_on_their_way_when_their_name_becomes_wrong_may_be_refused() -> None:
    """The same holds in staging."""
    theirs = [each for name in PHASES for each in in_phase(name, of="staging product")]
    caught = [Asked(2.96, REFUSED, "staging product", ms=80)] * 20
    assert seen("staging_still_works", testers=theirs + caught).outcome == "passed"


def test_requests_that_were_refused_before_the_names_became_wrong_count() -> None:
    """They ended before, so the wrong name is no excuse."""
    early = in_phase("moved") + [Asked(2.90, REFUSED, ms=80)] * 10
    broken(seen("follows_a_good_move", {"moved": early}), "moved: 10 of 110")


def test_a_move_is_no_excuse_for_staging() -> None:
    """Its name is right all the while."""
    theirs = [
        each
        for name in PHASES
        for each in in_phase(name, *[REFUSED] * (20 if name == "moving" else 0), of="staging product")
    ]
    broken(seen("staging_still_works", testers=theirs), "20 of 700 requests failed")


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (Order(0.9, FIRST + 9, "db-prod-new"), "from `normal` on orders were written 1 to db-prod, 1 to db-prod-new"),
        (Order(2.6, FIRST + 9, "db-prod"), "from `moved` on orders were written 1 to db-prod-new, 1 to db-prod"),
        (Order(4.6, FIRST + 9, "db-prod"), "from `moved` on orders were written 1 to db-prod-new, 1 to db-prod"),
        (Order(7.6, FIRST + 9, "db-prod"), "from `moved` on orders were written 2 to db-prod-new, 1 to db-prod"),
        (Order(9.6, FIRST + 9, "db-prod-new"), "from `moved back` on orders were written 1 to db-prod, 1 to db-prod-n"),
    ],
)
def test_an_order_elsewhere_than_after_the_last_move_is_not_followed(order: Order, told: str) -> None:
    """One is enough, in the night and while the name server is silent as well."""
    written = sorted([*WRITTEN, order], key=lambda one: one.at)
    broken(seen("follows_a_good_move", written=written), told.partition(" 1 to")[0])


def test_a_move_after_which_nothing_is_written_is_not_followed() -> None:
    """The message says that orders went nowhere."""
    broken(seen("follows_a_good_move", written=WRITTEN[:1]), "written nowhere")


def test_while_the_name_server_is_silent_customers_are_served() -> None:
    """Late answers and refusals are told apart."""
    bad = in_phase("no name server", *[LATE] * 30, *[REFUSED] * 3)
    broken(seen("a_dns_outage_is_survived", {"no name server": bad}), "30 × no answer in 3 s", "3 × refused with 503")


def test_look_ups_may_grow_with_time_and_not_with_requests() -> None:
    """Four for each of three processes and TTL, and one TTL at the edge: 132 in 10 s."""
    for asked, outcome in ((132, "passed"), (133, "failed")):
        assert seen("asks_dns_sparingly", look_ups=[*range(0, 130, 13), asked]).outcome == outcome


def test_look_ups_are_counted_all_the_time() -> None:
    """24 in one second, and none in nine: at most; 25 are a burst."""
    for burst, outcome in ((24, "passed"), (25, "failed")):
        assert seen("asks_dns_sparingly", look_ups=[0] * 6 + [burst] * 5).outcome == outcome
    broken(seen("asks_dns_sparingly", look_ups=[0] * 6 + [70] * 5), "70 look-ups in 1.0 s, wanted at most 24")


def test_with_too_few_requests_nobody_can_tell_whether_look_ups_grow_with_them() -> None:
    """Then the outcome is unknown."""
    few = {name: in_phase(name, requests=6) for name in PHASES}
    assert seen("asks_dns_sparingly", few, testers=[]).outcome == "unknown"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (REFUSED_CALL | {"code": 0}, "was done, with exit code 0, wanted it refused"),
        (REFUSED_CALL | {"said": "--- now\n+++ then\n"}, "broken off (exit code 1) without a reason"),
        (REFUSED_CALL | {"said": "Traceback (most recent call last):\nKeyError: 'db-preprod'\n"}, "without a reason"),
        (REFUSED_CALL | {"code": 124}, "it did not end by itself"),
        (REFUSED_CALL | {"served": "db-preprod"}, "but orders-db leads to db-preprod after it"),
        (REFUSED_CALL | {"file_changed": True}, "but the zone's file was changed"),
        (PLANNED | {"code": 1, "said": "zonectl: refused\n"}, "was refused, with a reason, wanted it done"),
        (APPLIED | {"served": "db-prod"}, "leads to db-prod after it, wanted it done"),
        (IN_FULL | {"served": ""}, "but orders-db leads to nothing after it, wanted it done"),
        (IN_FULL | {"code": 1, "said": "refused\n"}, "but orders-db leads to db-prod-new after it, wanted it done"),
        (IN_FULL | {"code": 1, "said": "Traceback\n", "served": "db-prod"}, "without a reason, wanted it done"),
    ],
)
def test_a_call_of_the_tool_that_did_not_end_as_it_should_is_named(call: dict[str, Any], told: str) -> None:
    """With the call, how it ended, and what it said last."""
    broken(seen("the_tool_refuses", calls=[PLANNED, call]), f"`zonectl {call['verb']} orders-db", told, "last line")


def test_a_right_machine_by_another_spelling_may_be_refused() -> None:
    """A tool that knows a machine by one name alone is right, too."""
    refused = IN_FULL | {"code": 1, "said": "zonectl: no such machine\n", "served": "db-prod", "file_changed": False}
    assert seen("the_tool_refuses", calls=[PLANNED, refused]).outcome == "passed"


def test_staging_has_to_work_while_its_name_is_right() -> None:
    """Of 700 requests 11 may fail, with four closed connections; what fails while its name is wrong is excused."""
    few, many = (
        [
            each
            for name in PHASES
            for each in in_phase(name, *[REFUSED] * (100 if name in NIGHT else count), of="staging product")
        ]
        for count in (1, 2)
    )
    assert seen("staging_still_works", testers=few).outcome == "passed"
    broken(seen("staging_still_works", testers=many), "14 of 700 requests failed")


def test_a_testers_order_in_production_is_one_too_many() -> None:
    """So is one that was accepted and is nowhere."""
    stray = [*WRITTEN, Order(1.9, FIRST_IN_STAGING + 9, "db-prod")]
    broken(seen("staging_still_works", written=stray), "1 of staging's orders were written to production")
    broken(seen("staging_still_works", written=WRITTEN[:-1]), "1 accepted orders of testers are not in db-staging")


def test_an_accepted_order_has_to_be_in_production_s_databases() -> None:
    """With its number and its product: db-staging does not count."""
    for database, product in (("db-staging", KETTLE), ("db-prod", LAMP)):
        elsewhere = [Order(0.5, FIRST, database, product), *WRITTEN[1:]]
        broken(seen("no_accepted_order_is_lost", written=elsewhere), "1 of 4 accepted orders are in no database")


def test_an_accepted_order_has_to_be_written_by_then() -> None:
    """One that is written half a second after the answer was only hoped for."""
    later = [Order(1.0, FIRST, "db-prod"), *WRITTEN[1:]]
    broken(seen("no_accepted_order_is_lost", written=later), "1 of 4 accepted orders were written up to 0.5 s after")
