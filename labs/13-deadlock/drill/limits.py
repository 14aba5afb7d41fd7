"""Which numbers do the drill and the promises share?"""

from __future__ import annotations

CUSTOMERS = 10
PATIENCE_SECONDS = 4.0  # of those who pay
SETTLE_SECONDS = 4.0  # what was accepted is paid by then
HANGS_SECONDS = 2.0  # so long nobody waits for a lock
AT_ONCE_SECONDS = 2.5  # of carts that have nothing to do with those that wait
ATTEMPTS = 5  # at the gateway, for one payment
STOCK = 100_000  # pieces of each product: none is ever sold out
