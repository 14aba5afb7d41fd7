"""Which numbers do the drill and the promises share?"""

from __future__ import annotations

CUSTOMERS = 16  # who buy from the whole range all the time
BUYERS = 60  # who want the same product at the same moment
MANY = 400  # pieces of a product that is never sold out
RANGE = 50  # products that are sold all the time, each with few pieces
PATIENCE_SECONDS = 8.0  # of those who buy; they wait for the gateway, too
AT_ONCE_SECONDS = 2.5  # of somebody who buys what nobody else wants
GATE_SECONDS = 3.0  # so long the gateway lets those wait who buy the product that everybody wants
