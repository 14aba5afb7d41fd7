"""The database machines at their power lines: a connection to port 9000 that each holds for as long as it runs."""

from __future__ import annotations

import logging
import queue
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from gate import Gate

DONE_SECONDS = 10.0
GATE = Gate()
log = logging.getLogger("console")
Answer = tuple[int, dict[str, Any]]


class Machine:
    """One machine at its power line."""

    def __init__(self, name: str) -> None:
        self.name, self.power = name, "on"
        self._line: BinaryIO | None = None
        self._replies: queue.Queue[str] = queue.Queue()
        self._one_at_a_time = threading.Lock()

    def serve(self, reading: BinaryIO, writing: BinaryIO) -> None:
        """The machine runs, until its line ends."""
        self._line = writing
        writing.write(f"{self.power}\n".encode())
        reading.readline()
        for reply in reading:
            self._replies.put(reply.decode().strip())
        if self._line is writing:
            self._line = None
            self._replies.put("gone")

    def order(self, *words: str) -> str:
        """What the machine answers when it is done; `gone` if it does not run, `silent` if it says nothing."""
        with self._one_at_a_time:
            self._replies = queue.Queue()
            reply = self._ask(" ".join(words))
        log.info("%s: %s: %s", self.name, " ".join(words), reply)
        return reply

    def _ask(self, words: str) -> str:
        try:
            if self._line is None:
                return "gone"
            self._line.write(f"{words}\n".encode())
            return self._replies.get(timeout=DONE_SECONDS)
        except OSError:
            return "gone"
        except queue.Empty:
            return "silent"

    def switch(self, power: str) -> Answer:
        """Off: when this is answered, no server runs on the machine and none will until it is switched on."""
        if power == "off":
            GATE.hold(self.name, set(MACHINES) - {self.name})
        self.power = power
        reply = self.order(power)
        return (504 if reply == "silent" else 200), {self.name: reply if reply == "silent" else power}

    def rebuild(self, source: str) -> Answer:
        """Its data are thrown away, and it becomes a standby of another machine."""
        GATE.hold(self.name, set(MACHINES) - {self.name})
        self.power = "on"
        reply = self.order("rebuild", source)
        return (200 if reply == "rebuild" else 502), {self.name: reply}

    def make_fresh(self) -> None:
        """As on its first day."""
        self.power = "on"
        while self.order("fresh") != "fresh":
            time.sleep(0.1)


MACHINES = {name: Machine(name) for name in ("db-a", "db-b", "db-c")}


def make_all_fresh() -> None:
    """Every machine begins again as on its first day."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(Machine.make_fresh, MACHINES.values()))


class PowerLine(socketserver.StreamRequestHandler):
    """A machine has been plugged in."""

    def handle(self) -> None:
        """Its first line says which."""
        MACHINES[self.rfile.readline().decode().strip()].serve(self.rfile, self.wfile)  # type: ignore[arg-type]
