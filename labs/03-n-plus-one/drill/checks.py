"""What does a right fix of the feed promise?"""

from __future__ import annotations

from harness import Recording

from . import judge
from .limits import LARGE, MIDDLE, MORE_QUERIES, ROWS_AT_MOST, ROWS_BESIDES, SMALL

ERRORS = 0.01
"""This share of the customers' requests may fail, and one of fewer."""


def test_queries_do_not_grow(seen: Recording) -> str:
    """A page of 80 posts costs as many statements as one of 5, and at most five more: one for each kind of thing on it.

    Each statement is a round trip to the database. A page that needs some for each of its posts is fast on the
    day when it is written, and gets slower with everything that is put on it.
    """
    came(seen)
    calls = judge.calls(seen)
    small, middle, large = max(calls[SMALL]), max(calls[MIDDLE]), max(calls[LARGE])
    assert min(calls[SMALL]) > 0, "a page of 5 posts came without any statement: it cannot be as new as the database"
    said = f"a page of 5 posts cost {small} statements, one of 20 {middle}, one of 80 {large}"
    assert max(middle, large) <= small + MORE_QUERIES, f"{said}; wanted about as many for each"
    return said


def test_rows_stay_in_proportion(seen: Recording) -> str:
    """A page brings at most twice the rows that it is made of, however large the tables are.

    Few statements can bring too much: a whole table, or each like of a post once for each of its topics.
    """
    came(seen)
    for look in judge.too_many_rows(seen)[:1]:
        raise AssertionError(
            f"a page of {look['posts']} posts brought {look['rows']} rows, and it is made of {look['size']}; "
            f"wanted at most {ROWS_AT_MOST} times as many and {ROWS_BESIDES}"
        )
    most = max(look["rows"] / look["size"] for look in seen.looks)
    return f"a page brought at most {most:.1f} times the rows that it is made of"


def test_answers_are_right(seen: Recording) -> str:
    """Each page is what is in the database: all of its posts in their order, authors, avatars, topics, likes.

    Also where an author has deleted their account, has no avatar, or a name with a quote. A page that is fast because
    something is missing is an outage that nobody has noticed yet.
    """
    came(seen)
    wrong = judge.wrong_in_looks([*seen.looks, *seen.together], liked=False)
    assert not wrong, (
        f"{len(wrong)} of {len(seen.looks) + len(seen.together)} pages were wrong ({wrong[0]}), wanted none"
    )
    kinds = judge.wrong_in_traffic(seen, liked=False)
    told = ", ".join(f"{many}× {kind}" for kind, many in list(kinds.items())[:3])
    assert not kinds, f"customers got {sum(kinds.values())} wrong pages ({told}), wanted none"
    return f"{len(seen.looks) + len(seen.together)} pages were as the database has them"


def test_viewers_do_not_share(seen: Recording) -> str:
    """Each viewer sees what they like, and not what somebody else likes.

    What is kept for one viewer and shown to the next is a leak, whatever it saves.
    """
    came(seen)
    wrong = judge.wrong_in_looks([*seen.looks, *seen.together], liked=True)
    assert not wrong, f"{len(wrong)} pages showed wrong likes of their viewer ({wrong[0]}), wanted none"
    others = sum(judge.wrong_in_traffic(seen, liked=True).values())
    assert not others, f"{others} customers saw on their page what they do not like as liked, or the reverse"
    return "viewers who looked at the same page at the same moment saw their own likes"


def test_changes_show(seen: Recording) -> str:
    """What another service has changed shows on the next page that is asked for.

    A new avatar, a name, a like, a topic, a post, an account that is gone: people look at once whether it worked.
    """
    came(seen)
    old = [(one["what"], text) for one in seen.changes for text in [*one["wrong"].values()][:1]]
    assert not old, (
        f"{len(old)} of {len(seen.changes)} changes did not show on the next page (the first: {old[0][0]}; "
        f"{old[0][1][0]}), wanted all of them to"
    )
    return f"{len(seen.changes)} changes showed on the next page"


def test_long_pages_survive_traffic(seen: Recording) -> str:
    """Customers get their pages also when these are long: 99 % of the requests in all, and of those for long pages.

    And a page costs under load what it costs by itself: no more statements.
    """
    asked = judge.pages(seen, "long page")
    seen.require(asked >= 10, f"customers asked for {asked} long pages, wanted at least 10")
    for phase in seen.phase_names:
        figures = seen.phase(phase)
        kinds = ", ".join(f"{many}× {kind}" for kind, many in list(figures.by_error.items())[:3])
        assert figures.errors <= max(1, ERRORS * figures.requests), (
            f"{phase}: {figures.errors} of {figures.requests} requests failed ({kinds}), wanted at most 1 %"
        )
    pages, dearest = seen.traffic["pages"], max(max(some) for some in judge.calls(seen).values())
    assert seen.traffic["calls"] <= pages * (dearest + MORE_QUERIES), (
        f"under load, {pages} pages cost {seen.traffic['calls']} statements; one page by itself costs {dearest} at most"
    )
    return f"customers got {asked} long pages, at {seen.traffic['calls'] / pages:.0f} statements each"


def came(seen: Recording) -> None:
    """Each single look brought a page."""
    bad = judge.problems(seen)
    total = len(seen.looks) + len(seen.together) + len(seen.changes)
    assert not bad, (
        f"{len(bad)} of {total} single requests brought no page ({bad[0]}), wanted all of them to; see the feed's log"
    )
