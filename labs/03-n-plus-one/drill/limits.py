"""Which numbers do the drill and the promises share?"""

from __future__ import annotations

CUSTOMERS = 20
SMALL, MIDDLE, LARGE = 5, 20, 80  # posts on a page
USUAL = 20  # where a customer does not say how many
MORE_QUERIES = 5  # that a page of 80 posts may cost beyond one of 5: one for each kind of thing on it
ROWS_AT_MOST, ROWS_BESIDES = 2, 20  # of what the page is made of, and besides
