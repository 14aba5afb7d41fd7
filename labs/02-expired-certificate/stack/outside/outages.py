"""When is the certificate authority away, and what does that look like to those who order?"""

from __future__ import annotations

import select
import socket
import time

MOST_NOTED = 5000
LEFT_WAITING_SECONDS = 60.0


class Outages:
    """From when to when, and the orders that were granted and refused. Times are seconds since 1970."""

    def __init__(self) -> None:
        self.moments: list[list[float | None]] = []
        self.orders: dict[str, list[float]] = {"granted": [], "refused": []}
        self.fall_on_order = False
        self._asked, self._silent = 0, False

    @property
    def up(self) -> bool:
        """Whether the authority answers."""
        back = self.moments[-1][1] if self.moments else 0.0
        return back is not None and time.time() >= back

    def begin(self) -> None:
        """It is away from now on."""
        self.fall_on_order = False
        if self.up:
            self.moments.append([time.time(), None])
            self._silent = True

    def end(self, at: float | None) -> None:
        """It is back then, or now."""
        self.fall_on_order = False
        if self.moments:
            self.moments[-1][1] = time.time() if at is None else at

    def grants(self) -> bool:
        """Note an order; whether it is granted."""
        self._asked += 1
        if self.fall_on_order:
            self.begin()
        noted = self.orders["granted" if (up := self.up) else "refused"]
        if len(noted) < MOST_NOTED:
            noted.append(time.time())
        return up

    def show(self, connection: socket.socket, *, early: bool) -> None:
        """The first order, if it came early, gets no answer while it waits; of the others each second is cut off."""
        silent, self._silent = self._silent and early, False
        if silent:
            select.select([connection], [], [], LEFT_WAITING_SECONDS)  # until the customer gives up
        if silent or self._asked % 2 == 0:
            connection.shutdown(socket.SHUT_RDWR)
