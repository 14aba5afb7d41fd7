"""What does a shop promise whose database can move, and whose name server can be wrong?"""

from __future__ import annotations

from harness.recording import Recording


def test_nothing_is_written_to_staging(seen: Recording) -> None:
    """No order of a customer of production is written into staging's database, whatever the name server says.

    Staging is emptied at night, read by people who may not see customers' data, and nobody delivers its orders.
    """
    assert not seen.misplaced, f"{len(seen.misplaced)} of production's orders were written to db-staging, wanted none"


def test_refuses_loudly(seen: Recording) -> None:
    """While a name leads to the other environment, a request gets its own environment's data, or 503 and a reason.

    An error is seen within a minute. A success with the wrong data was found after twenty-five.
    """
    wrong = ", ".join(f"{saw['wrong']} when {phase}" for phase, saw in seen.customers.items() if saw["wrong"])
    assert not wrong, f"answers with another environment's data: {wrong}, wanted none"
    for phase in ("misdirected", "new connections", "rolled back"):
        told = f"{phase}: {seen.customers[phase]['told']}"
        assert seen.customers[phase]["silent"] < 0.5, f"{told}, wanted answers or 503 at once"
    bad = seen.badly_answered
    assert not bad, f"{len(bad)} of {seen.visits} other customers got {bad[0]!r}, wanted 503 with a reason"


def test_comes_back_after_rollback(seen: Recording) -> None:
    """Customers are served on a normal day, and again 3 s and one TTL after the rollback, without a restart.

    Whoever remembers a wrong answer for longer than it was good makes the outage longer than the mistake.
    """
    served(seen, "normal", "recovered")
    assert seen.new_workers == [], f"processes {seen.new_workers} of the service are new, wanted no restart"


def test_follows_a_good_move(seen: Recording) -> None:
    """From 3 s and one TTL after a right change, all of production's orders are written to the new database.

    That is what a name is for: the old machine is about to be switched off, or the new one is, and all go back.
    """
    for wanted, went in seen.after_moves_to.items():
        assert set(went) == {wanted}, f"after the move to {wanted} orders went to {list(went)}, wanted it alone"
    served(seen, "moved", "moved back")


def test_a_dns_outage_is_survived(seen: Recording) -> None:
    """While the name server hangs for longer than a TTL, production takes orders, over new connections too.

    The database has not moved because nobody can say where it is.
    """
    served(seen, "no name server", "normal again")


def test_asks_dns_sparingly(seen: Recording) -> None:
    """Look-ups grow with time, at most four for each process and TTL, and not with requests.

    A name server that is asked for each request stands in the way of each request, and is the first to fall over.
    """
    for when, look_ups, most, requests in seen.asked:
        seen.require(requests > most, f"{when}: {requests} requests are too few, wanted over {most:.0f}")
        assert look_ups <= most, f"{when}: {look_ups} look-ups for {requests} requests, wanted at most {most:.0f}"


def test_the_tool_refuses(seen: Recording) -> None:
    """`zonectl` plans and applies what is right, and refuses what joins two environments, with a reason.

    The last place where this mistake costs nothing is the tool that it is made with.
    """
    for each in seen.changes:
        assert each["ended"] == each["wanted"], f"{each['told']}, wanted it {each['wanted']}"


def test_staging_still_works(seen: Recording) -> None:
    """Staging's testers see staging's products and place orders there all the time, and nowhere else.

    Who makes staging harmless by taking it away will have his changes tested in production.
    """
    served(seen, "staging")
    assert not seen.strays, f"{len(seen.strays)} of staging's orders were written to production, wanted none"
    assert not seen.lost_in_staging, f"{seen.lost_in_staging} accepted orders are not in db-staging, wanted all"


def test_no_accepted_order_is_lost(seen: Recording) -> None:
    """Each order that a customer of production was told to be accepted is in db-prod or db-prod-new.

    A customer who is told "no" comes again. One who is told "yes" waits for his parcel.
    """
    early, lost, of = seen.empty_promises, seen.lost, f"{seen.accepted} accepted orders"
    assert not early + lost, (
        f"{lost} of {of} are in no database of production, {early} more were not at once, wanted all"
    )


def served(seen: Recording, *phases: str) -> None:
    for phase, saw in [(phase, seen.customers[phase]) for phase in phases]:
        told = f"{phase}: {saw['errors']} of {saw['requests']} requests failed ({saw['told']})"
        assert saw["errors"] <= saw["allowed"], f"{told}, wanted at most {saw['allowed']:.0f}"
