"""Does each promise of lab 09 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any

import pytest
from literal import recording, says

from harness.judge.checks import CheckResult

LAMP, CHAIR, PLENTY, SCARCE, MUG = 101, 102, 201, 202, 301
PRICES = [[LAMP, 900], [CHAIR, 100], [PLENTY, 50], [SCARCE, 70], [MUG, 40]]
STOCK = [[LAMP, 2, 0, 0], [CHAIR, 400, 399, 399], [PLENTY, 400, 398, 398], [SCARCE, 2, 0, 0], [MUG, 400, 378, 378]]
"""Each product's pieces at first, and what the shop said twice."""
PHASES = ("normal", "rush", "carts", "repeats", "answers are lost", "the last pieces")
ALL = (
    "never_oversold",
    "never_undersold",
    "stock_matches_ledger",
    "charges_match_orders",
    "other_products_flow",
    "repeats_sell_once",
    "carts_are_all_or_nothing",
    "customers_are_served",
)

Row = list[Any]
"""Request, card, lines, statuses, number: one buyer and what they got."""


def row(name: str, lines: list[list[int]], *statuses: Any, number: int | None = None) -> Row:
    """A buyer with a card of their own."""
    return [name, f"card-{name}", lines, list(statuses or (201,)), number if 201 in (statuses or (201,)) else None]


FREE = [row(f"free-{n}", [[MUG, 1]], number=500 + n) for n in range(20)]
WELL: list[Row] = [
    row("lamp-1", [[LAMP, 1]], number=1),
    row("lamp-2", [[LAMP, 1]], number=2),
    row("lamp-3", [[LAMP, 2]], 409),
    row("chair", [[CHAIR, 1]], number=3),
    row("cart-1", [[PLENTY, 1], [SCARCE, 1]], number=4),
    row("cart-2", [[SCARCE, 1], [PLENTY, 1]], number=5),
    row("cart-3", [[SCARCE, 1], [PLENTY, 1]], 409),
    row("twice", [[MUG, 1]], number=6),
    row("twice", [[MUG, 1]], number=6),
    row("lost", [[MUG, 1]], 502, 201, number=7),
    *FREE,
]


def paid(orders: list[Row]) -> list[list[Any]]:
    """What the gateway has to have for these orders."""
    prices: dict[int, int] = {product: cents for product, cents in PRICES}  # noqa: C416 - for the type checker
    sold = {one[0]: one for one in orders if 201 in one[3]}.values()
    return [[one[1], sum(prices[product] * many for product, many in one[2]), "captured"] for one in sold]


def seen(check: str, orders: list[Row] = WELL, charges: list[list[Any]] | None = None, **facts: Any) -> CheckResult:
    """What the promise says of a run that went well, but for what is given."""
    went_well: dict[str, Any] = {
        "orders": orders,
        "charges": paid(orders) if charges is None else charges,
        "prices": PRICES,
        "stock": STOCK,
        "product": LAMP,
        "rest": [],
        "carts": [PLENTY, SCARCE],
        "repeated": ["twice"],
        "lost": ["lost"],
        "at_the_gate": 10,
        "beside": [201],
        "took": 0.2,
        "refused": [],
    }
    return says("race-condition", check, recording(facts=went_well | facts, phases={name: {} for name in PHASES}))


def stock(product: int, *row: int | None) -> list[list[int | None]]:
    """The stocks, but for this product."""
    return [[product, *row] if one[0] == product else list(one) for one in STOCK]


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", [check for check in ALL if check != "other_products_flow"])
def test_too_few_customers_are_no_verdict(check: str) -> None:
    """A promise that saw hardly anybody buy says nothing."""
    assert seen(check, [one for one in WELL if one not in FREE[:5]]).outcome == "unknown"


# --- never_oversold -----------------------------------------------------------------------------------------------


def test_a_piece_too_many_breaks_the_promise() -> None:
    """Product, pieces sold and pieces that there were are told."""
    result = seen("never_oversold", [*WELL, row("lamp-4", [[LAMP, 1]], number=9)])
    assert (result.outcome, f"product {LAMP}, 3 of 2 pieces" in result.message) == ("failed", True)


@pytest.mark.parametrize("row", [(2, -1, 0), (2, 0, -1)])
def test_a_stock_below_zero_breaks_the_promise(row: tuple[int, int, int]) -> None:
    """At whichever look."""
    result = seen("never_oversold", stock=stock(LAMP, *row))
    assert (result.outcome, f"product {LAMP} has a stock of -1" in result.message) == ("failed", True)


# --- never_undersold ----------------------------------------------------------------------------------------------


def test_a_piece_that_nobody_got_breaks_the_promise() -> None:
    """More people wanted it than there were pieces."""
    result = seen("never_undersold", [one for one in WELL if one[0] != "lamp-2"])
    assert (result.outcome, "1 of 2 pieces were sold" in result.message) == ("failed", True)


def test_what_is_bought_at_the_very_end_was_not_sold_in_the_rush() -> None:
    """The last piece goes to a buyer that the lab has sent when all was over."""
    assert seen("never_undersold", rest=["lamp-2"]).outcome == "failed"


def test_a_last_piece_that_cannot_be_bought_breaks_the_promise() -> None:
    """The shop has said that it has it."""
    orders = [*WELL, row("last", [[CHAIR, 3]], 409)]
    result = seen("never_undersold", orders, stock=stock(CHAIR, 4, 3, 3), rest=["last"])
    assert (result.outcome, f"3 of product {CHAIR}, sold out" in result.message) == ("failed", True)


def test_who_is_told_that_plenty_is_sold_out_breaks_the_promise() -> None:
    """Of a cart with something that is scarce, it may be true."""
    result = seen("never_undersold", [*WELL, row("refused", [[MUG, 1], [CHAIR, 1]], 409)])
    assert (result.outcome, "hundreds of pieces" in result.message) == ("failed", True)
    assert seen("never_undersold", [*WELL, row("refused", [[MUG, 1], [SCARCE, 1]], 409)]).outcome == "passed"


# --- stock_matches_ledger, charges_match_orders -------------------------------------------------------------------


@pytest.mark.parametrize("left", [398, 400, None])
def test_a_stock_that_does_not_agree_breaks_the_promise(left: int | None) -> None:
    """Too little, too much, or no answer."""
    result = seen("stock_matches_ledger", stock=stock(CHAIR, 400, 399, left))
    assert (result.outcome, f"had 400, 1 were sold, and the shop says {left}" in result.message) == ("failed", True)


@pytest.mark.parametrize(
    ("charges", "told"),
    [
        ([["card-chair", 100, "captured"]] * 2, "bought for 100 cents was charged 100 cents and 100 cents"),
        ([], "bought for 100 cents was charged nothing"),
        ([["card-chair", 90, "captured"]], "bought for 100 cents was charged 90 cents"),
    ],
)
def test_an_order_that_is_not_charged_once_breaks_the_promise(charges: list[Any], told: str) -> None:
    """Twice, not at all, or with another price."""
    rest = [one for one in paid(WELL) if one[0] != "card-chair"]
    result = seen("charges_match_orders", charges=[*rest, *charges])
    assert (result.outcome, told in result.message) == ("failed", True)


@pytest.mark.parametrize("status", [409, 402])
def test_a_charge_without_an_order_breaks_the_promise(status: int) -> None:
    """The buyer was told that it is sold out, or that the card was declined."""
    orders = [*WELL, row("none", [[CHAIR, 1]], status)]
    result = seen("charges_match_orders", orders, [*paid(WELL), ["card-none", 100, "captured"]])
    assert (result.outcome, "bought for nothing was charged 100 cents" in result.message) == ("failed", True)


def test_a_card_that_buys_twice_is_charged_twice() -> None:
    """Two requests are two purchases, also with the same card and the same price."""
    orders = [*WELL, ["again", "card-chair", [[CHAIR, 1]], [201], 8]]
    assert seen("charges_match_orders", orders).outcome == "passed"
    result = seen("charges_match_orders", orders, paid(WELL))
    assert "bought for 100 cents and 100 cents was charged 100 cents" in result.message


# --- other_products_flow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beside", "told"), [([503], "HTTP 503"), (["timeout"], "no answer: timeout"), ([409], "sold out")]
)
def test_another_buyer_who_has_to_wait_breaks_the_promise(beside: list[Any], told: str) -> None:
    """What they were told instead is in the message."""
    result = seen("other_products_flow", beside=beside)
    assert (result.outcome, told in result.message) == ("failed", True)


def test_a_gateway_that_nobody_came_to_is_no_verdict() -> None:
    """Then nobody has waited."""
    assert seen("other_products_flow", at_the_gate=0).outcome == "unknown"


def test_a_buyer_who_has_gone_may_have_got_a_piece_or_not() -> None:
    """Nobody knows what has become of an order without an answer: one piece may be gone for it, and not two."""
    gone = [*WELL, row("gone", [[CHAIR, 1]], "timeout")]
    left = {
        400 - sold: seen("stock_matches_ledger", gone, stock=stock(CHAIR, 400, 399, 400 - sold)) for sold in range(4)
    }
    assert {pieces: result.outcome for pieces, result in left.items()} == {
        400: "failed",
        399: "passed",
        398: "passed",
        397: "failed",
    }


# --- repeats_sell_once --------------------------------------------------------------------------------------------


def test_a_purchase_that_is_both_sold_and_declined_is_two() -> None:
    """Whoever clicks again while the card is being charged is not told that it is sold, before it is."""
    both = [*WELL, row("click", [[MUG, 1]], number=9), row("click", [[MUG, 1]], 402)]
    result = seen("repeats_sell_once", both)
    assert (result.outcome, "1 purchases that were asked for twice were told sold, and declined" in result.message) == (
        "failed",
        True,
    )


def test_a_repeat_that_becomes_another_order_breaks_the_promise() -> None:
    """Two numbers for one request."""
    result = seen("repeats_sell_once", [*WELL, row("twice", [[MUG, 1]], number=8)])
    assert (result.outcome, "became 2 orders" in result.message) == ("failed", True)


def test_a_repeat_that_is_charged_again_breaks_the_promise() -> None:
    """Also where the answer of the gateway was lost."""
    result = seen("repeats_sell_once", charges=[*paid(WELL), ["card-lost", 40, "captured"]])
    assert (result.outcome, "1 purchases that were asked for again were charged again" in result.message) == (
        "failed",
        True,
    )


def test_a_repeat_that_is_never_sold_breaks_the_promise() -> None:
    """Whoever asks again gets it in the end."""
    orders = [row("lost", [[MUG, 1]], 502, 402) if one[0] == "lost" else one for one in WELL]
    assert "was told declined, wanted it to be sold" in seen("repeats_sell_once", orders).message
    orders = [row("lost", [[MUG, 1]], 502, 500) if one[0] == "lost" else one for one in WELL]
    assert "was told HTTP 500, wanted it to be sold" in seen("repeats_sell_once", orders).message


@pytest.mark.parametrize(("status", "told"), [(402, "declined and sold"), (409, "sold and sold out")])
def test_a_repeat_that_is_told_something_else_breaks_the_promise(status: int, told: str) -> None:
    """It is theirs, and one of their tries says that it is not."""
    result = seen("repeats_sell_once", [*WELL, row("twice", [[MUG, 1]], status)])
    assert (result.outcome, f"was told {told}" in result.message) == ("failed", True)


# --- carts_are_all_or_nothing -------------------------------------------------------------------------------------


def test_half_a_cart_breaks_the_promise() -> None:
    """A piece is gone that nobody has."""
    result = seen("carts_are_all_or_nothing", stock=stock(PLENTY, 400, 397, 397))
    assert (result.outcome, "carts took 3 pieces of a product, and 2 were sold" in result.message) == ("failed", True)


def test_carts_that_get_in_each_others_way_break_the_promise() -> None:
    """One error is excused."""
    one = row("cart-4", [[PLENTY, 1], [SCARCE, 1]], 500, 409)
    assert seen("carts_are_all_or_nothing", [*WELL, one]).outcome == "passed"
    result = seen("carts_are_all_or_nothing", [*WELL, one, [*one[:3], [500, 500, 409], None]])
    assert (result.outcome, "HTTP 500" in result.message) == ("failed", True)


# --- customers_are_served -----------------------------------------------------------------------------------------


def test_a_buyer_who_never_learns_breaks_the_promise() -> None:
    """Whatever else went well; the last thing that they were told is in the message."""
    result = seen("customers_are_served", [*WELL, row("never", [[MUG, 1]], 500, "timeout")])
    assert (result.outcome, "1 of 30 buyers did not learn" in result.message) == ("failed", True)
    assert "no answer: timeout" in result.message


def test_two_errors_in_a_hundred_break_the_promise() -> None:
    """One of fewer is allowed; those of lost answers do not count."""
    some = [row(f"late-{n}", [[MUG, 1]], 503, 201, number=600 + n) for n in range(2)]
    assert seen("customers_are_served", [*WELL, some[0]]).outcome == "passed"
    result = seen("customers_are_served", [*WELL, *some])
    assert (result.outcome, "(HTTP 503)" in result.message) == ("failed", True)


def test_a_shop_that_takes_no_products_breaks_the_promise() -> None:
    """Nothing can be bought of it."""
    result = seen("customers_are_served", refused=["POST /products: 500"])
    assert (result.outcome, "POST /products: 500" in result.message) == ("failed", True)
