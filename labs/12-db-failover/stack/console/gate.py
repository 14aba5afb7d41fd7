"""How long does somebody walk to a machine's plug, and which machines has somebody been asked to do something to?"""

from __future__ import annotations

import socket
import threading
from collections import defaultdict

HELD_SECONDS = 10.0
MOST_ORDERS = 500


class Gate:
    """Open, but for a part of the drill; each order is noted when it is given."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._opened.set()
        self.asked: defaultdict[str, list[str]] = defaultdict(list)
        self.lines: list[socket.socket] = []
        """Of those who asked for a plug since the gate was shut."""

    def note(self, name: str, verb: str) -> None:
        """Somebody wants this to be done to this machine."""
        if len(self.asked[name]) < MOST_ORDERS:
            self.asked[name].append(verb)

    def shut(self) -> None:
        """From now on nobody arrives at a plug."""
        self.lines.clear()
        self._opened.clear()

    def open(self) -> None:
        """Everybody who was on the way is there."""
        self._opened.set()

    def walk(self) -> None:
        """Back when somebody is at the plug: when the gate is open, or when the time is over."""
        self._opened.wait(HELD_SECONDS)

    def waiting(self) -> int:
        """How many have not hung up."""
        return sum(not hung_up(line) for line in list(self.lines))


def hung_up(line: socket.socket) -> bool:
    """Whether whoever asked does not wait for an answer any more."""
    try:
        return not line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
