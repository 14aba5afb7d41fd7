"""What does a shop promise whose database can move, and whose name server can be wrong?"""

from __future__ import annotations

from harness import Recording

from . import judge
from .judge import NIGHT, PRODUCTION, STAGING, TTL_SECONDS


def test_nothing_is_written_to_staging(seen: Recording) -> str:
    """No order of a customer of production is written into staging's database, whatever the name server says.

    Staging is emptied at night, is read by people who may not see customers' data, and nobody delivers its orders.
    """
    misplaced, well = judge.orders(seen.written, *STAGING), judge.orders(seen.written, *PRODUCTION)
    told = f"{len(misplaced)} of production's {len(misplaced + well)} orders were written to db-staging"
    assert not misplaced, f"{told}, wanted none"
    assert well, f"{told}, and none to production's databases, wanted orders to be taken"
    return told


def test_refuses_loudly(seen: Recording) -> str:
    """While a name leads to the other environment, a request gets its own environment's data, or a 503.

    An error is seen within a minute. A success with the wrong data was found after twenty-five.
    """
    sent = judge.requests(seen, ours=True) + judge.requests(seen, ours=False)
    wrong = [each for each in sent if (each.error or "").startswith("wrong answer")]
    told = f"{len(wrong)} of {len(sent)} requests got a wrong answer"
    assert not wrong, f"{told} (one at {wrong[0].at:.1f} s, `{wrong[0].name}`: {wrong[0].error}), wanted none"
    nights = [judge.saw(seen, phase, ours=ours) for ours in (True, False) for phase in NIGHT]
    for saw in nights:
        assert saw.silent < 0.5, f"{saw}, wanted the right answer or 503, and at once"
    return f"{told}; {served(*nights)}"


def test_comes_back_after_rollback(seen: Recording) -> str:
    """Customers are served on a normal day, and again 3 s and one TTL after the rollback, without a restart.

    Code that remembers a wrong answer for longer than it was good makes the outage longer than the mistake.
    """
    told = served(judge.saw(seen, "normal"), judge.saw(seen, "recovered"))
    new = set(seen.workers[1]) - set(seen.workers[0])
    assert not new, f"{len(new)} of the service's processes ended and were started again, wanted no restart"
    return told


def test_follows_a_good_move(seen: Recording) -> str:
    """From 3 s and one TTL after a right change until the next, all of production's orders go to that database.

    That is what a name is for: the old machine is about to be switched off. Or the new one is, and all go back.
    """
    told, (old, new) = [], PRODUCTION
    for phase, until, wanted in (("normal", "moving", old), ("moved", "moving back", new), ("moved back", "", old)):
        went = judge.went(seen, phase, until)
        where = ", ".join(f"{count} to {name}" for name, count in went.items()) or "nowhere"
        assert set(went) == {wanted}, f"from `{phase}` on orders were written {where}, wanted all to {wanted}"
        told.append(f"{phase}: {went[wanted]} orders went to {wanted}")
    saw = served(*(judge.saw(seen, phase) for phase in ("moving", "moved", "moving back", "moved back")))
    return "; ".join([*told, saw])


def test_a_dns_outage_is_survived(seen: Recording) -> str:
    """While the name server is silent for longer than a TTL, production takes orders, over new connections too.

    The database has not moved because nobody can say where it is.
    """
    return served(judge.saw(seen, "no name server"))


def test_asks_dns_sparingly(seen: Recording) -> str:
    """Look-ups grow with time, at most four for each process and TTL, and not with requests.

    A name server that is asked for each request stands in the way of each request, and is the first to fall over.
    """
    sent = len(judge.requests(seen, ours=True) + judge.requests(seen, ours=False))
    told = f"{judge.look_ups(seen)[0][0]:.0f} look-ups for {sent} requests"
    for asked, seconds in judge.look_ups(seen):
        most = 4 * 3 * (seconds / TTL_SECONDS + 1)  # four for each of the three processes, and one TTL at the edge
        seen.require(sent > most, f"{sent} requests are too few to tell")
        assert asked <= most, f"{asked:.0f} look-ups in {seconds:.1f} s, wanted at most {most:.0f}; in all {told}"
    return told


def test_the_tool_refuses(seen: Recording) -> str:
    """`zonectl` plans and applies what is right, and refuses what joins two environments, with a reason.

    The last place where this mistake costs nothing is the tool that it is made with.
    """
    bad, done = judge.misdone(seen), sum(call["code"] == 0 for call in seen.calls)
    assert not bad, bad[0] + (f"; {len(bad) - 1} more of {len(seen.calls)} calls went wrong" if bad[1:] else "")
    return f"{done} right plans and changes were done, {len(seen.calls) - done} others refused"


def test_staging_still_works(seen: Recording) -> str:
    """Staging's testers see staging's products and place orders there all the time, and nowhere else.

    If you make staging harmless by taking it away, its users will test in production.
    """
    told = served(judge.saw(seen, *(name for name in judge.spans(seen, *NIGHT) if name not in NIGHT), ours=False))
    strays, lost = len(judge.orders(seen.written, *PRODUCTION, ours=False)), judge.lost(seen, ours=False)
    assert not strays, f"{strays} of staging's orders were written to production, wanted none"
    assert not lost, f"{lost} accepted orders of testers are not in db-staging, wanted all"
    return told


def test_no_accepted_order_is_lost(seen: Recording) -> str:
    """Each order that a customer of production was told to be accepted is in db-prod or db-prod-new by then.

    A customer who is told "no" comes again. One who is told "yes" waits for a parcel.
    """
    early, lost = judge.promised_too_early(seen), judge.lost(seen)
    of = f"{len(judge.orders(seen.accepted))} accepted orders"
    assert not lost, f"{lost} of {of} are in no database of production, wanted all"
    assert not early, f"{len(early)} of {of} were written up to {max(early):.1f} s after the answer, wanted all before"
    return f"{of}, all of them written before the answer"


def served(*saw: judge.Saw) -> str:
    """What these customers or testers saw; they may not have had more errors than are allowed."""
    for each in saw:
        other = " in another way" if each.failed < each.errors.total() else ""
        assert each.failed <= each.allowed, f"{each}, wanted at most {max(0, each.allowed):.0f}{other}"
    return "; ".join(map(str, saw))
