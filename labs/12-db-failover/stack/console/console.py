"""The data centre's console: it switches the database machines off and on, makes standbys anew, and pages people."""

from __future__ import annotations

import json
import signal
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from machines import GATE, MACHINES, PowerLine, make_all_fresh
from servicekit.logs import log_as_json

PAGES: list[str] = []
MADE_FRESH: list[bool] = []


class Desk(BaseHTTPRequestHandler):
    """Where orders are given: `POST /machines/db-a/off`, `/on`, `/rebuild/db-b`, `POST /pages`."""

    def do_GET(self) -> None:
        """How the machines are switched, and what was paged."""
        known = {
            "/health": {"status": "ok"},
            "/machines": {name: machine.power for name, machine in MACHINES.items()},
            "/pages": {"pages": PAGES},
            "/fresh": {"made_fresh": len(MADE_FRESH)},
        }
        self._say(200 if self.path in known else 404, known.get(self.path, {"error": "Not Found"}))

    def do_POST(self) -> None:
        """Answered when it has been done."""
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        match self.path.strip("/").split("/"):
            case ["pages"]:
                PAGES.append(text)
                self._say(201, {"page": len(PAGES)})
            case ["machines", name, ("on" | "off") as power] if name in MACHINES:
                self._say(*MACHINES[name].switch(power))
            case ["machines", name, "rebuild", source] if {name, source} <= set(MACHINES):
                self._say(*MACHINES[name].rebuild(source))
            case _:
                self._say(404, {"error": "Not Found"})

    def log_message(self, *_: Any) -> None:
        """Orders are told when they have been carried out."""

    def _say(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode() + b"\n")


def begin_anew() -> None:
    """What the drill has done between two nights."""
    make_all_fresh()
    MADE_FRESH.append(True)


if __name__ == "__main__":
    log_as_json("console")
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=begin_anew).start())
    signal.signal(signal.SIGUSR2, GATE.shut)
    signal.signal(signal.SIGHUP, GATE.open)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    lines = socketserver.ThreadingTCPServer(("", 9000), PowerLine)
    threading.Thread(target=lines.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 8000), Desk).serve_forever()
