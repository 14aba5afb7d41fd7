"""What does a right fix of the payments promise?"""

from __future__ import annotations

from harness import Recording

from . import judge
from .limits import ATTEMPTS, HANGS_SECONDS

ERRORS = 0.01
"""This share of the requests may fail, and one of fewer."""


def test_nothing_hangs(seen: Recording) -> str:
    """Nobody waits for a lock for longer than two seconds.

    A session that holds locks while it waits for another one stops all that come after it, until no connection is free.
    """
    enough(seen)
    worst = seen.worst
    assert worst["seconds"] <= HANGS_SECONDS, (
        f"{worst['at']:.1f} s into the drill, {worst['sessions']} sessions waited for locks, the first for "
        f"{worst['seconds']:.1f} s, wanted at most {HANGS_SECONDS:g} s"
    )
    return f"nobody waited for a lock for more than {worst['seconds']:.1f} s"


def test_all_payments_finish(seen: Recording) -> str:
    """Each payment and each refund is done, and 99 of 100 requests are answered without an error.

    Where the gateway's answer got lost, a request may fail, and the next one goes on where it was.
    A customer who is told that the database had a problem does not know whether to pay again.
    """
    enough(seen)
    orders = judge.told(seen)
    left = [one for one in orders if one.number in judge.unclear(seen)]
    assert not left, (
        f"{len(left)} of {len(orders)} orders came to no end (the first: {judge.failures(left)[2]}), wanted none"
    )
    declined = judge.some(seen, seen.declined)
    assert not any(one.paid for one in declined), "an order whose card was declined is said to be paid"
    failed, total, first = judge.failures(one for one in orders if one.number not in seen.lost)
    assert failed <= max(1, ERRORS * total), (
        f"{failed} of {total} requests failed (the first: {first}), wanted at most 1 %"
    )
    for phase in seen.phase_names:
        figures = seen.phase(phase)
        kinds = ", ".join(f"{many}× {kind}" for kind, many in list(figures.by_error.items())[:3])
        assert figures.errors <= max(1, ERRORS * figures.requests), (
            f"{phase}: {figures.errors} of {figures.requests} requests of others failed ({kinds}), wanted at most 1 %"
        )
    return f"{len(orders)} orders came to their end; where the gateway answered, {failed} of {total} requests failed"


def test_money_is_conserved(seen: Recording) -> str:
    """What the shop says, what the gateway has charged, and what is on the shelf are the same.

    Half a payment is worse than none: money without goods, or goods without money.
    """
    enough(seen)
    wrong = judge.wrong_money(seen)
    assert not wrong, f"the money of {len(wrong)} cards is wrong (the first: {wrong[0]}), wanted none"
    states = judge.wrong_states(seen)
    assert not states, (
        f"{len(states)} orders are said to be something else than their customers were told (the first: "
        f"{judge.story(states[0])}), wanted none"
    )
    for product, wanted, stock in judge.wrong_stocks(seen)[:1]:
        raise AssertionError(
            f"product {product} has a stock of {stock} pieces (it is in orders {judge.buyers(seen, product)}), wanted "
            f"{wanted}, by what was paid"
        )
    return f"shop, gateway and shelf agree on {len(judge.every(seen))} orders"


def test_captured_once(seen: Recording) -> str:
    """No order is charged twice.

    A payment that is tried again is the same payment.
    """
    enough(seen)
    twice = judge.twice(seen)
    assert not twice, f"{len(twice)} cards were charged more often than they have orders, wanted none"
    return f"{len(judge.charged(seen))} cards were charged, none of them twice"


def test_disjoint_carts_overlap(seen: Recording) -> str:
    """While some carts wait for the gateway, others with other products are paid.

    A lock around everything cannot deadlock. It also makes the whole shop as slow as its slowest customer.
    """
    answers = [status for _, status, _ in seen.meanwhile]
    good = all(status in judge.DONE for status in answers)
    seen.require(seen.at_the_gate or not good, "no cart came to the gateway while it let them wait")
    assert good, (
        f"while {seen.at_the_gate} carts waited for the gateway, two others with other products got "
        f"{' and '.join(judge.said(status) for status in answers)}, wanted both to be paid"
    )
    return f"two carts were paid while {seen.at_the_gate} others waited for the gateway"


def test_attempts_are_bounded(seen: Recording) -> str:
    """The gateway is asked to charge a card at most five times for one payment.

    To try again for ever turns one slow minute into a storm.
    """
    enough(seen)
    many = judge.too_many_attempts(seen)
    assert not many, (
        f"the gateway was asked {many[0][1]:g} times to charge a card for one order, wanted at most {ATTEMPTS}"
    )
    return f"the gateway was asked at most {max(judge.attempts(seen).values(), default=0):g}× for one order"


def enough(seen: Recording) -> None:
    """Customers paid, and carts crossed."""
    seen.require(len(seen.free) >= 10, f"customers paid {len(seen.free)} times, wanted at least 10")
    seen.require(len(seen.crossed) >= 20, f"{len(seen.crossed)} carts crossed, wanted at least 20")
