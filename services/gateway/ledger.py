"""What has been charged, captured and given back: for each key once, however often somebody asks?"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

AUTHORISED, CAPTURED, DECLINED, REFUNDED, VOIDED = "authorised", "captured", "declined", "refunded", "voided"
MOST_CHARGES = 20_000


class RefusedError(Exception):
    """What was asked cannot be done; the HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


@dataclass
class Charge:
    """One charge of one card."""

    charge: str
    key: str | None
    """By which it is known to who asked; None if they gave none."""
    card: str
    cents: int
    state: str = "asked"
    asked: int = 1
    """How often it was asked for."""
    done: threading.Event = field(default_factory=threading.Event, repr=False)

    def row(self) -> dict[str, Any]:
        """All that JSON can carry."""
        return {name: value for name, value in vars(self).items() if name != "done"}


class Ledger:
    """All charges, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charges: dict[str, Charge] = {}
        self._keys: dict[str, Charge] = {}

    def enter(self, key: str | None, card: str, cents: int) -> tuple[Charge, bool]:
        """The charge of this key, and whether it is a new one. RefusedError where the key was used for another one."""
        with self._lock:
            known = self._keys.get(key) if key else None
            if known:
                if (known.card, known.cents) != (card, cents):
                    raise RefusedError(422, "this key was used for another charge")
                known.asked += 1
                return known, False
            if len(self._charges) >= MOST_CHARGES:
                raise RefusedError(429, "too many charges")
            new = Charge(f"ch_{uuid.uuid4().hex[:16]}", key, card, cents)
            self._charges[new.charge] = new
            if key:
                self._keys[key] = new
            return new, True

    def settle(self, charge: Charge, state: str) -> None:
        """What has become of it; those who asked for it meanwhile learn it too."""
        with self._lock:
            charge.state = state
        charge.done.set()

    def find(self, charge: str | None = None, key: str | None = None) -> Charge:
        """By its name or its key; RefusedError if there is none."""
        with self._lock:
            found = self._charges.get(charge or "") or self._keys.get(key or "")
        if found is None:
            raise RefusedError(404, "there is no such charge")
        return found

    def change(self, charge: str, steps: dict[str, str]) -> Charge:
        """Take it from one state to the next; a step that has been taken already is no error."""
        found = self.find(charge)
        with self._lock:
            if found.state in steps:
                found.state = steps[found.state]
            elif found.state not in steps.values():
                raise RefusedError(409, f"the charge is {found.state}")
        return found

    def rows(self) -> list[dict[str, Any]]:
        """All of it."""
        with self._lock:
            return [charge.row() for charge in self._charges.values()]
