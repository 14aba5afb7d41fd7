"""Who is held, declined or badly treated by the gateway just now, because the drill wants it so?"""

from __future__ import annotations

import threading
import time

HELD_SECONDS = 20.0
OK, SLOW, FAILING, HANGING, LOSING = "ok", "slow", "failing", "hanging", "losing"


class Gate:
    """Open, and in good order, but for what the drill has said."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._held: set[str] | None = set()
        """Cards that wait at the gate; None: all of them."""
        self._waiting: list[str] = []
        self._declined: set[str] = set()
        self._mode, self._seconds, self._left = OK, 0.0, dict[str | None, int]()
        """`_left`: how many more of each card, or of all of them (None), are treated so."""

    def hold(self, cards: list[str] | None = None) -> None:
        """From now on charges of these cards wait, or all charges."""
        with self._change:
            self._held = None if cards is None else set(cards)

    def release(self, cards: list[str] | None = None) -> None:
        """Those who wait go on, or those with these cards; nobody with one of them is held any more."""
        with self._change:
            self._held = set() if cards is None or self._held is None else self._held - set(cards)
            self._change.notify_all()

    def waiting(self) -> list[str]:
        """The cards that wait now, in the order in which they came."""
        with self._change:
            return list(self._waiting)

    def decline(self, cards: list[str]) -> None:
        """From now on these cards are declined."""
        with self._change:
            self._declined |= set(cards)

    def behave(self, mode: str, seconds: float = 0.0, times: int = 10**9, cards: list[str] | None = None) -> None:
        """`slow`, `failing`, `hanging`, `losing` (the work is done, its answer is lost) or `ok`.

        For so many of the next charges and refunds, or of those of each of these cards; `seconds`: how slow, how long.
        """
        with self._change:
            self._mode, self._seconds, self._left = mode, seconds, dict.fromkeys(cards or (None,), times)

    def pass_through(self, card: str) -> None:
        """Back when nobody holds this card."""
        until = time.monotonic() + HELD_SECONDS
        with self._change:
            self._waiting.append(card)
            while (self._held is None or card in self._held) and (left := until - time.monotonic()) > 0:
                self._change.wait(left)
            self._waiting.remove(card)

    def declines(self, card: str) -> bool:
        """Whether this card is not charged."""
        with self._change:
            return card in self._declined

    def treatment(self, card: str) -> tuple[str, float]:
        """How this charge, or what is done with one, is treated, and for how many seconds."""
        with self._change:
            name = card if card in self._left else None
            if self._mode == OK or self._left.get(name, 0) <= 0:
                return OK, 0.0
            self._left[name] -= 1
            return self._mode, self._seconds
