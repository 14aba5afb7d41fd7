"""What of that which was sent has been written: how often, in which order, how fast, and how late?"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Any

from harness import Picture, Recording

from .limits import ALARM_SECONDS, MOST_AT_ONCE, NEAR_SECONDS

AT_WORK = (("thawed", "hang"), ("again", "hang again"), ("once more", "drained"))  # with backlog, storage and life
COLUMNS = ["order", "event", "sent at (s)", "written at (s)"]
ABOUT, SHOWN = ("order", "sequence", "status", "cents"), 3
MISSING, DOUBLED, STRANGE = "never written", "written twice", "written and not sent like that"
LATE, WRONG_PAGE = "written after a later event of their order", "not that order"

Row = dict[str, Any]


def rows(columns: dict[str, list[Any]]) -> list[Row]:
    """The recorded columns as rows."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def first_writes(seen: Recording) -> dict[int, Row]:
    """The first write of each event, in the order of the writes, by the event's place in `sent`."""
    found: dict[int, Row] = {}
    for row in rows(seen.written):
        found.setdefault(row["event"], row)
    return found


def differences(seen: Recording) -> dict[str, list[Row]]:
    """What of the sent and the written does not agree, by what is wrong with it."""
    sent, written, first = rows(seen.sent), rows(seen.written), first_writes(seen)
    times, highest, late = Counter(row["event"] for row in written), Counter[int](), []
    for row in first.values():
        late += [row] if row["sequence"] < highest[row["order"]] else []
        highest[row["order"]] = max(row["sequence"], highest[row["order"]])
    about = {event: [row[key] for key in ABOUT] for event, row in enumerate(sent)}
    return {
        MISSING: [row for event, row in enumerate(sent) if event not in first],
        DOUBLED: [row for event, row in enumerate(sent) if times[event] > 1],
        STRANGE: [row for row in written if about.get(row["event"]) != [row[key] for key in ABOUT]],
        LATE: late,
    }


def done_for_kafka(seen: Recording, events: list[Row]) -> int:
    """How many of these stand before the place that Kafka had been told when the host died."""
    groups = seen.crash["committed"].values()
    return sum(any(row["offset"] < told.get(f"orders-{row['partition']}", 0) for told in groups) for row in events)


def held(seen: Recording) -> int:
    """Events fetched and not written when the storage hung, by the bytes that Kafka handed out."""
    hang: dict[str, int] = seen.hang
    return round(hang["bytes_out"] * hang["messages_in"] / max(1, hang["bytes_in"])) - hang["written"]


def calls(seen: Recording) -> list[tuple[float, float]]:
    """Begin and end of each write, of one event or of many."""
    return list({row["call"]: (row["began"], row["applied"]) for row in rows(seen.written)}.values())


def most_at_once(seen: Recording) -> int:
    """By the ledger, and by a look every tenth of a second, which also sees writes that were undone."""
    steps = sorted(step for began, ended in calls(seen) for step in ((began, 1), (ended, -1)))
    return max([0, *accumulate(step for _, step in steps), *(int(look) for _, look in seen.samples["writes at once"])])


def pace(seen: Recording) -> tuple[float, float]:
    """While there was a backlog: events that were written per second, and writes under way on average."""
    spans = [(seen.moments[begin], seen.moments[end]) for begin, end in AT_WORK]
    seconds = sum(end - begin for begin, end in spans)
    events = sum(begin <= row["applied"] <= end for row in first_writes(seen).values() for begin, end in spans)
    busy = sum(max(0.0, min(ended, end) - max(began, begin)) for began, ended in calls(seen) for begin, end in spans)
    return round(events / seconds, 1), round(busy / seconds, 2)


def ages(told: Row) -> tuple[float, float]:
    """How old the oldest event was that was not written: when `/lag` was asked, and when it had answered."""
    none = told["made"] is None
    return (0.0, 0.0) if none else (told["asked"] - told["made"], told["answered"] - told["earliest"])


def is_right(told: Row) -> bool:
    """Whether the seconds are near enough, and the alarm agrees with them."""
    (least, most), said = ages(told), told["seconds"]
    near = said is not None and least - NEAR_SECONDS <= said <= most + NEAR_SECONDS
    return near and told["alarm"] in ({True, False} if round(said) == ALARM_SECONDS else {said > ALARM_SECONDS})


def pictures(seen: Recording) -> list[Picture]:
    """The lag, both ways of telling it, what the database had to bear, and orders of which something went wrong."""
    sent, first, looks = rows(seen.sent), first_writes(seen), seen.samples["writes at once"]
    ticks = [half / 2 for half in range(int(2 * looks[-1][0]) + 1)]
    ends = [first[event]["applied"] if event in first else ticks[-1] + 1 for event in range(len(sent))]
    made = {at: [row["made"] for row, end in zip(sent, ends, strict=True) if row["at"] <= at < end] for at in ticks}
    wrong = {row["order"] for events in differences(seen).values() for row in events[:SHOWN]}
    told = [row | {"end": first.get(event, {}).get("applied", "never")} for event, row in enumerate(sent)]
    table = [[row[key] for key in ("order", "status", "at", "end")] for row in told if row["order"] in wrong]
    events = {"events": [[at, len(some)] for at, some in made.items()]}
    seconds = {"seconds": [[at, round(at - min(some), 2) if some else 0] for at, some in made.items()]}
    return [
        Picture("Events sent and not written", "series", {"lines": events, "y_title": "events"}),
        Picture("Age of the oldest of them", "series", {"lines": seconds, "y_title": "seconds"}),
        Picture("Writes at once", "series", {"lines": {"writes": looks}, "limit": MOST_AT_ONCE, "y_title": "writes"}),
        *([Picture("Orders that went wrong", "table", {"columns": COLUMNS, "rows": table})] if table else []),
    ]
