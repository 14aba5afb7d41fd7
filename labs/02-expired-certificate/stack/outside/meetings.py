"""What does billing say after it has asked the shop or the bank, or somebody in their place?"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

BILLING, PATIENCE_SECONDS, MOST_BYTES, MOST_SAID = "http://billing:8000", 5.0, 65536, 300


def met(place: str, kind: str) -> dict[str, Any]:
    """When, where and what billing says: `answer` or `error`. Good ones get a second try."""
    said = {"at": time.time(), "place": place, "kind": kind} | _ask(place)
    return said if said["answer"] or kind != "good" else said | _ask(place)


def _ask(place: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{BILLING}/{place}", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            told = json.loads(answer.read(MOST_BYTES))
        return {key: told.get(key) and str(told[key])[:MOST_SAID] for key in ("answer", "error")}
    except (OSError, ValueError, AttributeError) as problem:
        return {"answer": None, "error": str(problem)[:MOST_SAID]}
