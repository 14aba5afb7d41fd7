"""Does the one complaint stand out that a service's log is full of?"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import paths
from harness.run import engine, inside, logs

Complaint = Callable[..., str]


@pytest.fixture
def complaint(monkeypatch: pytest.MonkeyPatch) -> Complaint:
    """A line as the kit prints it, of a service and with a message."""
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    kit = importlib.import_module("servicekit.logs")

    def printed(service: str, message: str, *, level: int = logging.ERROR, error: Exception | None = None) -> str:
        raised = (type(error), error, None) if error else None
        record = logging.LogRecord("shop", level, __file__, 1, message, None, raised)
        return str(kit.JsonFormatter(service).format(record))

    return printed


def saved(folder: Path, **printed: list[str]) -> Path:
    """A folder of logs as a run leaves it."""
    for service, lines in printed.items():
        (folder / f"{service}.log").write_text("".join(f"{12.5:8.3f} {line}\n" for line in lines), encoding="utf-8")
    return folder


def test_the_error_that_is_printed_most_often_is_told_with_its_number(tmp_path: Path, complaint: Complaint) -> None:
    """Numbers differ from request to request; what is no complaint, or no line of the kit, does not count."""
    error = ValueError("call unique() first")
    feed = [complaint("feed", f"Exception on /feed/{number}", error=error) for number in range(3)]
    calm = [complaint("shop", "an order", level=logging.INFO)] * 9
    odd = ["{not JSON", "[1]", '{"level": 7}', "── flush (from 3.0 s)", ""] * 9
    slow = [complaint("shop", f"the database took {seconds} s", level=logging.WARNING) for seconds in range(2)]

    assert logs.loudest(saved(tmp_path, feed=feed, shop=calm + odd + slow)) == (
        "feed, 3 times: ValueError: call unique() first"
    )
    assert logs.loudest(saved(tmp_path, feed=feed[:1], shop=slow)) == "shop, 2 times: the database took 0 s"
    assert logs.loudest(saved(tmp_path, feed=feed[:1], shop=[])).startswith("feed, once: ")
    assert logs.loudest(saved(tmp_path, feed=odd)) == ""


def test_the_error_is_told_and_not_what_its_text_goes_on_with(tmp_path: Path, complaint: Complaint) -> None:
    """SQLAlchemy's errors end with a link, and PostgreSQL's with a detail."""
    error = ValueError("call unique() first\n(Background on this error at: https://sqlalche.me/e/20/abcd)")

    assert logs.loudest(saved(tmp_path, feed=[complaint("feed", "Exception on /feed", error=error)])) == (
        "feed, once: ValueError: call unique() first"
    )


def test_a_long_traceback_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: Complaint) -> None:
    """The error stands at its end: a line that is cut would hide it."""
    line = complaint("feed", "Exception on /feed " + "x" * 5000, error=KeyError("avatar"))
    monkeypatch.setattr(inside, "printed", lambda *_, **__: f"2026-11-25T22:00:01.500000000Z {line}\n")
    logs.save([{"Id": "x", "Labels": {engine.LABEL_SERVICE: "feed"}}], tmp_path, [], lambda epoch: epoch % 60)

    assert logs.loudest(tmp_path) == "feed, once: KeyError: 'avatar'"
