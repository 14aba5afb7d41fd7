"""Which numbers do the drill and the promises share?"""

from __future__ import annotations

CUSTOMERS = 150
CATALOGS = 2
"""Catalogue processes: so often may a product be read where one read would do."""
CONNECTIONS = 10
"""Reads at a time that the database is sized for: five for each process."""
READ_MS = 200

BURST_SECONDS = 1.5
"""Reads of one product that begin within this time belong to one burst."""
AFTER_SECONDS = 0.8
"""For so long the reads of the hottest product are counted once it can be read again."""
OTHERS_SECONDS = 2.0
"""How long other products may take while the read of the hottest hangs."""
RECOVERY_SECONDS = 3.0
"""When errors have to end, counted from the database's return."""
PRICE_SECONDS, SLACK_SECONDS = 4.0, 1.0
"""The shop's rule for new prices, and what the answers' way may take besides."""
