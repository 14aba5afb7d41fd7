"""What does a right fix promise?"""

from __future__ import annotations

from harness import Recording

from .judge import wrong_prices

FEWEST = 40


def test_customers_are_served(seen: Recording) -> str:
    """At least 99 % of the customers see a price, also while the price service is away.

    A shop that closes because it does not know the newest price sells nothing at all.
    """
    away = seen.phase("prices away")
    seen.require(away.requests >= FEWEST, f"the customers asked {away.requests} times, wanted at least {FEWEST}")
    said = f"{away.errors} of {away.requests} customers got no price while the price service was away"
    assert away.error_ratio <= 0.01, f"{said}, wanted at most 1 %"
    return said


def test_prices_are_right(seen: Recording) -> str:
    """No customer sees a price that never was.

    A wrong price is worse than none: somebody has to pay the difference.
    """
    wrong = wrong_prices(seen)
    assert not wrong, f"{len(wrong)} of {len(seen.shown)} prices were never in force, one of them {wrong[0]} cents"
    return f"all of {len(seen.shown)} prices were right"
