"""What does a consumer promise that may have a backlog, and may die over it?"""

from __future__ import annotations

from collections import Counter

from harness import Recording

from . import judge, limits

AFTER_THE_SALE = ("catching up", "storage fails", "catch-up again", "host dies", "draining")
SITUATIONS = {
    "backlog": "With a backlog, while its writes hung",
    "quiet": "With nothing left to write",
    "mild": "While an event waited in each partition, and the oldest was of some 8 s ago",
    "old": "While an event waited in each partition, and the oldest, in another one than before, was older",
    "later": "A second later, when some younger events had come",
    "elsewhere": "While an event waited in each partition, and the oldest was in the third one",
    "after": "When these had been written",
}


def test_database_is_protected(seen: Recording) -> str:
    """Never more than 8 writes at once, and while the backlog drains 99 % of the customers get their page.

    A backlog is load that was postponed. If it comes back all at once, customers lose a database that was quick before.
    """
    phases = [seen.phase(name) for name in AFTER_THE_SALE]
    asked, bad, seconds = (sum(getattr(phase, of) for phase in phases) for of in ("requests", "errors", "seconds"))
    seen.require(asked > 5 * seconds, f"the customers asked {asked} times in {seconds:.0f} s, wanted 5 times a second")
    seen.require(not seen.phase("normal").errors, "customers got no page before the sale")
    most, kinds = judge.most_at_once(seen), sum((Counter(phase.by_error) for phase in phases), Counter[str]())
    why = f" ({', '.join(f'{kind}: {times}' for kind, times in kinds.most_common(3))})" if kinds else ""
    said = f"most writes under way at once: {most}; customers without a page: {bad} of {asked}{why}"
    assert 0 < most <= limits.MOST_AT_ONCE, f"{said}, wanted some writes, but at most {limits.MOST_AT_ONCE}"
    good = bad <= limits.MOST_WITHOUT_A_PAGE * asked and not kinds[judge.WRONG_PAGE]
    assert good, f"{said}, wanted at most 1 % without a page, and no page of another order"
    return said


def test_every_order_once(seen: Recording) -> str:
    """Every event that was sent is written once, and nothing else is, also when the database fails for a moment.

    A missing event is an order that nobody packs. One that takes effect twice is a customer who has paid twice.
    """
    sent, found = len(seen.sent["at"]), judge.differences(seen)
    for wrong in (judge.MISSING, judge.DOUBLED, judge.STRANGE):
        of = f"{some(found[wrong])} {wrong}; {sent} were sent{ended(seen)}"
        assert not found[wrong], f"{of}, wanted each of them once, as it was sent"
    seen.require(seen.unanswered, "no COMMIT of the consumer waited for its answer when the database broke off")
    return f"{sent} events were sent, and each was written once{ended(seen)}"


def test_events_stay_in_order(seen: Recording) -> str:
    """The events of an order are written in the order in which they happened.

    If "cancelled" is written before "paid", the parcel goes to a customer who has the money back.
    """
    sent, found = seen.sent["order"], judge.differences(seen)
    missing, late = found[judge.MISSING], found[judge.LATE]
    assert len(missing) < 0.9 * len(sent), f"{some(missing)} {judge.MISSING}; {len(sent)} were sent{ended(seen)}"
    assert not late, f"{some(late)} {judge.LATE}, wanted none"
    return f"{len(sent)} events of {len(set(sent))} orders, and none was written after a later one of its order"


def test_a_crash_loses_nothing(seen: Recording) -> str:
    """The consumer's host dies while it catches up; all that was sent before is written in the end.

    After a crash the consumer begins at the place that Kafka was told. What is before it and not written is lost.
    """
    known = judge.rows(seen.sent)[: seen.crash["sent"]]
    lost = [row for row in judge.differences(seen)[judge.MISSING] if row in known]
    told = f"{len(known)} came before the crash, and Kafka took {judge.done_for_kafka(seen, lost)} of these for done"
    assert not lost, f"{some(lost)} {judge.MISSING}; {told}{ended(seen)}"
    working = seen.crash["hanging"]
    assert working, f"the consumer had no write under way when its host died{ended(seen)}, wanted it at work"
    return f"writes under way when the host died: {working}. All {len(known)} events sent before that were written"


def test_the_backlog_drains(seen: Recording) -> str:
    """As long as there is a backlog, at least 33 events a second are written: the storage can take 100.

    A consumer that is just fast enough for a usual day has the backlog of a sale for the rest of the week.
    """
    (per_second, at_once), sale = judge.pace(seen), seen.moments["sold"] - seen.moments["frozen"]
    said = f"{per_second:.0f} events a second were written while there was a backlog, {at_once} writes at a time"
    bounded = at_once >= limits.FEWEST_AT_ONCE and judge.most_at_once(seen) <= limits.MOST_AT_ONCE
    enough, busy = per_second >= limits.SLOWEST_PER_SECOND, bounded and sale > limits.BUSY_SECONDS
    assert enough or busy, f"{said}{ended(seen)}, wanted at least {limits.SLOWEST_PER_SECOND} events a second"
    why = f". The machine was busy, so that is enough: the sale alone took {sale:.1f} s while the consumer stood still"
    return said if enough else said + why


def test_memory_is_bounded(seen: Recording) -> str:
    """While the storage hangs, the consumer holds at most 500 events that it has fetched and not written.

    Kafka keeps a backlog on disk, for days. A consumer that takes all of it has it in memory until none is left.
    """
    assert seen.hang["hanging"], f"there was a backlog, and the consumer had no write under way{ended(seen)}"
    said = f"{(held := judge.held(seen))} events were fetched and not written while the storage hung"
    assert held <= limits.MOST_HELD, f"{said}, wanted at most {limits.MOST_HELD}"
    return said


def test_lag_is_told_in_seconds(seen: Recording) -> str:
    """`/lag` tells the age of the oldest event that is not written, and raises its alarm above 15 seconds.

    One order that has waited for an hour is an incident, ten thousand of the last second are a good day.
    """
    assert seen.quiet["over"], f"{seen.quiet['left']} events were left{ended(seen)}, wanted a quiet topic"
    over = "the drill came when nothing was left of the sale: is this machine busy?"
    for name, told in seen.told.items():
        seen.require(name != "backlog" or seen.crash["left"] or judge.is_right(told), over)
        said = f"gave no answer ({told['error']})" if told["error"] else f"said {told['text']}"
        said += " (no number of seconds)" if told["seconds"] is None and not told["error"] else ""
        most = judge.ages(told)[1]
        wanted = f"{most:.0f} seconds, alarm {str(most > limits.ALARM_SECONDS).lower()}"
        assert judge.is_right(told), f"{SITUATIONS[name]}, /lag {said}, wanted {wanted}"
    unasked = [name for name in SITUATIONS if name not in seen.told and name != "later"]
    assert not unasked, f"/lag was right, but an event that could be written was not written in time{ended(seen)}"
    first, later = (seen.told[name]["seconds"] for name in ("old", "later"))
    assert later >= first + 1, f"/lag said {first} seconds, a second later {later}, wanted it to grow with the time"
    return f"with an old event, /lag said {first:.0f} seconds, a little later {later:.0f}, and raised the alarm"


def some(events: list[judge.Row]) -> str:
    """How many events, and one of them."""
    one = f"{events[0]['status']} of order {events[0]['order']}" if events else ""
    return f"1 event ({one}) was" if len(events) == 1 else f"{len(events)} events (one is {one}) were"


def ended(seen: Recording) -> str:
    """How it ended with the consumer, where that was not by the drill's doing."""
    late = "" if seen.quiet["over"] else "; the consumer was still writing when the drill ended"
    codes = ", ".join(map(str, seen.ended))
    return f"{late}; the consumer had ended by itself (exit codes: {codes})" if codes else late
