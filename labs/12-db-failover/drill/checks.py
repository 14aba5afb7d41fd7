"""What does a cluster promise whose failover works?"""

from __future__ import annotations

from typing import Any

from harness.recording import Recording

FEWEST, USUAL, NIGHTS = 10, 0.25, ("crash", "blind", "stale")


def test_the_shop_is_open(seen: Recording) -> None:
    """While all is well, both standbys receive, orders are taken and finance gets its report.

    A cluster that loses nothing because it takes nothing is no answer.
    """
    for name in NIGHTS:
        night = night_of(seen, name)
        assert night["streaming"], f"before {name!r} not both standbys received from db-a, wanted both"
        assert night["report"], f"before {name!r} `GET /reports/sales` gave no report, wanted one of all orders"
    assert not night_of(seen, "crash")["broken_off"], "a report was broken off while all was well, wanted it to go on"


def test_writes_resume(seen: Recording) -> None:
    """After the primary's crash orders are taken again within 10 s, and go on when it comes back or was never away.

    A standby that is there and not used is the most expensive kind of backup.
    """
    after, died = (night_of(seen, "crash")[fact] for fact in ("resumed_after", "died"))
    assert after is not None, f"10 s after db-a was killed no order had been taken{died}, wanted the first within 10 s"
    for name, when in (("crash", "db-a had come back"), ("blind", "the controller saw db-a again")):
        flow = night_of(seen, name)["flow"]
        assert flow >= USUAL, f"when {when}, {flow:.0%} of the usual number of orders were taken, wanted 25 % at least"


def test_acknowledged_writes_survive(seen: Recording) -> None:
    """Each order that a customer was told is taken is on the machine that takes orders when the night is over.

    An order that was refused can be sent again. One that was confirmed and is gone is found by the customer.
    """
    for name in ("crash", "blind"):
        kept, early, lost, of = (night_of(seen, name)[fact] for fact in ("kept_on", "early", "lost", "acknowledged"))
        assert kept, f"{name!r}: no machine takes orders at the end, wanted one with all {of} acknowledged orders"
        assert not early, f"{name!r}: {early} orders were acknowledged before any machine had them, wanted none"
        assert not lost, f"{name!r}: {len(lost)} of {of} acknowledged orders are not on {kept}, wanted all of them"


def test_one_writer_at_a_time(seen: Recording) -> None:
    """In no night two machines acknowledge orders in turn: who has been succeeded acknowledges nothing any more.

    Two histories of the same orders cannot be merged by a program; GitHub needed a day for 43 seconds of them.
    """
    for name, both in [(name, night_of(seen, name)["two_at_once"]) for name in NIGHTS]:
        assert not both, f"{name!r}: {both[0]} acknowledged orders in turn, wanted one writer at a time"


def test_the_old_primary_is_fenced(seen: Recording) -> None:
    """When db-a comes back after the crash, it acknowledges no order as the primary that it was.

    It comes up as it went down: believing that it is the primary, with the first place in everybody's list.
    """
    night = night_of(seen, "crash")
    others = [writer for writer in night["writers"] if not writer.startswith("db-a")]
    assert others, "db-a was never succeeded, so it was not fenced when it came back, wanted another writer by then"
    taken, of = night["old_after_return"], night["after_return"]
    assert not taken, f"of {of} orders that were acknowledged after db-a had come back it took {taken}, wanted none"


def test_refuses_to_lose_data(seen: Recording) -> None:
    """With only stale standbys left: no promotion that loses acknowledged orders; who does not promote pages somebody.

    Down for an hour is a bad night. An hour of orders gone is a bad month, and nobody is asked first.
    """
    night = night_of(seen, "stale")
    lacks, of = night["promoted"] or {night["kept_on"]: len(night["lost"])}, night["acknowledged"]
    for name, lost in lacks.items():
        assert not lost, f"{name} is the primary now and lacks {lost} of {of} acknowledged orders, wanted none missing"
    assert night["primaries"] or night["paged"], f"nobody was promoted and nobody paged{night['died']}, wanted a page"


def test_tells_beforehand(seen: Recording) -> None:
    """`/status` says ready on a normal day, not when both standbys receive nothing, and is right after a failover.

    The last test of the failover was 18 months ago. What is known at noon needs nobody at 02:14.
    """
    for name in NIGHTS:
        ready, died = (night_of(seen, name)[fact] for fact in ("ready", "died"))
        assert ready is True, f"before {name!r}, with all well, /status said {ready}{died}, wanted true in 12 s"
    assert night_of(seen, "stale")["warned"], "both standbys cut off, /status still did not say false, wanted it in 5 s"
    none = night_of(seen, "crash")["no_standby_of"]
    assert not none, f"after the crash /status said true, and no standby received from {none}, wanted one, or false"


def night_of(seen: Recording, name: str) -> dict[str, Any]:
    """The night's facts; without customers and without orders there is nothing to be said."""
    night: dict[str, Any] = seen.nights[name]
    asked = sum(seen.phase(phase).requests for phase in seen.phase_names if phase.startswith(name))
    seen.require(asked >= 4 * FEWEST, f"the customers sent {asked} orders in {name!r}, wanted at least 40")
    assert night["normal"] >= FEWEST, f"{name!r}: {night['normal']} orders taken on the day before, wanted {FEWEST}"
    return night
