"""Does a service of the lab's own do what the drill tells it, and what nobody else tells it?"""

from __future__ import annotations

import importlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask

from harness import paths

KEY = "k" * 32
Tell = Callable[..., tuple[int, Any]]


def add(one: int, two: int = 0) -> int:
    """An order that can be checked."""
    return one + two


@pytest.fixture(params=["application", "worker"])
def tell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tell]:
    """Posts an order to a Flask application, and to a worker; status and answer."""
    monkeypatch.setenv("OUTAGE_KEY", KEY)
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    if request.param == "application":
        app = Flask("shop")
        importlib.import_module("servicekit.control").obey(app, {"add": add})
        client = app.test_client()

        def to_application(order: str, key: str | None = KEY, **how: Any) -> tuple[int, Any]:
            headers = {"X-Outage-Key": key} if key is not None else {}
            came = client.post(f"/drill/{order}", json=how, headers=headers)
            return came.status_code, came.json

        yield to_application
        return
    answers = importlib.import_module("servicekit.worker").Answers
    monkeypatch.setattr(answers, "orders", {"add": add})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def to_worker(order: str, key: str | None = KEY, **how: Any) -> tuple[int, Any]:
        headers = {"X-Outage-Key": key} if key is not None else {}
        address = f"http://127.0.0.1:{server.server_port}/drill/{order}"
        asked = urllib.request.Request(address, json.dumps(how).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=5) as came:  # noqa: S310 - our own server
                return came.status, json.load(came)
        except urllib.error.HTTPError as refused:
            return refused.code, None

    yield to_worker
    server.shutdown()
    server.server_close()


def test_the_drill_is_obeyed(tell: Tell) -> None:
    """With what it says, and what the function returns comes back."""
    assert tell("add", one=3, two=4) == (200, 7)


@pytest.mark.parametrize("key", [None, "", "k" * 31, "é"])
def test_nobody_else_is(tell: Tell, key: str | None) -> None:
    """Student code reaches the same port: without the key the order is not even there."""
    assert tell("add", key, one=3)[0] == 404


def test_an_order_that_is_not_there_is_said_so(tell: Tell) -> None:
    """Also to the drill."""
    assert tell("subtract", one=3)[0] == 404


def test_without_a_key_nobody_is_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that was given none obeys nobody, and an application does not begin."""
    monkeypatch.delenv("OUTAGE_KEY", raising=False)
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    assert not importlib.import_module("servicekit.key").is_the_drill("")
    with pytest.raises(KeyError, match="OUTAGE_KEY"):
        importlib.import_module("servicekit.control").obey(Flask("shop"), {"add": add})
