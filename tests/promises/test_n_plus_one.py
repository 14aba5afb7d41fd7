"""Does each promise of lab 03 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge.checks import CheckResult
from harness.judge.store import load

PHASES = ("short pages", "long pages", "taken back", "one by one")
LONG = {"seconds": 4.0, "requests": 80, "ok": 80}
WELL: dict[str, Any] = {"seconds": 2.0, "requests": 40, "ok": 40}
ALL = (
    "queries_do_not_grow",
    "rows_stay_in_proportion",
    "answers_are_right",
    "viewers_do_not_share",
    "changes_show",
    "long_pages_survive_traffic",
)


def look(posts: int, calls: int = 4, rows: int | None = None, **more: Any) -> dict[str, Any]:
    """One page by itself, which is made of 13 rows for each post and brought just these."""
    size = 13 * posts
    return {"posts": posts, "size": size, "calls": calls, "rows": size if rows is None else rows, **right(), **more}


def right(problem: str | None = None, **wrong: list[str]) -> dict[str, Any]:
    """What was wrong with a page: nothing, if nothing is given."""
    return {"problem": problem, "wrong": wrong}


def seen(
    check: str,
    looks: list[dict[str, Any]] | None = None,
    phases: dict[str, Any] | None = None,
    **facts: Any,
) -> CheckResult:
    """What the promise says of a run that went well, but for what is given."""
    went_well: dict[str, Any] = {
        "viewer": 7,
        "looks": looks or [look(5), look(20), look(80), look(5), look(80)],
        "together": [right()] * 8,
        "changes": [{"what": "a person has a new avatar", **right()}] * 9,
        "traffic": {"calls": 400, "rows": 80_000, "pages": 100},
    }
    figures = dict.fromkeys(PHASES, WELL) | {"long pages": LONG | {"by_name": {"long page": LONG}}} | (phases or {})
    return says("n-plus-one", check, recording(facts=went_well | facts, phases=figures))


def failing(count: int, kind: str) -> dict[str, Any]:
    """Figures of a phase in which so many of 200 requests failed."""
    return {"seconds": 4.0, "requests": 200, "ok": 200 - count, "errors": count, "by_error": {kind: count}}


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    """The lab's judge.py, by itself."""
    folder = next((paths.ROOT / "labs").glob("*-n-plus-one")) / "drill"
    spec = importlib.util.spec_from_file_location(
        "n_plus_one", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec
    assert spec.loader
    sys.modules["n_plus_one"] = importlib.util.module_from_spec(spec)
    return importlib.import_module("n_plus_one.judge")


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", ALL[:-1])
@pytest.mark.parametrize("where", ["looks", "together", "changes"])
def test_a_page_that_does_not_come_breaks_each_promise_about_pages(check: str, where: str) -> None:
    """No answer, an error's status, or no list of posts: what came instead is told."""
    none = {"what": "somebody writes a post", **look(5), **right("HTTP 500")}
    facts: dict[str, Any] = {where: [none, *[look(80)] * 2]}
    result = seen(check, **facts)
    assert (result.outcome, "brought no page (HTTP 500)" in result.message) == ("failed", True)


# --- queries_do_not_grow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posts", [20, 80])
@pytest.mark.parametrize(("calls", "outcome"), [(9, "passed"), (10, "failed")])
def test_a_longer_page_may_cost_five_statements_more(posts: int, calls: int, outcome: str) -> None:
    """One for each kind of thing on it, and not one for each post."""
    result = seen("queries_do_not_grow", [look(5), look(20), look(80), look(posts, calls)])
    assert result.outcome == outcome


def test_many_statements_are_no_growth() -> None:
    """How many a page costs is not asked, as long as each page costs as many."""
    assert seen("queries_do_not_grow", [look(5, 40), look(20, 40), look(80, 42)]).outcome == "passed"


def test_a_page_without_statements_breaks_the_promise() -> None:
    """It cannot know what the database knows."""
    result = seen("queries_do_not_grow", [look(5, 0), look(20, 0), look(80, 0)])
    assert (result.outcome, "without any statement" in result.message) == ("failed", True)


# --- rows_stay_in_proportion --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "outcome"), [(150, "passed"), (151, "failed")])
def test_twice_the_rows_of_a_page_and_twenty_are_enough(rows: int, outcome: str) -> None:
    """A page of 5 posts is made of 65 rows here."""
    result = seen("rows_stay_in_proportion", [look(5, rows=rows), look(20), look(80)])
    assert result.outcome == outcome
    assert outcome == "passed" or "a page of 5 posts brought 151 rows, and it is made of 65" in result.message


# --- answers_are_right, viewers_do_not_share ----------------------------------------------------------------------


def test_one_wrong_page_breaks_the_promise() -> None:
    """The first difference is told."""
    wrong = look(80, wrong={"author": ["post 8: author is None, wanted {'name': 'Ada'}"]})
    result = seen("answers_are_right", [look(5), look(20), wrong])
    assert (result.outcome, "post 8: author is None" in result.message) == ("failed", True)
    assert seen("viewers_do_not_share", [look(5), look(20), wrong]).outcome == "passed"


@pytest.mark.parametrize("phase", PHASES[:3])
def test_one_wrong_page_of_a_customer_breaks_the_promise(phase: str) -> None:
    """In whichever phase."""
    result = seen("answers_are_right", phases={phase: failing(1, "wrong answer: author")})
    assert (result.outcome, "1× wrong answer: author" in result.message) == ("failed", True)


def test_anothers_likes_break_the_viewers_promise() -> None:
    """Where two look at once, in single looks, and where customers do; that is no other wrong answer."""
    wrong = right(liked=["post 8: liked is True, wanted False"])
    result = seen("viewers_do_not_share", together=[right(), wrong])
    assert (result.outcome, "post 8: liked is True" in result.message) == ("failed", True)
    assert seen("answers_are_right", together=[right(), wrong]).outcome == "passed"
    customers = {"taken back": failing(1, "wrong answer: liked")}
    assert seen("viewers_do_not_share", phases=customers).outcome == "failed"
    assert seen("answers_are_right", phases=customers).outcome == "passed"


# --- changes_show -------------------------------------------------------------------------------------------------


def test_a_change_that_does_not_show_breaks_the_promise() -> None:
    """What was changed, and what the page showed, is told."""
    old = {"what": "a person changes their name", **right(author=["post 8: author is Ada, wanted Ada (away)"])}
    result = seen("changes_show", changes=[old, {"what": "somebody writes a post", **right()}])
    assert result.outcome == "failed"
    assert (
        "1 of 2 changes did not show on the next page (the first: a person changes their name; post 8" in result.message
    )


# --- long_pages_survive_traffic -----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES[:3])
@pytest.mark.parametrize(("count", "outcome"), [(2, "passed"), (3, "failed")])
def test_more_than_one_error_in_a_hundred_breaks_the_customers_promise(phase: str, count: int, outcome: str) -> None:
    """In each phase; its name and the kind of error are told."""
    long = {"by_name": {"long page": LONG}}
    result = seen("long_pages_survive_traffic", phases={phase: failing(count, "timeout") | long})
    assert result.outcome == outcome
    assert outcome == "passed" or f"{phase}: 3 of 200 requests failed (3× timeout)" in result.message


@pytest.mark.parametrize(("calls", "outcome"), [(900, "passed"), (901, "failed")])
def test_a_page_costs_under_load_what_it_costs_by_itself(calls: int, outcome: str) -> None:
    """Four statements, and five more at most."""
    traffic = {"calls": calls, "rows": 80_000, "pages": 100}
    assert seen("long_pages_survive_traffic", traffic=traffic).outcome == outcome


def test_too_few_long_pages_are_no_verdict() -> None:
    """A promise that saw nothing does not pass."""
    few = {"long pages": WELL | {"by_name": {"long page": {"seconds": 2.0, "requests": 9, "ok": 9}}}}
    assert seen("long_pages_survive_traffic", phases=few).outcome == "unknown"


# --- what is wrong with a page ------------------------------------------------------------------------------------

POST = {"id": 8, "body": "Tea", "author": None, "topics": ["tea"], "likes": 2, "liked": False}
OTHER = {"id": 7, "body": "Maps", "author": {"name": "Ada", "avatar": None}, "topics": [], "likes": 0, "liked": False}


def page(*posts: dict[str, Any], before: int | None = 7, status: int = 200) -> dict[str, Any]:
    """An answer with these posts."""
    return {"status": status, "error": None, "said": {"posts": list(posts), "before": before}}


def test_the_right_page_has_no_differences(judge: ModuleType) -> None:
    """Nothing to tell."""
    assert judge.differences(page(POST, OTHER), [POST, OTHER]) == right()


@pytest.mark.parametrize(
    ("came", "problem"),
    [
        ({"status": None, "error": "timeout", "said": None}, "timeout"),
        (page(POST, OTHER, status=500), "HTTP 500"),
        ({"status": 200, "error": None, "said": [1]}, "no list of posts"),
        ({"status": 200, "error": None, "said": {"posts": [1, 2]}}, "no list of posts"),
    ],
)
def test_what_is_no_page_is_a_problem(judge: ModuleType, came: dict[str, Any], problem: str) -> None:
    """And nothing is compared."""
    assert judge.differences(came, [POST, OTHER]) == right(problem)


@pytest.mark.parametrize(
    ("came", "field", "text"),
    [
        (page(POST), "posts", "1 posts, wanted 2"),
        (page(OTHER, POST), "posts", "the right posts in another order"),
        (page(POST, OTHER | {"id": 6}), "posts", "other posts"),
        (page(POST | {"liked": True}, OTHER), "liked", "post 8: liked is True, wanted False"),
        (
            page(POST, OTHER | {"author": None}),
            "author",
            "post 7: author is None, wanted {'name': 'Ada', 'avatar': None}",
        ),
        (page(POST | {"more": 1}, OTHER), "more", "post 8: more is 1, wanted None"),
        (page(POST, OTHER, before=None), "before", "before is None, wanted 7"),
    ],
)
def test_what_is_not_as_it_has_to_be_is_told_by_field(judge: ModuleType, came: Any, field: str, text: str) -> None:
    """With the post, what was seen, and what was wanted."""
    assert judge.differences(came, [POST, OTHER]) == {"problem": None, "wrong": {field: [text]}}


# --- the recorded incident ----------------------------------------------------------------------------------------


def test_as_shipped_most_long_pages_do_not_come() -> None:
    """The story happens: short pages are well before and after, and of the long ones most fail."""
    shipped = load(paths.recordings_of("n-plus-one") / "as-shipped.json.gz")
    assert shipped.phase_names == list(PHASES)
    assert shipped.phase("short pages").error_ratio <= 0.01
    assert shipped.phase("long pages").named("long page").error_ratio >= 0.2
