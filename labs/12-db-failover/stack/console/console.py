"""The data centre's console: it switches the database machines off and on, rebuilds standbys, and pages people."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from machines import GATE, MACHINES, PowerLine, make_all_fresh
from servicekit.key import KEY_HEADER, is_the_drill
from servicekit.logs import log_as_json

LONGEST_BYTES, MOST_PAGES = 300, 500
PAGES: list[str] = []


def begin_again() -> None:
    """All is as on the first day."""
    make_all_fresh()
    PAGES.clear()
    GATE.asked.clear()


DRILL = {
    "fresh": begin_again,
    "asked": lambda: GATE.asked,
    "waiting": GATE.waiting,
    "shut": GATE.shut,
    "open": GATE.open,
}


class Desk(BaseHTTPRequestHandler):
    """Where orders are given: `POST /machines/db-a/off`, `/on`, `/rebuild/db-b`, `POST /pages`."""

    def do_GET(self) -> None:
        """How the machines are switched, and what was paged."""
        known = {
            "/health": {"status": "ok"},
            "/machines": {name: machine.power for name, machine in MACHINES.items()},
            "/pages": {"pages": PAGES},
        }
        self._say(200 if self.path in known else 404, known.get(self.path, {"error": "Not Found"}))

    def do_POST(self) -> None:
        """Answered when it has been done. What only the drill may do wants its key."""
        length = self.headers.get("Content-Length") or ""
        text = self.rfile.read(min(int(length) if length.isdigit() else 0, LONGEST_BYTES)).decode(errors="replace")
        match self.path.strip("/").split("/"):
            case ["pages"]:
                PAGES.extend([text] if len(PAGES) < MOST_PAGES else [])
                self._say(201, {"page": len(PAGES)})
            case ["machines", name, ("on" | "off") as power] if name in MACHINES:
                GATE.lines.append(self.connection)
                self._say(*MACHINES[name].switch(power))
            case ["machines", name, "rebuild", source] if {name, source} <= set(MACHINES):
                self._say(*MACHINES[name].rebuild(source))
            case ["drill", order] if order in DRILL and is_the_drill(self.headers.get(KEY_HEADER)):
                self._say(200, DRILL[order]())
            case _:
                self._say(404, {"error": "Not Found"})

    def log_message(self, *_: Any) -> None:
        """Orders are logged when they have been carried out."""

    def _say(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode() + b"\n")


if __name__ == "__main__":
    log_as_json("console")
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    lines = socketserver.ThreadingTCPServer(("", 9000), PowerLine)
    threading.Thread(target=lines.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 8000), Desk).serve_forever()
