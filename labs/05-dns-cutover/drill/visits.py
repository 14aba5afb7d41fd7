"""What is the lab itself answered by production's service, and is it true at that moment?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .shop import PRODUCTION, Shop

from harness.drill import Run
from harness.instruments import Answer

OWN_NUMBERS, REFUSED = 990_000, 503

Visit = dict[str, Any]


def visits(run: Run, shop: Shop, times: int) -> dict[str, Any]:
    """So many customers side by side, half of them look at a product, half of them order one.

    `badly_answered`: what was said to those who got neither their answer nor a refusal. `empty_promises`: how many
    orders were accepted and were nowhere at that moment.
    """
    products = run.random.sample(shop.products["production"], times)
    with ThreadPoolExecutor(times) as pool:
        looked = [pool.submit(_look, run, product) for product in products[::2]]
        ordered = [pool.submit(_order, run, shop, number, each["id"]) for number, each in enumerate(products[1::2])]
        told = [visit.result() for visit in (*looked, *ordered)]
    bad = [visit["said"] for visit in told if visit["bad"]]
    return {"visits": times, "badly_answered": bad, "empty_promises": sum(visit["empty_promise"] for visit in told)}


def _look(run: Run, product: dict[str, Any]) -> Visit:
    came = run.http("orders").get(f"/products/{product['id']}")
    return _told(came, right=came.json == product)


def _order(run: Run, shop: Shop, number: int, product: int) -> Visit:
    """What is accepted must be in one of production's databases as soon as that is said."""
    order = {"number": shop.first + OWN_NUMBERS + number, "product": product}
    came = run.http("orders").post("/orders", json=order)
    there = came.ok and (order["number"], product) in shop.have(PRODUCTION)
    return _told(came, right=there) | {"empty_promise": came.ok and not there}


def _told(came: Answer, *, right: bool) -> Visit:
    """`bad`: neither right nor a refusal. No answer at all is judged by the figures of all customers."""
    refused = came.status == REFUSED and isinstance(came.json, dict) and bool(came.json.get("error"))
    bad = not (right or refused or came.status is None)
    return {"bad": bad, "said": came.error or came.text[:200], "empty_promise": False}
