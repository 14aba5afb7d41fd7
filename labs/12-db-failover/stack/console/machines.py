"""The database machines at their power lines: a connection to port 9000 that each holds for as long as it runs."""

from __future__ import annotations

import logging
import queue
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from gate import Gate

DONE_SECONDS = 10.0
LONGEST_LINE = 500
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
        reading.readline(LONGEST_LINE)
        while reply := reading.readline(LONGEST_LINE):
            self._replies.put(reply.decode(errors="replace").strip())
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
            GATE.note(self.name, power)
            GATE.walk()
        self.power = power
        reply = self.order(power)
        if reply == "silent":
            return 504, {self.name: reply}
        return self._failed(reply) or (200, {self.name: power})

    def rebuild(self, source: str) -> Answer:
        """Its data are thrown away, and it becomes a standby of another machine."""
        GATE.note(self.name, "rebuild")
        self.power = "on"
        reply = self.order("rebuild", source)
        return self._failed(reply) or (200 if reply == "rebuild" else 502, {self.name: reply})

    def _failed(self, reply: str) -> Answer | None:
        """A machine without data has no server to run: it stays switched off, and the answer says why."""
        verb, _, reason = reply.partition(" ")
        if verb != "failed":
            return None
        self.power = "off"
        return 502, {self.name: "failed", "reason": reason}

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
        """Its first line says which; nobody else's address may say so."""
        name = self.rfile.readline(LONGEST_LINE).decode(errors="replace").strip()
        if name in MACHINES and self.client_address[0] in addresses_of(name):
            MACHINES[name].serve(self.rfile, self.wfile)  # type: ignore[arg-type]
        else:
            log.warning("%s is not %s", self.client_address[0], name[:20])


def addresses_of(name: str) -> list[str]:
    """The machine's addresses on its networks."""
    try:
        return socket.gethostbyname_ex(name)[2]
    except OSError:
        return []
