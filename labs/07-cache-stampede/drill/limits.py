"""Which numbers do the drill and the promises share?"""

from __future__ import annotations

CUSTOMERS = 150
CATALOGS = 2  # processes: so often may a product be read where one read would do
CONNECTIONS = 10  # reads at a time that the database is sized for: five for each process
READ_MS, CROWD_MS = 150, 40  # what a read takes, and what each read beyond four that is under way adds: 390 ms with ten

BURST_SECONDS = 1.5  # reads of one product that begin within this time belong to one burst
HANG_SECONDS = 1.8  # so long the hottest product's reads hang before they go on; stack/db/schema.sql has it too
AFTER_SECONDS = 0.9  # for so long the reads of the hottest product are counted once it can be read again
PRICE_SECONDS, SLACK_SECONDS = 4.0, 1.0  # the shop's rule for old prices, and what the answers' way may take besides
