"""Does each promise of lab 13 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge.checks import CheckResult
from harness.judge.store import load

LAMP, CHAIR, MUG, FULL = 11, 12, 13, 100_000
PRICES = [[LAMP, 500], [CHAIR, 300], [MUG, 20]]
PHASES = ("normal", "slow gateway", "black friday", "later", "counted")
WELL: dict[str, Any] = {"seconds": 1.0, "requests": 40, "ok": 40}
ALL = (
    "nothing_hangs",
    "all_payments_finish",
    "money_is_conserved",
    "captured_once",
    "disjoint_carts_overlap",
    "attempts_are_bounded",
)

Order = dict[str, Any]


def order(number: int, lines: list[list[int]], state: str = "paid", *answers: list[Any]) -> Order:
    """An order that was paid at the first try, if nothing else is said."""
    told = list(answers) or [["pay", 200, 0.1]]
    return {"id": number, "card": f"card-{number}", "lines": lines, "state": state, "answers": told}


DECLINED = order(4, [[LAMP, 1]], "new", ["pay", 402, 0.1]) | {"card": "declined-0"}
ORDERS = [
    order(1, [[LAMP, 1], [CHAIR, 2]]),
    order(2, [[CHAIR, 1], [LAMP, 1]]),
    order(3, [[LAMP, 2]], "refunded", ["pay", 200, 0.1], ["refund", 200, 0.1]),
    DECLINED,
]
FREE = [[100 + n, [[MUG, 1]], True, False] for n in range(10)]
CHARGES = [
    ["card-1", 1100, "captured", 1],
    ["card-2", 800, "captured", 1],
    ["card-3", 1000, "refunded", 1],
    ["declined-0", 500, "declined", 1],
    *([f"card-{number}", 20, "captured", 1] for number, *_ in FREE),
]
STOCKS = [[LAMP, FULL - 2], [CHAIR, FULL - 3], [MUG, FULL - 10]]


def seen(check: str, phases: dict[str, Any] | None = None, **facts: Any) -> CheckResult:
    """What the promise says of a run that went well, but for what is given."""
    went_well: dict[str, Any] = {
        "orders": ORDERS,
        "free": FREE,
        "charges": CHARGES,
        "prices": PRICES,
        "stocks": STOCKS,
        "declined": [4],
        "lost": [],
        "crossed": list(range(30)),
        "at_the_gate": 6,
        "meanwhile": [["pay", 200, 0.1], ["pay", 200, 0.2]],
        "worst": {
            "at": 5.0,
            "seconds": 0.6,
            "sessions": 1,
            "waiting": [{"pid": 7, "behind": [8], "seconds": 0.6, "query": "…"}],
        },
    }
    return says(
        "deadlock", check, recording(facts=went_well | facts, phases=dict.fromkeys(PHASES, WELL) | (phases or {}))
    )


def but(number: int, **other: Any) -> list[Order]:
    """All orders, but this one is another."""
    return [one | other if one["id"] == number else one for one in ORDERS]


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", [check for check in ALL if check != "disjoint_carts_overlap"])
@pytest.mark.parametrize("facts", [{"free": FREE[:9]}, {"crossed": [1] * 19}])
def test_too_few_payments_are_no_verdict(check: str, facts: dict[str, Any]) -> None:
    """A promise that saw nobody pay says nothing."""
    assert seen(check, **facts).outcome == "unknown"


# --- nothing_hangs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "outcome"), [(2.0, "passed"), (2.1, "failed")])
def test_a_wait_of_more_than_two_seconds_breaks_the_promise(seconds: float, outcome: str) -> None:
    """When that was, and how many waited, is told."""
    worst = {"at": 5.0, "seconds": seconds, "sessions": 24, "waiting": [{}] * 9}
    result = seen("nothing_hangs", worst=worst)
    assert result.outcome == outcome
    assert outcome == "passed" or "5.0 s into the drill, 24 sessions waited" in result.message


# --- all_payments_finish ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "told"), [("timeout", "no answer: timeout"), (503, "HTTP 503")])
def test_a_payment_without_an_end_breaks_the_promise(status: Any, told: str) -> None:
    """What its customer was told is in the message."""
    result = seen("all_payments_finish", orders=but(2, answers=[["pay", status, 4.0]]))
    assert (result.outcome, f"pay: {told}" in result.message) == ("failed", True)
    assert "1 of 4 orders came to no end" in result.message


def test_two_errors_in_a_hundred_break_the_promise() -> None:
    """One of fewer is allowed, if the second try succeeds."""
    again = [["pay", 503, 0.1], ["pay", 200, 0.1]]
    assert seen("all_payments_finish", orders=but(2, answers=again)).outcome == "passed"
    result = seen("all_payments_finish", orders=but(2, answers=[again[0], *again], error="database: DeadlockDetected"))
    assert result.outcome == "failed"
    assert "2 of 7 requests failed (the first: order 2, pay: HTTP 503, “database: DeadlockDetected”)" in result.message


def test_a_lost_answer_of_the_gateway_excuses_errors_and_no_end_that_is_missing() -> None:
    """Requests of such an order may fail; in the end it is paid all the same."""
    failed = [["pay", 502, 0.1], ["pay", 502, 0.1]]
    assert (
        seen("all_payments_finish", lost=[2], orders=but(2, answers=[*failed, ["pay", 200, 0.1]])).outcome == "passed"
    )
    assert seen("all_payments_finish", lost=[2], orders=but(2, answers=failed)).outcome == "failed"


def test_a_declined_card_that_has_paid_breaks_the_promise() -> None:
    """Nobody gets anything for a card that is not charged."""
    assert seen("all_payments_finish", orders=but(4, answers=[["pay", 200, 0.1]])).outcome == "failed"


@pytest.mark.parametrize("phase", PHASES[:4])
def test_errors_of_other_customers_break_the_promise(phase: str) -> None:
    """In whichever phase; one of less than a hundred is allowed."""
    for count, outcome in ((1, "passed"), (2, "failed")):
        failing = WELL | {"ok": 40 - count, "errors": count, "by_error": {"timeout": count}}
        assert seen("all_payments_finish", phases={phase: failing}).outcome == outcome


# --- money_is_conserved -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            ["card-1", 1100, "declined", 1],
            "told 1100 paid and nothing paid back; the gateway has nothing paid and nothing",
        ),
        (["card-1", 900, "captured", 1], "the gateway has 900 paid and nothing paid back"),
        (["card-1", 1100, "refunded", 1], "the gateway has nothing paid and 1100 paid back"),
    ],
)
def test_money_that_does_not_agree_breaks_the_promise(row: list[Any], told: str) -> None:
    """Not charged, with another price, or given back without a refund."""
    result = seen("money_is_conserved", charges=[row, *CHARGES[1:]])
    assert (result.outcome, told in result.message) == ("failed", True)


def test_a_refund_that_does_not_come_breaks_the_promise() -> None:
    """The customer was told that the money is back."""
    result = seen("money_is_conserved", charges=[*CHARGES[:2], ["card-3", 1000, "captured", 1], *CHARGES[3:]])
    assert (result.outcome, "told nothing paid and 1000 paid back; the gateway has 1000 paid" in result.message) == (
        "failed",
        True,
    )


@pytest.mark.parametrize(("number", "state"), [(1, "new"), (3, "paid"), (1, None)])
def test_a_shop_that_says_something_else_breaks_the_promise(number: int, state: str | None) -> None:
    """Of what its customer was told."""
    message = seen("money_is_conserved", orders=but(number, state=state)).message
    assert f"something else than their customers were told (the first: order {number}: pay 200" in message
    assert f"and the shop says {state})" in message


def test_a_shelf_that_does_not_agree_breaks_the_promise() -> None:
    """Product, its stock, and what it should have are told; orders without an end excuse their products."""
    result = seen("money_is_conserved", stocks=[[LAMP, FULL - 1], *STOCKS[1:]])
    told = f"product {LAMP} has a stock of 99999 pieces (it is in orders 1"
    assert (result.outcome, told in result.message) == ("failed", True)
    open_ones = but(1, answers=[["pay", "timeout", 4.0]])
    assert seen("money_is_conserved", orders=open_ones, stocks=[[LAMP, FULL - 1], *STOCKS[1:]]).outcome == "passed"


def twice_the_same(**first: Any) -> dict[str, Any]:
    """A card that has bought the same cart twice, with two charges at the gateway."""
    again = order(5, [[LAMP, 1], [CHAIR, 2]]) | {"card": "card-1"}
    stocks = [[LAMP, FULL - 3], [CHAIR, FULL - 5], STOCKS[2]]
    return {"orders": [*but(1, **first), again], "charges": [CHARGES[0], *CHARGES], "stocks": stocks}


def test_a_card_that_buys_twice_pays_twice() -> None:
    """One charge for both is too little, whichever order it was for."""
    assert seen("money_is_conserved", **twice_the_same()).outcome == "passed"
    assert seen("captured_once", **twice_the_same()).outcome == "passed"
    result = seen("money_is_conserved", **(twice_the_same() | {"charges": CHARGES}))
    assert "told 1100 + 1100 paid and nothing paid back; the gateway has 1100 paid" in result.message


def test_the_second_order_of_a_card_is_charged_also_when_the_first_was_paid_back() -> None:
    """A charge that was given back pays for nothing."""
    back = {"state": "refunded", "answers": [["pay", 200, 0.1], ["refund", 200, 0.1]]}
    result = seen(
        "money_is_conserved", **(twice_the_same(**back) | {"charges": [["card-1", 1100, "refunded", 2], *CHARGES[1:]]})
    )
    assert "told 1100 paid and 1100 paid back; the gateway has nothing paid" in result.message


# --- captured_once, attempts_are_bounded --------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["captured", "refunded", "authorised"])
def test_a_second_charge_breaks_the_promise(state: str) -> None:
    """Also if it is given back."""
    result = seen("captured_once", charges=[*CHARGES, ["card-1", 1100, state, 1]])
    assert (result.outcome, "1 cards were charged more often than they have orders" in result.message) == (
        "failed",
        True,
    )


@pytest.mark.parametrize(("asked", "outcome"), [(5, "passed"), (6, "failed")])
def test_more_than_five_attempts_break_the_promise(asked: int, outcome: str) -> None:
    """Of all charges of a card together; a card with two orders may be asked for twice as often."""
    assert seen("attempts_are_bounded", charges=[["card-1", 1100, "captured", asked], *CHARGES[1:]]).outcome == outcome
    two = twice_the_same() | {"charges": [["card-1", 1100, "captured", asked]] * 2}
    assert seen("attempts_are_bounded", **two).outcome == outcome


# --- disjoint_carts_overlap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "told"), [("timeout", "no answer: timeout"), (503, "HTTP 503")])
def test_a_cart_that_waits_for_strangers_breaks_the_promise(status: Any, told: str) -> None:
    """One of two is enough."""
    result = seen("disjoint_carts_overlap", meanwhile=[["pay", 200, 0.1], ["pay", status, 2.5]])
    assert (result.outcome, told in result.message) == ("failed", True)


def test_a_gateway_that_nobody_came_to_is_no_verdict() -> None:
    """Then nobody has waited."""
    assert seen("disjoint_carts_overlap", at_the_gate=0).outcome == "unknown"


# --- the recorded incident ----------------------------------------------------------------------------------------


def test_as_shipped_payments_stand_still_until_the_end() -> None:
    """The story happens: nobody does anything any more, and still nothing is paid."""
    shipped = load(paths.recordings_of("deadlock") / "as-shipped.json.gz")
    assert shipped.phase_names == list(PHASES)
    assert shipped.phase("normal").error_ratio <= 0.05
    assert shipped.phase("later").error_ratio >= 0.2
