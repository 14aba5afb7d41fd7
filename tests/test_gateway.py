"""Does the card gateway charge each key once, whatever happens to its answers, and obey nobody but the drill?"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from harness import paths
from harness.run.waiting import wait_until

KEY = {"X-Outage-Key": "k" * 32}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A customer of the gateway's application, as Flask's own test client."""
    monkeypatch.setenv("OUTAGE_KEY", KEY["X-Outage-Key"])
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "python")
    monkeypatch.syspath_prepend(paths.ROOT / "services" / "gateway")
    yield importlib.import_module("app").app.test_client()
    for name in ("app", "gate", "ledger"):
        sys.modules.pop(name, None)


def charge(gateway: Any, key: str | None = None, card: str = "card-1", cents: int = 900, **more: Any) -> Any:
    """Ask for a charge."""
    headers = {"Idempotency-Key": key} if key else {}
    return gateway.post("/charges", json={"card": card, "cents": cents, **more}, headers=headers)


def tell(gateway: Any, order: str, **how: Any) -> Any:
    """What the drill says to it."""
    return gateway.post(f"/drill/{order}", json=how, headers=KEY).json


def states(gateway: Any) -> list[str]:
    """Of all charges in its ledger."""
    return [row["state"] for row in tell(gateway, "ledger")]


def test_nobody_else_learns_how_often_the_drill_gives_orders(gateway: Any) -> None:
    """Figures of requests by path would tell when something is about to happen."""
    tell(gateway, "ledger")
    assert gateway.get("/metrics").status_code == 404
    assert "/drill/<order>" in gateway.get("/metrics", headers=KEY).text


def test_a_key_is_charged_once(gateway: Any) -> None:
    """However often it is asked for; the ledger says how often that was."""
    first, again = charge(gateway, "a"), charge(gateway, "a")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    [row] = tell(gateway, "ledger")
    assert (row["state"], row["asked"], row["cents"]) == ("captured", 2, 900)


def test_without_a_key_each_request_is_a_charge(gateway: Any) -> None:
    """The gateway cannot know that it is the same."""
    assert charge(gateway).json["charge"] != charge(gateway).json["charge"]
    assert states(gateway) == ["captured", "captured"]


def test_a_key_belongs_to_one_charge(gateway: Any) -> None:
    """Another card or price under the same key is a mistake of who asks."""
    charge(gateway, "a")
    assert charge(gateway, "a", cents=901).status_code == 422
    assert states(gateway) == ["captured"]


def test_a_declined_card_is_not_charged(gateway: Any) -> None:
    """And stays declined for its key."""
    tell(gateway, "decline", cards=["card-1"])
    assert [charge(gateway, "a").status_code for _ in range(2)] == [402, 402]
    assert charge(gateway, card="card-2").status_code == 201


def test_money_is_given_back_once(gateway: Any) -> None:
    """Asked for again it is the same; and the key does not charge again."""
    name = charge(gateway, "a").json["charge"]
    answers = [gateway.post(f"/charges/{name}/refund") for _ in range(2)]
    assert [(one.status_code, one.json["state"]) for one in answers] == [(200, "refunded")] * 2
    assert charge(gateway, "a").json["state"] == "refunded"
    assert gateway.post("/charges/ch_none/refund").status_code == 404


def test_what_is_authorised_is_captured_or_voided(gateway: Any) -> None:
    """Not both, and a refund is for what has been captured."""
    one, two = (charge(gateway, key, capture=False).json for key in "ab")
    assert gateway.post(f"/charges/{one['charge']}/refund").status_code == 409
    assert gateway.post(f"/charges/{one['charge']}/capture").json["state"] == "captured"
    assert gateway.post(f"/charges/{two['charge']}/void").json["state"] == "voided"
    assert gateway.post(f"/charges/{two['charge']}/capture").status_code == 409


@pytest.mark.parametrize(
    "wanted", [{}, {"card": "", "cents": 1}, {"card": "c", "cents": 0}, {"card": "c", "cents": True}, [1]]
)
def test_what_is_no_charge_is_refused(gateway: Any, wanted: Any) -> None:
    """With what a charge looks like."""
    said = gateway.post("/charges", json=wanted)
    assert (said.status_code, "a charge is" in said.json["error"]) == (400, True)


def test_a_charge_can_be_looked_up_by_its_key(gateway: Any) -> None:
    """For a shop that got no answer."""
    assert gateway.get("/charges?key=a").status_code == 404
    name = charge(gateway, "a").json["charge"]
    assert gateway.get("/charges?key=a").json["charge"] == name


def test_cards_are_held_at_the_gate_until_they_are_released(gateway: Any) -> None:
    """Others pass; who asks for the same charge meanwhile waits for it."""
    tell(gateway, "hold", cards=["card-1"])
    came: list[int] = []
    askers = [
        threading.Thread(target=lambda: came.append(charge(gateway.application.test_client(), "a").status_code))
        for _ in range(2)
    ]
    for asker in askers:
        asker.start()
    wait_until(lambda: tell(gateway, "waiting") == ["card-1"], 5.0, "the gate to hold the card")
    assert charge(gateway, card="card-2").status_code == 201
    assert came == []
    tell(gateway, "release")
    for asker in askers:
        asker.join()
    assert sorted(came) == [200, 201]
    assert states(gateway) == ["captured", "captured"]


def test_it_fails_as_often_as_it_is_told_to(gateway: Any) -> None:
    """At once, and without a charge."""
    tell(gateway, "behave", mode="failing", times=2, cards=["card-1"])
    assert charge(gateway, card="card-2").status_code == 201
    assert [charge(gateway).status_code for _ in range(3)] == [503, 503, 201]
    assert states(gateway) == ["captured", "captured"]


@pytest.mark.parametrize("headers", [{}, {"X-Outage-Key": "other"}])
def test_it_obeys_nobody_without_the_key(gateway: Any, headers: dict[str, str]) -> None:
    """As if there were no such page; nor does it know orders that there are not."""
    assert gateway.post("/drill/ledger", json={}, headers=headers).status_code == 404
    assert gateway.post("/drill/none", json={}, headers=KEY).status_code == 404


def test_a_refund_is_treated_as_a_charge_is(gateway: Any) -> None:
    """Refused, and then done with a lost answer: the money goes back once."""
    name = charge(gateway, "a", card="card-7").json["charge"]
    tell(gateway, "behave", mode="failing", times=1, cards=["card-7"])
    assert gateway.post(f"/charges/{name}/refund", json={}).status_code == 503
    assert states(gateway) == ["captured"]
    assert gateway.post(f"/charges/{name}/refund", json={}).status_code == 200
    assert states(gateway) == ["refunded"]


def test_each_of_the_cards_is_treated_as_often(gateway: Any) -> None:
    """One that comes twice does not take the turn of another."""
    tell(gateway, "behave", mode="failing", times=1, cards=["card-1", "card-2"])
    came = [
        charge(gateway, key, card=card).status_code for key, card in [("a", "card-1"), ("a", "card-1"), ("b", "card-2")]
    ]
    assert came == [503, 201, 503]
    assert charge(gateway, "c", card="card-3").status_code == 201
