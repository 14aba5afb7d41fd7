"""How do facts of any type become what JSON carries?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def plain(thing: Any) -> Any:
    """The same as JSON carries it: named tuples as objects, times as text."""
    if isinstance(thing, tuple) and hasattr(thing, "_asdict"):
        return {key: plain(value) for key, value in thing._asdict().items()}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return plain(dataclasses.asdict(thing))
    if isinstance(thing, Mapping):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, set, frozenset)):
        return [plain(value) for value in thing]
    return thing if thing is None or isinstance(thing, (bool, int, float, str)) else str(thing)
