"""What do the ledger of reads and the answers that customers got add up to?"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Any, NamedTuple

from harness import Picture, Recording

from .limits import AFTER_SECONDS, BURST_SECONDS, CATALOGS, CONNECTIONS

UNENDED_SECONDS = 1.0  # a read that never ended, because its session was killed, is taken as one of so long
MOST_ROWS = 40
ROOM = 2  # connections of a process, of five: one for the read that hangs, and one that is free
WRONG, NO_PRODUCT = "wrong answer", "HTTP 404"  # no honest errors: another page than was asked for, or none of the kind
NEVER = float("inf")


class Read(NamedTuple):
    """One read of a product from the database, by process 1 or 2; times in seconds since the drill began."""

    product: int
    process: int
    began: float
    ended: float
    failed: bool


class Shown(NamedTuple):
    """A price that a customer was shown; its age is the time from when it was replaced until the customer asked."""

    product: int
    asked: float
    price: int
    age: float


def reads(seen: Recording) -> list[Read]:
    """All reads in order, without those that failed because they had to."""
    rows = [Read(*row) for row in zip(*(seen.reads[name] for name in Read._fields), strict=True)]
    return [row._replace(ended=row.began + UNENDED_SECONDS) if row.ended is None else row for row in rows]


def hot_reads(seen: Recording) -> tuple[list[Read], list[Read]]:
    """Reads of the hottest product: those that hung, and those that began just after."""
    hot = [read for read in reads(seen) if read.product == seen.hottest]
    hung = [read for read in hot if seen.closed <= read.began < seen.opened]
    return hung, [read for read in hot if seen.opened <= read.began < seen.opened + AFTER_SECONDS]


def flush_bursts(seen: Recording) -> list[list[Read]]:
    """Of the reads since the flush."""
    return bursts([read for read in reads(seen) if read.began >= seen.flushed])


def return_bursts(seen: Recording) -> list[list[Read]]:
    """Of the reads since the database was back, until more copies are lost."""
    ends = dict.fromkeys(seen.damaged, seen.stumbled)
    return bursts([one for one in reads(seen) if seen.back <= one.began < ends.get(one.product, seen.closed)])


def stumble_bursts(seen: Recording) -> list[list[Read]]:
    """Of a process's reads that went well while another was failing; what one before the loss had brought was lost."""
    lost = dict(zip(seen.damaged, seen.lost, strict=True))
    mine = [one for one in reads(seen) if lost.get(one.product, NEVER) <= one.began < seen.closed]
    well = ([one for one in mine if (one.process, one.failed) == (process, False)] for process in (1, 2))
    return sorted((most for own in well for most in bursts(own)), key=len, reverse=True)


def bursts(some: list[Read]) -> list[list[Read]]:
    """For each product that was read, the most of its reads that began within 1.5 s; the largest first."""
    by_product: dict[int, list[Read]] = {}
    for read in some:
        by_product.setdefault(read.product, []).append(read)
    return sorted(map(_largest, by_product.values()), key=lambda reads: (-len(reads), reads[0].product))


def _largest(own: list[Read]) -> list[Read]:
    windows = ([read for read in own if 0 <= read.began - first.began <= BURST_SECONDS] for first in own)
    return max(windows, key=len)


def most_at_once(some: list[Read]) -> int:
    """How many reads ran at the same time at most; one that ends makes room for one that begins in the same moment."""
    steps = sorted([(read.ended, -1) for read in some] + [(read.began, 1) for read in some])
    running = most = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most


def shown(seen: Recording) -> list[Shown]:
    """All prices that customers were shown of the products whose prices change, the one longest out of force first."""
    rows = list(zip(*(seen.prices[name] for name in ("product", "since", "price")), strict=True))
    following = zip(rows, [*rows[1:], (None, 0, 0)], strict=True)
    replaced = {(one, price): after[1] if after[0] == one else NEVER for (one, _, price), after in following}
    told = zip(*(seen.answers[name] for name in ("product", "asked", "price")), strict=True)
    found = [Shown(one, asked, price, asked - replaced.get((one, price), NEVER)) for one, asked, price in told if price]
    return sorted(found, key=lambda one: -one.age)


def hang_ends(seen: Recording) -> dict[int, float]:
    """When the hottest product's read that hung was over: in each process, and as 0 in any of them."""
    ends = sorted(
        ((read.process, read.ended) for read in hot_reads(seen)[0] if not read.failed), key=lambda one: -one[1]
    )
    return {0: ends[-1][1] if ends else seen.opened} | dict(ends)


def crowded(seen: Recording) -> set[int]:
    """The processes that had no room: while the hottest one's read hung, others kept nearly all connections busy."""
    ends, begin, busy = hang_ends(seen), seen.others_asked, Counter[int]()
    for one in (one for one in reads(seen) if one.product != seen.hottest):
        end = ends.get(one.process, ends[0])
        busy[one.process] += max(0.0, min(one.ended, end) - max(one.began, begin)) / max(0.1, end - begin)
    return {process for process, at_once in busy.items() if at_once >= CONNECTIONS / CATALOGS - ROOM}


def held_up(seen: Recording) -> list[int]:
    """Products that were asked for while the hottest one's read hung, and not read before its end for all the room."""
    ends, first = hang_ends(seen), {read.product: read for read in reversed(reads(seen))}
    asked = [first.get(answer["right"]["id"]) for answer in seen.others]
    late = [read for read in asked if read and ends.get(read.process, ends[0]) <= read.began]
    return [read.product for read in late if read.process not in crowded(seen)]


def complaint(answer: dict[str, Any]) -> str | None:
    """What was wrong with an answer that the drill itself got; None if it was right."""
    if answer["error"] or answer["status"] != HTTPStatus.OK:
        return f"no answer ({answer['error']})" if answer["error"] else f"HTTP {answer['status']}"
    return None if answer["said"] == answer["right"] else f"{WRONG}: {answer['said']}"


def wrong_answers(seen: Recording) -> dict[str, int]:
    """Answers that were no honest error, in all phases, by what was wrong with them."""
    own = Counter(said for said in map(complaint, [*seen.others, *seen.twins]) if said)
    kinds = sum((Counter(seen.phase(name).by_error) for name in seen.phase_names), own)
    return {kind: count for kind, count in kinds.most_common() if kind.startswith((WRONG, NO_PRODUCT))}


def pictures(seen: Recording) -> list[Picture]:
    """The herd read by read, how often each product was read after the flush, and the oldest prices that were shown."""
    (hung, after), largest = hot_reads(seen), flush_bursts(seen)[:20]
    bars = {"x": [str(burst[0].product) for burst in largest], "y": [len(burst) for burst in largest]}
    more = {"limit": CATALOGS, "x_title": "product", "y_title": "reads"}
    rows = [[*one[:3], f"{one.age:.1f} s"] for one in shown(seen)[:12] if one.age > 0]
    table = {"columns": ["product", "asked at", "price shown", "replaced before that"], "rows": rows}
    return [
        Picture("Each read of the hottest product, from the loss of its copies on", "spans", _spans(hung + after)),
        Picture("Reads of the same product within 1.5 s after the flush (the 20 most read)", "bars", bars | more),
        Picture("Each of these reads of the product that was read most", "spans", _spans(next(iter(largest), []))),
        Picture("The oldest prices that customers were shown", "table", table),
    ]


def _spans(some: list[Read]) -> dict[str, Any]:
    """One row for each read; bad are those beyond one for each process."""
    rows = [(f"{number}. process {read.process}", read) for number, read in enumerate(some[:MOST_ROWS], 1)]
    spans = [{"row": row, "label": f"product {one.product}", "start": one.began, "end": one.ended} for row, one in rows]
    return {"rows": [span | {"bad": number >= CATALOGS} for number, span in enumerate(spans)]}
