"""Is it the drill that asks? It shows the run's key (OUTAGE_KEY), which no service with student code has."""

from __future__ import annotations

import hmac
import os

KEY_HEADER = "X-Outage-Key"


def is_the_drill(shown: str | None) -> bool:
    """Whether this is the run's key; nothing is, where the service has none."""
    key = os.environ.get("OUTAGE_KEY", "")
    return bool(key) and hmac.compare_digest((shown or "").encode(), key.encode())
