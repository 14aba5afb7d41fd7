"""How does a running Locust tell each request to the harness, and obey it?

One JSON array a line on standard output: `["ready"]` when imported, then
`["r", start, ms, name, error]` for each request (start: monotonic clock of the machine, seconds; error: null if
the answer was right), `["n", at, ledger, facts]` for each note of a customer, and `["lag", at, ms]` each second: by
how much the generator itself ran late.
Standard input: first a line of JSON with `locustfile`, `host`, `users`, `spawn_rate`; then `{"users": n}`
to change the number. With `{"users": 0}` nobody asks anew, and it ends when what was asked is answered or timed out: a
request that hangs at the end must not be missing from the figures. The end of standard input ends the load at once,
so that a killed harness leaves none behind.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - Locust needs its patches first
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.fileobject import FileObject  # noqa: E402
from locust import events  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.util.load_locustfile import load_locustfile  # noqa: E402

from loadtests.customer import PATIENCE_SECONDS, noted  # noqa: E402

FLUSH_SECONDS = 0.1
LAG_STEP_SECONDS = 0.05
STOP_SECONDS = PATIENCE_SECONDS + 1

_lines: list[str] = []


def _tell(*what: Any) -> None:
    _lines.append(json.dumps(what, separators=(",", ":")))


def _flush() -> None:
    if _lines:
        sys.stdout.write("\n".join(_lines) + "\n")
        sys.stdout.flush()
        _lines.clear()


def _on_request(*, name: str, response_time: float, exception: BaseException | None = None, **_: Any) -> None:
    start = time.monotonic() - response_time / 1000
    _tell("r", round(start, 4), round(response_time, 2), name, None if exception is None else str(exception)[:200])


def _on_note(*, ledger: str, facts: dict[str, Any]) -> None:
    _tell("n", round(time.monotonic(), 4), ledger, facts)


def _watch_lag() -> None:
    while True:
        until, worst = time.monotonic() + 1, 0.0
        while time.monotonic() < until:
            before = time.monotonic()
            gevent.sleep(LAG_STEP_SECONDS)
            worst = max(worst, time.monotonic() - before - LAG_STEP_SECONDS)
        _tell("lag", round(time.monotonic(), 3), round(worst * 1000, 1))


def _flush_for_ever() -> None:
    while True:
        gevent.sleep(FLUSH_SECONDS)
        _flush()


def _environment(order: dict[str, Any]) -> Environment:
    found = load_locustfile(order["locustfile"])
    users = next(part for part in found if isinstance(part, dict))
    if not users:
        raise ValueError(f"{order['locustfile']} has no class of customers")
    environment = Environment(user_classes=list(users.values()), host=order["host"], events=events)
    environment.events.request.add_listener(_on_request)  # type: ignore[no-untyped-call]
    noted.add_listener(_on_note)  # type: ignore[no-untyped-call]
    environment.create_local_runner()
    return environment


def main() -> None:
    """Import, wait for the order, load until standard input ends."""
    orders = FileObject(sys.stdin.fileno(), "r", close=False)
    _tell("ready")
    _flush()
    line = orders.readline()
    if not line:
        return
    order = json.loads(line)
    environment = _environment(order)
    runner = environment.runner
    assert runner is not None  # noqa: S101 - made a line above; for the type checker
    runner.start(order["users"], spawn_rate=order["spawn_rate"])
    gevent.spawn(_flush_for_ever)
    gevent.spawn(_watch_lag)
    for line in orders:
        users = json.loads(line)["users"]
        if not users:
            break
        runner.start(users, spawn_rate=order["spawn_rate"])
    else:
        os._exit(0)  # the harness is gone: nobody waits for answers
    environment.stop_timeout = STOP_SECONDS
    runner.stop()
    _flush()


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001 - said, and the end: the hub would wait for ever for greenlets that Locust has spawned
        traceback.print_exc()
        os._exit(1)
