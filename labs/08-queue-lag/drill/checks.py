"""What does a consumer promise that may have a backlog, and may die over it?"""

from __future__ import annotations

from harness.recording import Recording

MOST_AT_ONCE, MOST_HELD, SLOWEST, FEWEST, NEAR = 8, 500, 33, 1.5, 3
AFTER_THE_SALE = ("catching up", "storage fails", "catching up again", "host dies", "draining")
SITUATIONS = {
    "quiet": "With nothing left to write",
    "young": "While one event of this moment waited to be written",
    "old": "While one event of 20 s ago and one of this moment waited to be written",
    "later": "A second later, when some younger ones had come",
    "after": "When these had been written",
}


def test_database_is_protected(seen: Recording) -> None:
    """Never more than 8 writes at once, and while the backlog drains 99 % of the customers get their page.

    A backlog is load that was postponed. Who brings it all at once takes the database down for those who saw no lag.
    """
    phases = [seen.phase(name) for name in AFTER_THE_SALE]
    asked, bad, seconds = (sum(getattr(phase, of) for phase in phases) for of in ("requests", "errors", "seconds"))
    seen.require(asked > 5 * seconds, f"the customers asked {asked} times in {seconds:.0f} s, wanted 5 times a second")
    seen.require(not seen.phase("normal").errors, "customers got no page before the sale")
    most = max(seen.most_at_once, *(int(writes) for _, writes in seen.samples["writes at once"]))
    said = f"{most} writes were under way at once, and {bad} of {asked} customers got no page while the backlog drained"
    assert most <= MOST_AT_ONCE, f"{said}, wanted at most {MOST_AT_ONCE} writes"
    assert bad <= 0.01 * asked, f"{said}, wanted at most 1 % without a page"


def test_every_order_once(seen: Recording) -> None:
    """Every event that was sent is written once, and nothing else is, also when the database fails for a moment.

    A missing event is an order that nobody packs; one that takes effect twice is a customer who has paid twice.
    """
    for kind, what in (("missing", "never written"), ("doubled", "written twice"), ("strange", "not sent like that")):
        found = getattr(seen, kind)
        of = f"{found['number']} events were {what} (one of order {found.get('order_id')}; {seen.sent} were sent)"
        assert not found["number"], f"{of}{ended(seen)}, wanted each of them once, as it was sent"


def test_events_stay_in_order(seen: Recording) -> None:
    """The events of an order are written in the order in which they happened.

    Whoever writes "cancelled" before "paid" sends a parcel to somebody who has his money back.
    """
    missing, late = seen.missing["number"], seen.disordered
    assert missing < 0.9 * seen.sent, f"{missing} of {seen.sent} events were not written{ended(seen)}, wanted all"
    of = f"{late['number']} events were written after a later one of their order (one of order {late.get('order_id')})"
    assert not late["number"], f"{of}, wanted none"


def test_a_crash_loses_nothing(seen: Recording) -> None:
    """The consumer's host dies while it catches up; all that was sent before is written in the end.

    It begins again where it has told Kafka that it is. What was told and not written is nowhere any more.
    """
    of = f"{seen.lost} events from before the crash were never written (Kafka took {seen.exposed} of them for done)"
    assert not seen.lost, f"{of}{ended(seen)}, wanted none lost"
    assert seen.at_risk, f"the consumer had no write under way when its host died{ended(seen)}, wanted it at work"


def test_the_backlog_drains(seen: Recording) -> None:
    """As long as there is a backlog, at least 33 events a second are written: the storage can take 100.

    What is just fast enough for a usual day has the backlog of a sale for the rest of the week.
    """
    pace, at_once = seen.pace["per_second"], seen.pace["at_once"]
    of = f"{pace:.0f} events a second were written while there was a backlog, {at_once} at a time{ended(seen)}"
    assert not seen.too_slow, f"{of}, wanted at least {SLOWEST}, or {FEWEST} at a time on a busy machine"


def test_memory_is_bounded(seen: Recording) -> None:
    """While the storage hangs, the consumer holds at most 500 events that it has fetched and not written.

    Kafka keeps a backlog on disk, for days. A process that takes it all over has it in memory until none is left.
    """
    assert seen.hung, f"there was a backlog and the consumer had no write under way{ended(seen)}, wanted some"
    assert seen.held <= MOST_HELD, f"{seen.held} events were fetched and not written, wanted at most {MOST_HELD}"


def test_lag_is_told_in_seconds(seen: Recording) -> None:
    """`/lag` tells the age of the oldest event that is not written, and raises its alarm above 15 seconds.

    One order that has waited for an hour is an incident, ten thousand of the last second are a good day.
    """
    assert not seen.left, f"{seen.left} events were still to be written in the end{ended(seen)}, wanted a quiet topic"
    for name, situation in SITUATIONS.items():
        told, alarm = seen.told[name], name in ("old", "later")
        of = f"{situation}, /lag {told['answer']}, wanted about {told['most']:.0f} seconds, alarm {str(alarm).lower()}"
        assert (told["least"] - NEAR <= told["seconds"] <= told["most"] + NEAR, told["alarm"]) == (True, alarm), of
    first, later = (seen.told[name]["seconds"] for name in ("old", "later"))
    assert later >= first + 1, f"/lag said {first} seconds, a second later {later}, wanted it to grow with the time"


def ended(seen: Recording) -> str:
    """If the consumer has ended by itself: how often."""
    return f"; the consumer had ended by itself {len(seen.died)} times (exit codes {seen.died})" if seen.died else ""
