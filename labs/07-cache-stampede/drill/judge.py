"""What do the ledger of reads and the answers that customers got add up to?"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from harness import Picture, Recording

from .limits import AFTER_SECONDS, BURST_SECONDS, CATALOGS, PRICE_SECONDS, SLACK_SECONDS

UNENDED_SECONDS = 1.0
"""A read that never ended, because its session was killed, is taken as one of so long."""
MOST_ROWS = 40


class Read(NamedTuple):
    """One read of a product from the database; times in seconds since the drill began."""

    product: int
    process: int
    """Which of the catalogue's processes read: 1 or 2."""
    began: float
    ended: float
    failed: bool


class Burst(NamedTuple):
    """The most reads of a product that began within 1.5 s of the first of them."""

    product: int
    reads: list[Read]


class Price(NamedTuple):
    """A price that changed, and what customers were shown who asked when the new one had to show."""

    product: int
    old: int
    new: int
    right: int
    """Answers with the new price."""
    stale: int
    """Answers with another price."""
    none: int
    """Errors, and answers that did not come."""

    @property
    def asked(self) -> int:
        """All of them."""
        return self.right + self.stale + self.none


def reads(seen: Recording) -> list[Read]:
    """All reads in order, without those that failed while the database did."""
    columns: dict[str, list[Any]] = seen.reads
    rows = zip(*(columns[name] for name in ("product", "process", "began", "ended", "failed")), strict=True)
    return [
        Read(product, process, began, began + UNENDED_SECONDS if ended is None else ended, failed)
        for product, process, began, ended, failed in rows
    ]


def hot_reads(seen: Recording) -> tuple[list[Read], list[Read]]:
    """Reads of the hottest product: those that hung while its gate was closed, and those that began just after."""
    hot = [read for read in reads(seen) if read.product == seen.hottest]
    hung = [
        read
        for read in hot
        if seen.closed <= read.began < seen.opened or read.began < seen.closed < seen.opened < read.ended
    ]
    return hung, [read for read in hot if seen.opened <= read.began < seen.opened + AFTER_SECONDS]


def flush_bursts(seen: Recording) -> list[Burst]:
    """Of the reads between the flush and the database's failure."""
    return bursts([read for read in reads(seen) if seen.flushed <= read.began < seen.down])


def return_bursts(seen: Recording) -> list[Burst]:
    """Of the reads since the database was back."""
    return bursts([read for read in reads(seen) if read.began >= seen.back])


def bursts(some: list[Read]) -> list[Burst]:
    """One for each product that was read, the largest first."""
    by_product: dict[int, list[Read]] = {}
    for read in sorted(some, key=lambda read: read.began):
        by_product.setdefault(read.product, []).append(read)
    largest = [Burst(product, _largest(own)) for product, own in by_product.items()]
    return sorted(largest, key=lambda burst: (-len(burst.reads), burst.product))


def _largest(ordered: list[Read]) -> list[Read]:
    windows = (
        [read for read in ordered[first:] if read.began <= start.began + BURST_SECONDS]
        for first, start in enumerate(ordered)
    )
    return max(windows, key=len)


def most_at_once(some: list[Read]) -> int:
    """How many reads ran at the same time at most; one that ends makes room for one that begins in the same moment."""
    steps = sorted([(read.ended, -1) for read in some] + [(read.began, 1) for read in some])
    running = most = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most


def prices(seen: Recording) -> list[Price]:
    """Each price that changed, with what customers were shown who asked 5 s later or later still."""
    due = seen.changed + PRICE_SECONDS + SLACK_SECONDS
    told: dict[str, list[Any]] = seen.answers
    rows = [row for row in zip(told["product"], told["asked"], told["price"], strict=True) if row[1] >= due]
    return [_price(change, [price for product, _, price in rows if product == change[0]]) for change in seen.prices]


def _price(change: list[int], shown: list[int | None]) -> Price:
    product, old, new = change
    right, none = shown.count(new), shown.count(None)
    return Price(product, old, new, right=right, stale=len(shown) - right - none, none=none)


def complaint(answer: dict[str, Any]) -> str | None:
    """What was wrong with the answer for another product while the hottest one's read hung; None if it was right."""
    if answer["error"]:
        return f"no answer ({answer['error']})"
    if answer["status"] != HTTPStatus.OK:
        return f"HTTP {answer['status']}"
    return None if _parsed(answer["said"]) == answer["right"] else f"a wrong answer: {answer['said']}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


# --- the report ---------------------------------------------------------------------------------------------------


def pictures(seen: Recording) -> list[Picture]:
    """The herd read by read, how often each product was read after the flush, and which prices were shown."""
    hung, after = hot_reads(seen)
    largest = flush_bursts(seen)[:20]
    most_read = largest[0].reads if largest else []
    bars = {"x": [str(burst.product) for burst in largest], "y": [len(burst.reads) for burst in largest]}
    more = {"limit": CATALOGS, "x_title": "product", "y_title": "reads"}
    return [
        Picture("Each read of the hottest product, from the loss of its copies on", "spans", _spans(hung + after)),
        Picture("Reads of the same product within 1.5 s after the flush (the 20 most read)", "bars", bars | more),
        Picture("Each of these reads of the product that was read most", "spans", _spans(most_read)),
        Picture("What customers were shown who asked 5 s after a price change or later", "table", _table(prices(seen))),
    ]


def _spans(some: list[Read]) -> dict[str, Any]:
    """One row for each read; bad are those beyond a process's first."""
    rows, processes = [], set()
    for number, read in enumerate(some[:MOST_ROWS], 1):
        row, label = f"{number}. process {read.process}", f"product {read.product}"
        bad = read.process in processes
        rows.append({"row": row, "label": label, "start": read.began, "end": read.ended, "bad": bad})
        processes.add(read.process)
    return {"rows": rows}


def _table(changed: list[Price]) -> dict[str, Any]:
    columns = ["product", "old price", "new price", "answers with the new", "with the old", "no right answer"]
    return {"columns": columns, "rows": [list(price) for price in changed]}
