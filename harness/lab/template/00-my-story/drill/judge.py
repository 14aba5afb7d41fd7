"""Which prices did customers see, and which were right at that moment?"""

from __future__ import annotations

from harness import Picture, Recording

SLACK_SECONDS = 1.0
FIRST_PRICE = 100
"""What the price service says when it has just been started."""


def wrong_prices(seen: Recording) -> list[int]:
    """What was shown a second after the change or later, and was not the price."""
    late = [cents for at, cents in seen.shown if at > seen.changed + SLACK_SECONDS]
    return [cents for cents in late if cents not in {seen.price, FIRST_PRICE}]


def pictures(seen: Recording) -> list[Picture]:
    """The prices that were shown, over time."""
    lines = {"cents": [[at, cents] for at, cents in seen.shown]}
    return [Picture("The price that customers saw", "series", {"lines": lines, "y_title": "cents"})]
