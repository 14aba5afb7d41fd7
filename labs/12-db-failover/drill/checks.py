"""What does a cluster promise whose failover works?"""

from __future__ import annotations

from harness import Recording

from .judge import NIGHTS, RESUME_SECONDS, Night, night_of

FEWEST, USUAL, EARLY_SECONDS, CUSTOMERS, FEW = 10, 0.25, 0.5, 8, 0.05


def test_the_shop_is_open(seen: Recording) -> str:
    """While all is well, both standbys receive, orders are taken, and finance gets its reports, the long ones too.

    A cluster that loses nothing because it takes nothing is no answer.
    """
    nights = [open_night(seen, name) for name in NIGHTS]
    for night in nights:
        count, report, after = night.facts["followers"], night.facts["report"], night.report_ended_after
        assert count >= 2, f"before {night.name!r} {count} standbys received from db-a, wanted db-b and db-c"
        assert report, f"before {night.name!r} `GET /reports/sales` gave no report, wanted one of all orders"
        assert after is None, f"{night.name!r}: a report was broken off after {after:.1f} s, and no failover was needed"
        refused, of = night.refused
        told = f"{night.name!r}: {refused} of {of} orders were not taken while all databases were well, wanted"
        assert refused <= max(CUSTOMERS, FEW * of), f"{told} {FEW:.0%} at most"
    return f"both standbys and {min(night.normal for night in nights)} orders or more on each day; reports went on"


def test_no_needless_failover(seen: Recording) -> str:
    """While the primary is well, nothing is promoted, and the primary is neither switched off nor rebuilt.

    A controller that cannot see is no reason to stop a shop that sells. And each failover is a risk of its own.
    """
    nights = [open_night(seen, name) for name in NIGHTS]
    for night in nights:
        done = "; ".join(night.needless)
        assert not done, f"{night.name!r}: db-a was well and took orders, and {done}, wanted no failover"
    blind = nights[NIGHTS.index("blind")]
    flow = blind.rate(blind.facts["normal_until"], blind.facts["ended"])
    told = f"while db-a refused the controller alone, {flow:.0%} of the usual number of orders were taken"
    assert flow >= USUAL, f"{told}, wanted 25 % at least"
    return f"{told}, and db-a was the primary all along"


def test_writes_resume(seen: Recording) -> str:
    """After the primary's crash orders are taken again within 10 s, and go on when it comes back.

    A standby that is there and not used is the most expensive kind of backup.
    """
    crash = open_night(seen, "crash")
    killed, flowed = crash.facts["killed"], crash.facts["flowed"] or [0.0, 0.0]
    after = min((write.told - killed for write in crash.writes if write.sent >= killed), default=RESUME_SECONDS + 1)
    told = f"no order was taken in the 10 s after db-a's death, wanted the first by then; {crash.states}"
    assert after <= RESUME_SECONDS, told
    told = f"when db-a had come back, {(flow := crash.flow(*flowed)):.0%} of the usual number of orders were taken"
    assert flow >= USUAL, f"{told}, wanted 25 % at least; {crash.states}"
    return f"the first order {after:.1f} s after db-a's death, later {flow:.0%} of the usual number"


def test_acknowledged_writes_survive(seen: Recording) -> str:
    """Each order that a customer was told is taken is on the machine that takes orders when the night is over.

    An order that was refused can be sent again. One that was confirmed and is gone is found by the customer.
    """
    nights = [open_night(seen, name) for name in ("crash", "blind")]
    for night in nights:
        name, kept, of, lost = night.name, night.kept_on, len(night.writes), len(night.lacking(night.kept_on))
        assert kept, f"{name!r}: no machine takes orders at the end, wanted one with all {of} confirmed; {night.states}"
        early = sum(write.written - write.told > EARLY_SECONDS for write in night.writes)
        assert not early, f"{name!r}: {early} orders were confirmed before any machine had them, wanted none"
        assert not lost, f"{name!r}: {lost} of {of} confirmed orders are not on {kept}, wanted all of them"
    return "; ".join(f"{night.name!r}: {night.kept_on} has all {len(night.writes)} orders" for night in nights)


def test_one_writer_at_a_time(seen: Recording) -> str:
    """No two machines confirm orders in turn: one that has been succeeded confirms none, even if it comes back.

    Two histories of the same orders cannot be merged by a program. GitHub needed a day for 43 seconds of them.
    """
    nights = [open_night(seen, name) for name in NIGHTS]
    for night in nights:
        both = " and ".join(night.in_turn[0] if night.in_turn else ())
        assert not both, f"{night.name!r}: {both} confirmed orders in turn, wanted one writer at a time"
    return "; ".join(f"{night.name!r}: {', then '.join(night.writers)}" for night in nights)


def test_refuses_to_lose_data(seen: Recording) -> str:
    """With only stale standbys left, no promotion loses confirmed orders; without a promotion somebody is paged.

    Down for an hour is a bad night. An hour of orders gone is a bad month, and nobody is asked first.
    """
    night = open_night(seen, "stale")
    kept, of, paged = night.kept_on, len(night.writes), len(night.facts["pages"]) - night.facts["pages_before"]
    lost = len(night.lacking(kept))
    assert not lost, f"{kept} is the primary now and lacks {lost} of {of} confirmed orders, wanted none missing"
    assert kept or paged > 0, f"no machine was promoted and nobody was paged, wanted a page; {night.states}"
    return f"{kept} lacks none of {of} confirmed orders" if kept else "no machine promoted, a person paged"


def test_tells_beforehand(seen: Recording) -> str:
    """`/status` says ready on a normal day, not when both standbys receive nothing, and is right after a failover.

    The last test of the failover was 18 months ago. What is known at noon needs nobody at 02:14.
    """
    for night in (open_night(seen, name) for name in NIGHTS):
        *_, ready = night.said(night.facts["began"], night.facts["normal_until"])
        assert ready == "true", f"before {night.name!r} /status said {ready} for 12 s, wanted true; {night.states}"
    *_, ready = night.said(night.facts["cut"], night.facts["killed"])
    assert ready == "false", f"both standbys were cut off, and /status said {ready}, wanted false within 5 s"
    leader, receives, ready = seen.nights["crash"]["followed"][-1]
    told = f"after the crash /status said true, and no standby received from {leader or 'any primary'}"
    assert receives or ready != "true", f"{told}, wanted one that does, or false"
    return "true on each day before, false when both standbys were cut off, and right after the crash"


def open_night(seen: Recording, name: str) -> Night:
    """The night. Without customers and orders nothing can be said of it, nor if its fault did not take."""
    night = night_of(seen, name)
    told = f"before {name!r}, with all well, {night.normal} orders were confirmed (see `the shop is open`)"
    assert night.normal >= FEWEST or not night.sent, f"{told}, wanted {FEWEST} at least"
    seen.require(night.sent >= 4 * FEWEST, f"the customers sent {night.sent} orders in {name!r}, wanted at least 40")
    if name != "blind":
        missed = any(night.facts["cut"] <= write.sent and write.told <= night.facts["killed"] for write in night.writes)
        received = missed and 0 < night.facts["written"] <= max(night.facts["received"])
        seen.require(not received, f"{name!r}: the standbys went on receiving, so the fault did not take")
    return night
