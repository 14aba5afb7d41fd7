"""What does a right fix of the inventory promise?"""

from __future__ import annotations

from harness import Recording

from . import judge
from .judge import SOLD

ERRORS = 0.01
"""This share of the requests may fail, and one of fewer; where the gateway's answers are lost, none is counted."""


def test_never_oversold(seen: Recording) -> str:
    """Of no product more pieces are sold than there were, and no stock is ever below zero.

    Each piece too many is a customer who has paid, and has to be told that there is nothing for them.
    """
    enough(seen)
    found = judge.stocks(seen)
    over = sorted((one for one in found if one.sold > one.first), key=lambda one: one.first - one.sold)
    assert not over, (
        f"{len(over)} of {len(found)} products were sold more often than there were pieces (the worst: product "
        f"{over[0].product}, {over[0].sold} of {over[0].first} pieces), wanted none"
    )
    below = [one for one in found if min(one.before or 0, one.last or 0) < 0]
    assert not below, f"product {below[0].product} has a stock of {min(below[0].before or 0, below[0].last or 0)}"
    return f"{sum(one.sold for one in found)} pieces of {len(found)} products were sold, of none too many"


def test_never_undersold(seen: Recording) -> str:
    """What is in stock can be bought: whoever can pay gets a piece as long as there are some.

    A shop that is careful by telling everybody that it is sold out sells nothing.
    """
    enough(seen)
    first, sold = judge.wanted(seen)
    assert sold >= first, (
        f"of the product that everybody wanted {sold} of {first} pieces were sold while more buyers asked for it than "
        f"there were pieces, wanted all of them to be"
    )
    refused = len(judge.wrongly_refused(seen))
    assert not refused, f'{refused} buyers of products with hundreds of pieces were told "sold out", wanted none'
    bad = [one for one in judge.purchases(seen) if one.request in seen.rest and not one.sold]
    assert not bad, (
        f"{len(bad)} of {len(seen.rest)} buyers who wanted just what the shop said it had left did not get it (the "
        f"first: {bad[0].lines[0][1]} of product {bad[0].lines[0][0]}, {judge.told(bad[0].statuses)}), wanted none"
    )
    return f"all {first} pieces that everybody wanted were sold, and {len(seen.rest)} last pieces"


def test_stock_matches_ledger(seen: Recording) -> str:
    """For each product: what there was, less what was sold, is what the shop says it has.

    A stock that drifts is found at the end of the year, and then nobody knows why.
    """
    enough(seen)
    found = judge.stocks(seen)
    wrong = [one for one in found if not one.agrees]
    assert not wrong, (
        f"the stock of {len(wrong)} of {len(found)} products is wrong (the first: product {wrong[0].product} had "
        f"{wrong[0].first}, {wrong[0].sold} were sold, and the shop says {wrong[0].last}), wanted none"
    )
    return f"the stock of {len(found)} products is what it had, less what was sold"


def test_charges_match_orders(seen: Recording) -> str:
    """Each order that was sold is charged once, and what was not sold is not charged, or the money is given back.

    Also where the gateway's answer got lost: it has charged the card, and nobody has told you.
    """
    enough(seen)
    wrong = judge.wrongly_charged(seen)
    assert not wrong, f"the charges of {len(wrong)} cards are wrong (the first: {wrong[0]}), wanted none"
    return f"{sum(map(len, judge.charges(seen).values()))} charges, one for each order that was sold"


def test_other_products_flow(seen: Recording) -> str:
    """While sixty buyers of one product wait for the gateway, somebody else buys another one.

    What is safe because only one can buy at a time closes the shop whenever one of them is slow.
    """
    seen.require(seen.at_the_gate >= 1 or seen.beside != [SOLD], "nobody came to the gateway while it let them wait")
    assert seen.beside == [SOLD], (
        f"while {seen.at_the_gate} buyers of one product waited for the gateway, the buyer of another one got "
        f"{judge.told(seen.beside)} after {seen.took:.1f} s, wanted it to be sold at once"
    )
    return f"another product was sold in {seen.took:.1f} s while {seen.at_the_gate} buyers waited for the gateway"


def test_repeats_sell_once(seen: Recording) -> str:
    """A purchase that is asked for again, by the same request, is the same purchase: one order, one charge.

    Browsers, proxies and people ask again when no answer comes.
    """
    enough(seen)
    repeated = [one for one in judge.purchases(seen) if one.request in (*seen.repeated, *seen.lost)]
    for one in repeated:
        told = " and ".join(sorted({judge.told([status]) for status in one.statuses if status in judge.FINAL}))
        assert told == "sold", f"{judge.asked(one)} was told {told or judge.told(one.statuses)}, wanted it to be sold"
        assert len(one.numbers) == 1, f"{judge.asked(one)} became {len(one.numbers)} orders, wanted one"
    assert not (both := judge.two_answers(seen)), (
        f"{len(both)} purchases that were asked for twice were told sold, and declined as well, wanted one answer each"
    )
    twice = [one for one in repeated if len(judge.charges(seen).get(one.card, [])) > 1]
    assert not twice, f"{len(twice)} purchases that were asked for again were charged again, wanted none"
    return f"{len(repeated)} purchases that were asked for several times were sold and charged once"


def test_carts_are_all_or_nothing(seen: Recording) -> str:
    """Of a cart with two products both are sold, or none: where one is nearly gone, where the card is declined.

    And carts that hold the same two products in another order do not get in each other's way.
    """
    enough(seen)
    for one in (stock for stock in judge.stocks(seen) if stock.product in seen.carts):
        assert one.agrees, f"carts took {one.first - (one.last or 0)} pieces of a product, and {one.sold} were sold"
    carts = [one for one in judge.purchases(seen) if {product for product, _ in one.lines} <= set(seen.carts)]
    failed = sum(one.failed for one in carts)
    assert failed <= 1, (
        f"{failed} of {judge.tries(carts)} requests to buy a cart failed ({judge.first_error(carts)}), wanted none"
    )
    return f"{len(carts)} carts were sold as a whole or not at all"


def test_customers_are_served(seen: Recording) -> str:
    """Each buyer learns what has become of their order (sold, sold out, declined), and 99 % of the requests say so.

    An error leaves the buyer with a question: is it mine, and have I paid?
    """
    enough(seen)
    assert not seen.refused, f"{len(seen.refused)} products could not be taken into the shop ({seen.refused[0]})"
    found = judge.purchases(seen)
    unclear = [one for one in found if not one.clear]
    assert not unclear, (
        f"{len(unclear)} of {len(found)} buyers did not learn what has become of their order "
        f"({judge.told(unclear[0].statuses)}), wanted all of them to"
    )
    rest = [one for one in found if one.request not in seen.lost]
    failed, total = sum(one.failed for one in rest), judge.tries(rest)
    assert failed <= max(1, ERRORS * total), (
        f"{failed} of {total} requests failed ({judge.first_error(rest)}), wanted at most 1 %"
    )
    return f"{len(found)} buyers learned what has become of their order; {failed} of {total} requests failed"


def enough(seen: Recording) -> None:
    """Customers bought from the whole range."""
    free = [one for one in judge.purchases(seen) if one.request.startswith("free")]
    seen.require(len(free) >= 20, f"customers bought {len(free)} times, wanted at least 20")
