"""What do the looks at the feed say: what did each cost, and what was wrong with it?"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import Any

from harness import Picture, Recording

from .limits import LARGE, MIDDLE, ROWS_AT_MOST, ROWS_BESIDES, SMALL

LIKED = "liked"
MOST_WRONG, MOST_CHARACTERS = 3, 80


def differences(came: dict[str, Any], right: list[dict[str, Any]]) -> dict[str, Any]:
    """`problem`, if no page came; `wrong`: what is not as it has to be, by field, with the first few of each.

    A field is one of a post's, or `posts` where these are others or in another order, or `before`. The page is full.
    """
    if came["error"] or came["status"] != HTTPStatus.OK:
        return {"problem": came["error"] or f"HTTP {came['status']}", "wrong": {}}
    posts = came["said"].get("posts") if isinstance(came["said"], dict) else None
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        return {"problem": "no list of posts", "wrong": {}}
    seen, wanted = [post.get("id") for post in posts], [post["id"] for post in right]
    if seen != wanted:
        return {"problem": None, "wrong": {"posts": [_order(seen, wanted)]}}
    wrong: dict[str, list[str]] = {}
    if came["said"].get("before", "not there") != wanted[-1]:
        wrong["before"] = [f"before is {_short(came['said'].get('before'))}, wanted {wanted[-1]}"]
    for post, other in zip(posts, right, strict=True):
        for field in sorted(other.keys() | post.keys()):
            if field not in post or field not in other or post[field] != other[field]:
                text = f"post {other['id']}: {field} is {_short(post.get(field))}, wanted {_short(other.get(field))}"
                wrong.setdefault(field, []).append(text)
    return {"problem": None, "wrong": {field: texts[:MOST_WRONG] for field, texts in wrong.items()}}


def _order(seen: list[Any], wanted: list[int]) -> str:
    if len(seen) != len(wanted):
        return f"{len(seen)} posts, wanted {len(wanted)}"
    return "the right posts in another order" if set(map(str, seen)) == set(map(str, wanted)) else "other posts"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def looks(seen: Recording, posts: int) -> list[dict[str, Any]]:
    """The single looks at pages of so many posts, in both sets of data."""
    return [look for look in seen.looks if look["posts"] == posts]


def calls(seen: Recording) -> dict[int, list[int]]:
    """Statements of each single look, by the number of posts."""
    return {posts: [look["calls"] for look in looks(seen, posts)] for posts in (SMALL, MIDDLE, LARGE)}


def too_many_rows(seen: Recording) -> list[dict[str, Any]]:
    """Looks that brought more rows than their page can need, the worst first."""
    bad = [look for look in seen.looks if look["rows"] > ROWS_AT_MOST * look["size"] + ROWS_BESIDES]
    return sorted(bad, key=lambda look: -look["rows"] / look["size"])


def problems(seen: Recording) -> list[str]:
    """Single looks that brought no page, and why."""
    every = [*seen.looks, *seen.together, *seen.changes]
    return [look["problem"] for look in every if look["problem"]]


def wrong_in_looks(some: list[dict[str, Any]], *, liked: bool) -> list[str]:
    """What was wrong in these looks: whether the viewer likes a post, or all the rest."""
    return [texts[0] for look in some for field, texts in look["wrong"].items() if (field == LIKED) == liked]


def wrong_in_traffic(seen: Recording, *, liked: bool) -> dict[str, int]:
    """Answers to customers that were wrong, by what was wrong with them; the same two kinds."""
    kinds = sum((Counter(seen.phase(name).by_error) for name in seen.phase_names), Counter[str]())
    wrong = {kind: many for kind, many in kinds.items() if kind.startswith("wrong answer")}
    return {kind: many for kind, many in wrong.items() if (kind == f"wrong answer: {LIKED}") == liked}


def pages(seen: Recording, name: str) -> int:
    """Pages of this kind that customers asked for."""
    return sum(seen.phase(phase).named(name).requests for phase in seen.phase_names)


def pictures(seen: Recording) -> list[Picture]:
    """What single pages cost: statements and rows, by the number of posts."""
    rows = [[look["posts"], look["calls"], look["rows"], look["size"]] for look in seen.looks]
    rows.sort()
    bars = {"x": [f"{one[0]} posts ({number})" for number, one in enumerate(rows, 1)], "y": [one[1] for one in rows]}
    more = {"limit": min(calls(seen)[SMALL], default=0), "x_title": "page", "y_title": "statements"}
    table = {"columns": ["posts", "statements", "rows that came", "rows that the page is made of"], "rows": rows}
    return [
        Picture("Statements for one page (the line: the cheapest page of five posts)", "bars", bars | more),
        Picture("What single pages cost", "table", table),
    ]
