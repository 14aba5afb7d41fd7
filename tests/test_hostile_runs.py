"""Does a hostile submission get the verdict that it deserves, in time, and without harm to the host?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toys import left_over, outage
from wire import keep_open, server

from harness.commands.screen import Silent
from harness.lab import catalogue
from harness.run import stack
from harness.run.session import Order, Outcome, Session

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("stacks")]

APP = """\
import os, sys, threading
from flask import Response, redirect
from servicekit import create_app

app = create_app("shop")
asked = []
lock = threading.Lock()


def every(count):
    with lock:
        asked.append(1)
        return len(asked) % count == 0

"""
HOARD = """
@app.get("/orders")
def orders():
    hoard = [bytearray(1 << 20) for _ in range(200 if every(12) else 0)]
    return app.json.response(taken=True)
"""
END = """
@app.get("/orders")
def orders():
    if every(12):
        os._exit(0)
    return app.json.response(taken=True)
"""
SEND_AWAY = """
@app.get("/orders")
def orders():
    return redirect("http://HOST/orders")
"""
SHOUT = """
@app.get("/orders")
def orders():
    print("\\x1b[2J\\x1b[Hlog \\u202e", "x" * 100_000, flush=True)
    return Response('{"taken": "\\\\ud800\\x1b[2J"}', 200 if every(2) else 599, mimetype="application/json\\x7f")
"""
LARGE_HEALTH = """
app.view_functions["health"] = lambda: Response((b"x" * 65536 for _ in range(25_000)), 200)
"""
ENDLESS_HEALTH = """
import time


def drip():
    while True:
        yield b" "
        time.sleep(0.1)


app.view_functions["health"] = lambda: Response(drip(), 200)
"""
FLOOD = """
print("/" * 3_000_000, flush=True)
sys.exit("\\x1b[2JFIXED")
"""


@pytest.fixture
def submission(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a submission to the toy of this app.py."""

    def write(code: str) -> Path:
        file = tmp_path / "submission" / "shop" / "app.py"
        file.parent.mkdir(parents=True)
        file.write_text(APP + code)
        return file.parent.parent

    return write


Submission = Callable[[str], Path]


def checked(submission: Path) -> Any:
    """The verdict as JSON."""
    said = outage("check", "always-fixed", "--json", "--overlay", str(submission))
    assert said.err == ""
    return said.json


def death(verdict: Any) -> str:
    """What the shared promise says."""
    [said] = [check["message"] for check in verdict["checks"] if check["name"] == "nothing_dies"]
    return str(said)


@pytest.mark.parametrize(
    ("code", "said"),
    [(HOARD, "shop killed: out of memory"), (END, "shop lost a worker process")],
    ids=["memory", "exit"],
)
def test_a_worker_that_dies_again_and_again_is_broken(submission: Submission, code: str, said: str) -> None:
    """The server replaces it, customers see few errors, and it is a fact all the same."""
    verdict = checked(submission(code))

    assert verdict["verdict"] == "BROKEN"
    assert said in death(verdict)


def test_nobody_on_the_host_follows_a_redirect(submission: Submission) -> None:
    """Customers and drill are sent to a service on the host's loopback: none goes there, and it is a wrong answer."""
    with server(everything=keep_open) as host:
        verdict = checked(submission(SEND_AWAY.replace("HOST", "{}:{}".format(*host.address))))

        assert host.asked == []
    recording = json.loads((Path(verdict["folder"]) / "recording.json").read_text())
    assert verdict["verdict"] == "BROKEN"
    assert recording["traffic"]["phases"]["later"]["by_error"].keys() == {"wrong answer: redirect (HTTP 302)"}


def test_what_a_service_says_is_written_and_shown_as_text(runs: Path, submission: Submission) -> None:
    """No control sequence reaches the terminal, the JSON, the recording or the logs that are kept."""
    where = submission(SHOUT)
    verdict = checked(where)
    said = outage("check", "always-fixed", "--overlay", str(where))

    assert verdict["verdict"] == "BROKEN"
    written = [path for path in (runs / "always-fixed").rglob("*") if path.suffix in (".log", ".json")]
    assert {path.suffix for path in written} == {".log", ".json"}
    texts = [said.out, said.err, *(path.read_text(encoding="utf-8") for path in written)]
    assert not any(sign in text for text in texts for sign in ("\x1b", "\u202e", "\ud800"))
    assert max(path.stat().st_size for path in written) < 6_000_000


def performed(submission: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A run within this process, with little patience for services that do not answer."""
    monkeypatch.setattr(stack, "READY_SECONDS", 4.0)
    monkeypatch.setattr(stack, "crowding", lambda: 1.0)
    return Session(Order(catalogue.lab("always-fixed"), "check", 7, overlay=submission), Silent()).perform()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (LARGE_HEALTH, "shop answers /health with more than 64 KiB"),
        (ENDLESS_HEALTH, "shop begins to answer /health with HTTP 200, and does not end (timeout)"),
    ],
    ids=["1.5 GB", "endless"],
)
def test_a_health_page_without_end_is_no_health(
    runs: Path, monkeypatch: pytest.MonkeyPatch, submission: Submission, code: str, said: str
) -> None:
    """UNKNOWN in time, with the reason."""
    seen = performed(submission(code), monkeypatch)

    assert seen.verdict.outcome == "UNKNOWN"
    assert said in seen.verdict.reasons[0].splitlines()[0]
    assert left_over(runs) == []


def test_a_service_that_floods_its_log_and_ends_is_explained_at_once(
    monkeypatch: pytest.MonkeyPatch, submission: Submission
) -> None:
    """The reason has the line, and no control sequence; three megabytes before it do not matter."""
    seen = performed(submission(FLOOD), monkeypatch)

    head, *tail = seen.verdict.reasons[0].splitlines()
    assert seen.verdict.outcome == "UNKNOWN"
    assert f"app.py line {(APP + FLOOD).count(chr(10))}: SystemExit: \\x1b[2JFIXED" in head
    assert all(line.startswith(("│ ", "Last lines of shop:")) for line in tail)
    assert seen.durations["total"] < 15
