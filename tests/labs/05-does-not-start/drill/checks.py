"""The one promise of a toy."""

from harness import Recording


def test_orders_are_taken(seen: Recording) -> str:
    """Every order is taken.

    A shop that takes no orders is no shop.
    """
    seen.require(seen.phase("later").requests, "nobody ordered anything")
    errors = seen.phase("later").errors
    said = f"{errors} orders failed and the last was answered {seen.answer}, wanted 200"
    assert (errors, seen.answer) == (0, 200), said
    return f"{seen.phase('later').requests} orders were taken"
