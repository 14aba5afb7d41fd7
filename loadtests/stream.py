"""How does a running Locust tell each request to the harness, and obey it?

One JSON array a line on standard output:
- `["ready"]` when imported;
- `["r", start, ms, name, error]` for each request (start: monotonic clock of the machine, seconds; error: null if the
  answer was right);
- `["n", at, ledger, facts]` for each note of a customer;
- `["told", at]` ten times a second: all that was asked before that moment has been told;
- `["lag", at, ms, busy]` each second: by how much the generator itself ran late, and which share of that second it
  spent on the CPU itself (0 to 1);
- `["end", begun]` at the end: so many requests were begun.
Standard input: first a line of JSON with `locustfile`, `host`, `users`, `spawn_rate`, then `{"users": 0}`: no request
begins any more, and it ends when what was asked is answered or timed out: a request that hangs at the end must not be
missing from the figures. The end of standard input ends the load at once, so that a killed harness leaves none behind.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - Locust needs its patches first
import logging  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from typing import IO, Any  # noqa: E402

import gevent  # noqa: E402
from gevent.fileobject import FileObject  # noqa: E402
from locust import events  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.util.load_locustfile import load_locustfile  # noqa: E402

from loadtests import customer  # noqa: E402

FLUSH_SECONDS = 0.1
LAG_STEP_SECONDS = 0.05
SPARE_SECONDS, MOST_STOP_SECONDS = 1.0, 12.0
MOST_RECORDS, MOST_RECORD = 100, 2000
STEPS = "customer"
"""The name under which a customer is counted whose own steps failed, between two requests."""


class Teller:
    """Writes lines to the harness, some at a time."""

    def __init__(self, pipe: IO[str]) -> None:
        """`pipe`: nobody else writes to it, whatever a locustfile prints."""
        self._pipe = pipe
        self._lines: list[str] = []
        self._begun = 0

    def tell(self, *what: Any) -> None:
        """A line, to be written soon."""
        self._lines.append(json.dumps(what, separators=(",", ":"), default=str))

    def flush(self) -> None:
        """Write what is to be written."""
        self._pipe.write("\n".join(self._lines) + "\n")
        self._pipe.flush()
        self._lines.clear()

    def flush_for_ever(self) -> None:
        """Ten times a second."""
        while True:
            gevent.sleep(FLUSH_SECONDS)
            self.tell("told", round(customer.under_way.complete_until(), 4))
            self.flush()

    def on_request(
        self, *, name: str, response_time: float, begun: float | None = None, exception: object = None, **_: Any
    ) -> None:
        """Tell a request; of one whose customer does not say when it began (another kind of user), it is computed."""
        self._begun += begun is None
        start = time.monotonic() - response_time / 1000 if begun is None else begun
        error = None if exception is None else str(exception)[: customer.MOST_COMPLAINT]
        self.tell("r", round(start, 4), round(response_time, 2), name, error)

    def on_failed_steps(self, *, exception: BaseException, **_: Any) -> None:
        """What a customer does next is part of what it was promised: failing to is counted like a failed request."""
        self.on_request(name=STEPS, response_time=0.0, exception=f"a customer gave up: {type(exception).__name__}")

    def on_note(self, *, ledger: str, facts: dict[str, Any]) -> None:
        """Tell a note."""
        self.tell("n", round(time.monotonic(), 4), ledger, facts)

    def watch_lag(self) -> None:
        """How late sleeping ends tells how late everything is."""
        while True:
            begun, used, worst = time.monotonic(), time.process_time(), 0.0
            while time.monotonic() < begun + 1:
                before = time.monotonic()
                gevent.sleep(LAG_STEP_SECONDS)
                worst = max(worst, time.monotonic() - before - LAG_STEP_SECONDS)
            now = time.monotonic()
            busy = (time.process_time() - used) / (now - begun)
            self.tell("lag", round(now, 3), round(worst * 1000, 1), round(busy, 2))

    def end(self) -> None:
        """The last line."""
        self.tell("end", self._begun + customer.under_way.begun)
        self.flush()


class FewWords(logging.StreamHandler[Any]):
    """A log that does not grow for ever, however many customers fail."""

    left = MOST_RECORDS

    def emit(self, record: logging.LogRecord) -> None:
        """The first records, each not too long."""
        if self.left > 0:
            self.left -= 1
            record.msg, record.args = record.getMessage()[:MOST_RECORD], ()
            super().emit(record)


def _environment(order: dict[str, Any], teller: Teller) -> Environment:
    found = load_locustfile(order["locustfile"])
    users = next(part for part in found if isinstance(part, dict))
    if not users:
        raise ValueError(f"{order['locustfile']} has no class of customers")
    environment = Environment(user_classes=list(users.values()), host=order["host"], events=events)
    environment.events.request.add_listener(teller.on_request)  # type: ignore[no-untyped-call]
    environment.events.user_error.add_listener(teller.on_failed_steps)  # type: ignore[no-untyped-call]
    customer.noted.add_listener(teller.on_note)  # type: ignore[no-untyped-call]
    environment.create_local_runner()
    return environment


def main(teller: Teller) -> None:
    """Import, wait for the order, load until standard input says so or ends."""
    orders = FileObject(sys.stdin.fileno(), "r", close=False)
    teller.tell("ready")
    teller.flush()
    line = orders.readline()
    if not line:
        return
    order = json.loads(line)
    environment = _environment(order, teller)
    runner = environment.runner
    assert runner is not None  # noqa: S101 - made a line above; for the type checker
    runner.start(order["users"], spawn_rate=order["spawn_rate"])
    gevent.spawn(teller.flush_for_ever)
    gevent.spawn(teller.watch_lag)
    if not orders.readline():
        os._exit(0)  # the harness is gone: nobody waits for answers
    _wait_for_answers(_patience(environment))
    environment.stop_timeout = SPARE_SECONDS  # for other kinds of users than our customers
    runner.stop()
    teller.end()


def _patience(environment: Environment) -> float:
    """How long the most patient customer waits for an answer, and a little more."""
    each = [getattr(users, "patience_seconds", customer.PATIENCE_SECONDS) for users in environment.user_classes]
    return min(max(each) + SPARE_SECONDS, MOST_STOP_SECONDS)


def _wait_for_answers(seconds: float) -> None:
    """Let no request begin any more, and those that have begun end: Locust's way of stopping tears some of them off."""
    customer.under_way.over = True
    until = time.monotonic() + seconds
    while len(customer.under_way) and time.monotonic() < until:
        gevent.sleep(FLUSH_SECONDS / 10)


def _pipe_of_its_own() -> IO[str]:
    """Standard output for the teller alone; what anybody prints goes where errors go."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


if __name__ == "__main__":
    logging.basicConfig(handlers=[FewWords()])
    try:
        main(Teller(_pipe_of_its_own()))
    except Exception:  # noqa: BLE001 - said, and the end: the hub would wait for ever for greenlets that Locust has spawned
        traceback.print_exc()
        os._exit(1)
