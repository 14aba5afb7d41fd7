"""What is left of the incident: each order, each charge, and how many pieces there are?"""

from __future__ import annotations

from typing import Any

from harness import Run

from .limits import MANY
from .shop import SAME, Shop, finish

STATES = ("captured", "authorised")


def keep(run: Run, shop: Shop) -> None:
    """When all is quiet: what the shop says it has left, somebody who buys the rest, and what it says then."""
    few = [number for number, product in shop.products.items() if product["stock"] < MANY]
    before = {number: shop.left(number) for number in shop.products}
    rest = [shop.order([(number, left)]) for number in few if (left := before[number]) and left > 0]
    finish(shop.send(rest))
    after = {number: shop.left(number) for number in shop.products}
    stock = [[number, product["stock"], before[number], after[number]] for number, product in shop.products.items()]
    free = [note | {"at": note["at"], "said": {"order": note["order"]}} for note in run.notes("orders")]
    for note in free:
        note["statuses"] = [SAME.get(status, status) for status in note["statuses"]]
        note["lines"] = [[line["product"], line["quantity"]] for line in note["lines"]]
    charges = run.tell("gateway", "ledger")
    prices = {number: product["cents"] for number, product in shop.products.items()}
    run.record(
        stock=stock,
        rest=[order["request"] for order in rest],
        prices=list(prices.items()),
        orders=[_row(order) for order in [*shop.orders, *free]],
        charges=[[charge["card"], charge["cents"], charge["state"]] for charge in charges if charge["state"] in STATES],
        refused=shop.refused,
    )


def _row(order: dict[str, Any]) -> list[Any]:
    """Request, card, lines, all statuses, and the number of the order that was said to be made."""
    said = order["said"] or {}
    return [order["request"], order["card"], order["lines"], order["statuses"], said.get("order")]
