"""Does each promise of lab 12 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from literal import recording, says

from harness.judge.checks import CheckResult
from harness.judge.recording import Death

MACHINES = ("db-a", "db-b", "db-c")
A1, B2 = "db-a (timeline 1)", "db-b (timeline 2)"
STANDING: dict[str, dict[str, Any]] = {
    "db-a": {},
    "db-b": {"words": "was a standby"},
    "db-c": {"words": "was a standby"},
}
Facts = dict[str, Any]


class Order(NamedTuple):
    """An order of a customer. Times are seconds of the drill."""

    sent: float
    writer: str = A1
    on: tuple[str, ...] = MACHINES
    told: float | None = 0.02
    """After so many seconds; None where it was refused."""
    written: float = 0.01


def orders(begin: float, end: float, **about: Any) -> list[Order]:
    """Twenty orders a second, from this second of the drill to that one."""
    return [Order(begin + number / 20, **about) for number in range(round((end - begin) * 20))]


CRASH = orders(0, 2.9) + orders(3, 5, told=None) + orders(5, 10, writer=B2, on=("db-b", "db-c"))
BLIND = orders(20, 30)
STALE = orders(40, 42) + orders(42, 55, told=None)
NIGHT: Facts = {
    "followers": 2, "report": 20, "status": [], "followed": [], "flowed": None, "pages": [], "led": {"db-a": 1},
    "asked": [], "exit_code": None, "states": STANDING,
}  # fmt: skip


def nights(given: dict[str, Facts]) -> dict[str, Facts]:
    """Three nights that went well, but for what is given."""
    went_well: dict[str, Facts] = {
        "crash": {
            "began": 0.0, "normal_until": 1.0, "harmed": 1.5, "cut": 2.0, "killed": 3.0, "ended": 10.0,
            "flowed": [7.5, 9.5], "written": 900, "received": [800, 850], "timelines": {"db-b": 2},
            "status": [[0.5, "true"], [9.8, "false"]], "followed": [["db-b", False, "false"]],
        },
        "blind": {
            "began": 20.0, "normal_until": 21.0, "ended": 30.0, "timelines": {"db-a": 1},
            "status": [[20.1, "false"], [20.5, "true"]],
        },
        "stale": {
            "began": 40.0, "normal_until": 41.0, "harmed": 41.0, "cut": 42.0, "killed": 48.0, "ended": 55.0,
            "written": 900, "received": [800, 800], "timelines": {}, "pages_before": 1, "pages": ["hello", "gone"],
            "status": [[40.5, "true"], [43.0, "true"], [44.5, "false"]],
        },
    }  # fmt: skip
    report: Facts = {"ended": None, "given": False}
    return {
        name: NIGHT | {"long_report": report | {"begun": facts["began"]}} | facts | given.get(name, {})
        for name, facts in went_well.items()
    }


def told(check: str, given: dict[str, Facts] | None = None, taken: list[Order] | None = None) -> CheckResult:
    """What the promise says of three nights that went well, but for what is given."""
    book = sorted(taken if taken is not None else CRASH + BLIND + STALE)
    facts = nights(given or {})
    for name, begin in (("crash", 0), ("blind", 20), ("stale", 40)):
        mine = [(number, order) for number, order in enumerate(book) if begin <= order.sent < begin + 20 and order.told]
        tables = {machine: table([(n, order) for n, order in mine if machine in order.on]) for machine in MACHINES}
        facts[name] = {"tables": tables} | facts[name]
    noted = {
        "number": list(range(len(book))),
        "sent_ms": [round(order.sent * 1000) for order in book],
        "told_ms": [None if order.told is None else round((order.sent + order.told) * 1000) for order in book],
    }
    return says("db-failover", check, recording(facts={"nights": facts, "orders": noted}))


def table(rows: list[tuple[int, Order]]) -> Facts:
    """A machine's orders as it tells them; nothing but null where it has none."""
    columns = {
        "number": [number for number, _ in rows],
        "writer": [order.writer for _, order in rows],
        "at_ms": [round((order.sent + order.written) * 1000) for _, order in rows],
    }
    return columns if rows else dict.fromkeys(columns)


PROMISES = (
    "the_shop_is_open",
    "writes_resume",
    "acknowledged_writes_survive",
    "one_writer_at_a_time",
    "no_needless_failover",
    "refuses_to_lose_data",
    "tells_beforehand",
)


@pytest.mark.parametrize("check", PROMISES)
def test_nights_that_went_well_keep_every_promise(check: str) -> None:
    """Each promise is kept, and tells what was seen."""
    result = told(check)

    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", PROMISES)
def test_a_shop_that_takes_nothing_keeps_no_promise(check: str) -> None:
    """Who takes no orders before the night loses none: that is no answer."""
    result = told(check, taken=orders(0, 10, told=None) + orders(20, 30, told=None) + orders(40, 55, told=None))

    assert result.outcome == "failed"
    assert "0 orders were confirmed" in result.message


@pytest.mark.parametrize("check", PROMISES)
def test_without_customers_nothing_is_said(check: str) -> None:
    """No orders were sent: the verdict is unknown, and not that they were refused."""
    assert told(check, taken=[]).outcome == "unknown"


@pytest.mark.parametrize(
    ("night", "message"),
    [
        ({"crash": {"followers": 1}}, "before 'crash' 1 standbys received"),
        ({"stale": {"report": None}}, "before 'stale' `GET /reports/sales` gave no report"),
        ({"crash": {"long_report": {"begun": 0.1, "ended": 1.2, "given": False}}}, "'crash': a report was broken"),
        ({"blind": {"long_report": {"begun": 20.1, "ended": 29.1, "given": False}}}, "broken off after 9.0 s"),
        ({"stale": {"long_report": {"begun": 40.1, "ended": 47.9, "given": False}}}, "broken off after 7.8 s"),
    ],
)
def test_a_shop_that_is_not_open_on_a_normal_day(night: dict[str, Facts], message: str) -> None:
    """A standby that does not follow, no report, or a report that is broken off before db-a dies."""
    result = told("the_shop_is_open", night)

    assert result.outcome == "failed"
    assert message in result.message


@pytest.mark.parametrize(
    "night",
    [
        {"crash": {"long_report": {"begun": 0.1, "ended": 4.0, "given": False}}},
        {"crash": {"long_report": {"begun": 0.1, "ended": 0.2, "given": True}}},
        {"stale": {"long_report": {"begun": 40.1, "ended": 48.1, "given": False}}},
    ],
)
def test_a_failover_may_end_a_report(night: dict[str, Facts]) -> None:
    """A report that ends when the primary is dead counts for nothing, nor does one that was given."""
    assert told("the_shop_is_open", night).outcome == "passed"


@pytest.mark.parametrize(("refused", "outcome"), [(8, "passed"), (9, "passed"), (12, "failed")])
def test_orders_that_are_refused_on_a_normal_day(refused: int, outcome: str) -> None:
    """In all of `blind` all databases are well: there one order in twenty may fail, of 190, and none more."""
    taken = [order._replace(told=None) for order in BLIND[20 : 20 + refused]] + BLIND[20 + refused :]
    result = told("the_shop_is_open", taken=CRASH + BLIND[:20] + taken + STALE)

    assert result.outcome == outcome


@pytest.mark.parametrize(
    ("night", "message"),
    [
        ({"blind": {"asked": ["off"]}}, "'blind': db-a was well and took orders, and the console was asked for `off`"),
        ({"blind": {"led": {"db-a": 1, "db-c": 2}}}, "and db-c was promoted"),
        ({"blind": {"led": {"db-a": 3}}}, "and db-a was promoted"),
        ({"blind": {"states": {"db-b": {"words": "had been asked to become the primary"}}}}, "and db-b was promoted"),
        ({"stale": {"asked": ["rebuild"]}}, "'stale': db-a was well and took orders, and the console was asked for"),
        ({"crash": {"led": {"db-a": 1, "db-b": 2}}}, "'crash': db-a was well and took orders, and db-b was promoted"),
    ],
)
def test_a_failover_that_is_not_needed(night: dict[str, Facts], message: str) -> None:
    """A primary that is well is switched off or succeeded, on whichever day."""
    result = told("no_needless_failover", night)

    assert result.outcome == "failed"
    assert message in result.message


def test_a_shop_that_stops_while_the_controller_sees_nothing() -> None:
    """Nothing is promoted, and nothing sold: as by a primary that asks the controller for leave."""
    stopped = orders(20, 22) + orders(22, 30, told=None)
    result = told("no_needless_failover", taken=CRASH + stopped + STALE)

    assert result.outcome == "failed"
    assert "while db-a refused the controller alone, 11% of the usual" in result.message


def test_nobody_takes_orders_after_the_crash() -> None:
    """What is said names how machines and controller stood."""
    refused = orders(0, 2.9) + orders(3, 10, told=None)
    stood = STANDING | {"db-b": {"words": "had been asked to become the primary, and was still in recovery"}}
    result = told("writes_resume", taken=refused + BLIND + STALE, given={"crash": {"states": stood, "exit_code": 1}})

    assert result.outcome == "failed"
    assert "db-b had been asked to become the primary" in result.message
    assert "the controller had ended by itself (exit code 1)" in result.message


def test_an_order_that_is_taken_too_late() -> None:
    """The first order after the death comes when db-a is back, after 11 s."""
    late = orders(0, 2.9) + orders(3, 14, told=None) + orders(14, 18)
    result = told("writes_resume", taken=late + BLIND + STALE, given={"crash": {"ended": 18.0}})

    assert (result.outcome, result.message[:46]) == ("failed", "no order was taken in the 10 s after db-a's de")


def test_orders_that_stop_when_the_old_primary_is_back() -> None:
    """A first order is not enough: a quarter of the usual number is wanted."""
    stopped = orders(0, 2.9) + orders(5, 7, writer=B2, on=("db-b", "db-c")) + orders(7, 10, told=None)
    result = told("writes_resume", taken=stopped + BLIND + STALE)

    assert result.outcome == "failed"
    assert "when db-a had come back, 0% of the usual number" in result.message


def test_a_confirmed_order_that_the_new_primary_lacks() -> None:
    """One order of many is lost, and counted."""
    result = told("acknowledged_writes_survive", taken=[*CRASH, Order(2.91, on=("db-a",)), *BLIND, *STALE])

    assert result.outcome == "failed"
    assert "'crash': 1 of 159 confirmed orders are not on db-b" in result.message


def test_a_confirmed_order_that_no_machine_has() -> None:
    """An order that only db-a had, whose disk is gone."""
    assert told("acknowledged_writes_survive", taken=[*CRASH, *BLIND, *STALE, Order(29, on=())]).outcome == "failed"


def test_nobody_takes_orders_at_the_end() -> None:
    """Then nothing can be said to have survived."""
    result = told("acknowledged_writes_survive", given={"crash": {"timelines": {}}})

    assert result.outcome == "failed"
    assert "no machine takes orders at the end" in result.message


def test_an_order_that_is_confirmed_before_it_is_written() -> None:
    """A shop that answers first and writes a second later."""
    result = told("acknowledged_writes_survive", taken=[*CRASH, *BLIND, *STALE, Order(25.5, written=1.0)])

    assert "'blind': 1 orders were confirmed before any machine had them" in result.message


def test_two_machines_that_confirm_in_turn() -> None:
    """db-a goes on after db-b has begun."""
    both = orders(20, 26) + orders(24, 30, writer=B2, on=("db-b",))
    result = told("one_writer_at_a_time", taken=CRASH + both + STALE)

    assert result.outcome == "failed"
    assert f"'blind': {A1} and {B2} confirmed orders in turn" in result.message


def test_one_machine_after_the_other_is_one_writer_at_a_time() -> None:
    """A failover is no crowd."""
    switched = orders(20, 24) + orders(24, 30, writer=B2, on=("db-b", "db-c"))

    assert told("one_writer_at_a_time", taken=CRASH + switched + STALE).outcome == "passed"


def test_an_old_primary_that_takes_an_order() -> None:
    """db-a is back, and is the primary again for one customer."""
    result = told("one_writer_at_a_time", taken=[*CRASH, Order(8.01, on=("db-a",)), *BLIND, *STALE])

    assert result.outcome == "failed"
    assert f"'crash': {A1} and {B2} confirmed orders in turn" in result.message


def test_an_old_primary_that_is_back_before_its_plug_is_out() -> None:
    """Nobody has succeeded it, so what it takes is right if its successor has it; the next one is not."""
    back = orders(40, 42) + orders(49, 51, on=("db-a", "db-b")) + orders(52, 55, writer=B2, on=("db-b",))
    kept = {"stale": {"timelines": {"db-b": 2}}}
    for check in ("one_writer_at_a_time", "refuses_to_lose_data"):
        assert (
            told(check, taken=CRASH + BLIND + [o._replace(on=("db-a", "db-b")) for o in back], given=kept).outcome
            == "passed"
        )

    result = told("refuses_to_lose_data", taken=CRASH + BLIND + [*back, Order(51.5, on=("db-a",))], given=kept)
    assert (result.outcome, "lacks 1 of" in result.message) == ("failed", True)


@pytest.mark.parametrize(
    ("taken", "timelines", "outcome"),
    [
        (orders(40, 48) + orders(49, 55, writer=B2, on=("db-b",)), {"db-b": 2}, "passed"),
        (orders(40, 42) + orders(42, 48, on=("db-a",)) + orders(49, 55, writer=B2), {"db-b": 2}, "failed"),
        (orders(40, 42) + orders(42, 48, on=("db-a",)), {"db-b": 2}, "failed"),
        (orders(40, 48) + orders(49, 55), {"db-a": 1}, "passed"),
        (orders(40, 48) + orders(48, 48.5, on=()) + orders(49, 55), {"db-a": 1}, "failed"),
    ],
)
def test_a_promotion_of_stale_data(taken: list[Order], timelines: dict[str, int], outcome: str) -> None:
    """A primary that lacks nothing is right; one that lacks what was confirmed before is not."""
    result = told("refuses_to_lose_data", taken=CRASH + BLIND + taken, given={"stale": {"timelines": timelines}})

    assert result.outcome == outcome


def test_nobody_is_promoted_and_nobody_paged() -> None:
    """A page from the normal day does not count."""
    result = told("refuses_to_lose_data", given={"stale": {"pages": ["hello"]}})

    assert (result.outcome, "nobody was paged" in result.message) == ("failed", True)


@pytest.mark.parametrize(
    ("night", "message"),
    [
        ({"stale": {"status": [[40.5, "true"], [44.0, "false"], [47.0, "true"]]}}, "both standbys were cut off, and"),
        ({"blind": {"status": [[20.5, "false"]]}}, "before 'blind' /status said false"),
        ({"crash": {"status": [[0.5, "null"]]}}, "before 'crash' /status said null"),
        ({"stale": {"status": [[40.5, "true"], [43.0, "true"]]}}, "both standbys were cut off, and /status said true"),
        ({"crash": {"followed": [["db-b", False, "true"]]}}, "no standby received from db-b"),
    ],
)
def test_a_status_that_is_wrong(night: dict[str, Facts], message: str) -> None:
    """Not ready on a normal day, ready without standbys, ready after the crash when nobody follows."""
    result = told("tells_beforehand", night)

    assert result.outcome == "failed"
    assert message in result.message


def test_a_status_that_agrees_in_the_end() -> None:
    """After the crash the last look counts: a standby may need a moment to find the new primary."""
    followed = [["db-b", False, "true"], ["db-b", True, "true"]]

    assert told("tells_beforehand", given={"crash": {"followed": followed}}).outcome == "passed"


def test_standbys_that_went_on_receiving() -> None:
    """The fault did not take: nothing can be said."""
    result = told(
        "refuses_to_lose_data", taken=CRASH + BLIND + orders(40, 55), given={"stale": {"received": [900, 800]}}
    )

    assert (result.outcome, "did not take" in result.message) == ("unknown", True)


def test_a_controller_that_ends() -> None:
    """A controller that ends by itself breaks the promise that all labs share; a machine without power is no death."""
    seen = recording()
    seen.content["deaths"] = [Death("failover", 5.0, "ended with exit code 1")._asdict()]

    assert says("db-failover", "nothing_dies", seen).outcome == "failed"
