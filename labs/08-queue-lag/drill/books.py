"""What of that which was sent has been written: how often, in which order, how fast, and how late?"""

from __future__ import annotations

from typing import Any

from .flow import Flow

from harness.drill import Run

DIFFERENCES = ("missing", "doubled", "strange", "disordered")
LOST = "SELECT count(*) FROM lab.missing WHERE made < %s"
SLOWEST_PER_SECOND, FEWEST_AT_ONCE = 33, 1.5
AT_WORK = (("thawed", "hang"), ("again", "hang again"), ("once more", "drained"))
"""From when to when the consumer had a backlog, a storage and its life."""


def caught_up(flow: Flow) -> dict[str, float]:
    """While there was a backlog: events written per second, and writes under way on average."""
    marks = {"now": flow.value("SELECT clock_timestamp()")} | flow.moments
    spans = [(marks[begin], marks.get(end, marks["now"])) for begin, end in AT_WORK]
    seconds = sum((end - begin).total_seconds() for begin, end in spans)
    sums = [sum(flow.value(f"SELECT lab.{name}(%s, %s)", *span) for span in spans) for name in ("written", "busy")]
    return {"per_second": round(sums[0] / seconds, 1), "at_once": round(sums[1] / seconds, 2)}


def too_slow(pace: dict[str, float]) -> bool:
    """A machine that has other things to do may be slower, but then it shows that several are under way."""
    return pace["per_second"] < SLOWEST_PER_SECOND and pace["at_once"] < FEWEST_AT_ONCE


def compare(run: Run, flow: Flow, sale: int) -> None:
    """Lay what was sent beside what was written, and record what differs."""
    sent = flow.remember()
    for name in DIFFERENCES:
        rows = flow.rows(f"SELECT count(*) OVER () AS number, event, order_id FROM lab.{name} LIMIT 1")  # noqa: S608
        run.record(**{name: rows[0] if rows else {"number": 0}})
    pace = caught_up(flow)
    run.record(
        sent=sent,
        sale=sale,
        lost=int(flow.value(LOST, flow.moments["crash"])),
        most_at_once=int(flow.value("SELECT lab.most_at_once()")),
        pace=pace,
        too_slow=too_slow(pace),
    )


def draw(run: Run, flow: Flow) -> None:
    """The lag, both ways of telling it, and what the database had to bear."""
    lag: list[dict[str, Any]] = flow.rows("SELECT * FROM lab.lag(%s)", flow.moments["zero"])
    waiting = [[round(row["at"], 2), row["events"]] for row in lag]
    ages = [[round(row["at"], 2), round(row["oldest"], 2)] for row in lag]
    run.evidence("Events sent and not written", "series", lines={"events": waiting}, y_title="events")
    run.evidence("Age of the oldest of them", "series", lines={"seconds": ages}, y_title="seconds")
    writes = {"writes": run.samples["writes at once"]}
    run.evidence("Writes in the database at the same time", "series", lines=writes, limit=8, y_title="writes")
