"""How does a service run that is no web application: a consumer, a controller, a monitor?

`python -m servicekit.worker NAME` imports NAME and calls its `main()`. Port 8000 answers `/health`, and what the module
offers as `pages`: a dictionary of paths to functions without arguments, whose result is answered as JSON. If it is one
of the lab's own, `orders` are what the drill can have it do (see `control`).
Its log is in the name of OUTAGE_SERVICE, else of NAME. An exception ends it with its traceback. Where edits are
served at once (OUTAGE_RELOAD=1) the module is started again after each edit, also after one that did not work.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any

from servicekit.ending import tell_ends, tell_return
from servicekit.key import KEY_HEADER, is_the_drill
from servicekit.logs import log_as_json
from servicekit.reload import changed, stamps

PORT = 8000
APP = Path("/app")
LAST_SECONDS = 1.0
SETTLED_SECONDS = 0.3
"""A worker that fails in its first moments (settings, a name that is not there) has never been healthy."""

LOAD_SECONDS = 10.0

Page = Callable[[], Any]
log = logging.getLogger("servicekit")
leaving = threading.Event()
"""Set when somebody has told the service to end."""


class Answers(BaseHTTPRequestHandler):
    """Answers GET for the worker's pages. X-Worker tells one process from the next."""

    pages: dict[str, Page] = {"/health": lambda: {"status": "ok"}}  # noqa: RUF012 - one worker, one table

    orders: dict[str, Callable[..., Any]] = {}  # noqa: RUF012 - likewise

    def do_POST(self) -> None:
        """What the drill wants to have done, if it is the drill, and what the function returns."""
        order = self.orders.get(self.path.removeprefix("/drill/"))
        if order is None or not is_the_drill(self.headers.get(KEY_HEADER)):
            return self._answer(404, {"error": "Not Found"})
        how = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return self._answer(200, order(**how))

    def do_GET(self) -> None:
        """The page's JSON; 404 where there is none, 500 (and a traceback in the log) where its function fails."""
        path = self.path.partition("?")[0]
        page = self.pages.get(path)
        if page is None:
            return self._answer(404, {"error": "Not Found", "detail": f"pages: {', '.join(sorted(self.pages))}"})
        try:
            return self._answer(200, page())
        except Exception as error:
            log.exception("GET %s failed", path)
            return self._answer(500, {"error": "Internal Server Error", "detail": type(error).__name__})

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Worker", str(os.getpid()))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """No line for each request."""


def work(name: str) -> None:
    """Import the module, open its pages, and call its `main()`; whatever it raises is shown and ends the process."""
    log_as_json(os.environ.get("OUTAGE_SERVICE", name))
    tell_ends()
    signal.signal(signal.SIGTERM, _leave)
    with _told("does not load"), _told_if_it_hangs():
        module = importlib.import_module(name)
    Answers.pages, Answers.orders = Answers.pages | getattr(module, "pages", {}), getattr(module, "orders", {})
    pages = threading.Timer(SETTLED_SECONDS, _serve_pages)
    pages.daemon = True
    pages.start()
    with _told("has died"):
        module.main()
    tell_return(module.main)


def _serve_pages() -> None:
    ThreadingHTTPServer(("0.0.0.0", PORT), Answers).serve_forever()  # noqa: S104 - inside a container


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except BaseException as problem:  # whatever the student's code raises, sys.exit() too
        if leaving.is_set():
            raise
        sys.stderr.write(f"The service {what}.\n{traceback.format_exc()}")
        sys.stderr.flush()
        os._exit(_code(problem))  # threads of the student's must not keep a dead worker alive


def _code(problem: BaseException) -> int:
    """The exit code that it asks for."""
    asked = problem.code if isinstance(problem, SystemExit) else 1
    return 0 if asked is None else asked if isinstance(asked, int) else 1


@contextlib.contextmanager
def _told_if_it_hangs() -> Iterator[None]:
    """Where the student's code stands that has not been loaded for a while; it goes on."""
    clock = threading.Timer(LOAD_SECONDS, _tell_where, [threading.get_ident()])
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _tell_where(thread: int) -> None:
    lines = [line for line in traceback.format_stack(sys._current_frames()[thread]) if '"/app/' in line]  # noqa: SLF001
    sys.stderr.write(f"The service hangs: it has been loading for {LOAD_SECONDS:g} s, and stands at\n{''.join(lines)}")
    sys.stderr.flush()


def serve_edits(name: str) -> None:
    """Work in a process of its own, and begin again after each edit."""
    signal.signal(signal.SIGTERM, _leave)
    command, environment = [sys.executable, "-m", "servicekit.worker", name], os.environ | {"OUTAGE_RELOAD": "0"}
    while True:
        before = stamps(APP)
        child = subprocess.Popen(command, env=environment)
        try:
            changed(APP, before)
        finally:
            _end(child)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    leaving.set()
    sys.exit(0)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(LAST_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def main() -> None:
    """The module's name is the only argument."""
    [name] = sys.argv[1:]
    if os.environ.get("OUTAGE_RELOAD") == "1":
        serve_edits(name)
    work(name)


if __name__ == "__main__":
    main()
