"""Who writes what on this network, and what can the lab do and see in its database?"""

from __future__ import annotations

import json
from typing import Any

from harness import NotJudgedError, Run

from .limits import CUSTOMERS, LARGE

BLOCK, BLOCKS = 5, 2 * LARGE // 5
LIKES, TOPICS = (0, 4, 5, 6, 24), (0, 2, 3, 4, 6)
"""Of the five posts of a block: the one with the most likes has the most topics, and one has neither."""
CROWD = 30_000
NAMES = (
    "Ada",
    "Noor",
    "Miguel",
    "Zoë",
    "O'Brien",
    'Kim "Ki" Park',
    "Ngozi",
    "Łukasz",
    "Mei",
    "Per-Åke",
    "a;b",
    "Lee, Jr.",
    "Sam%20",
)
WORDS = (
    "pumps",
    "maps, old",
    "bread; rye",
    "trains/trams",
    "chess | go",
    "rivers",
    "radio: ham",
    'the "big" knot',
    "{birds}",
    "glass",
    "tea & cake",
    "clouds",
)
COST = "SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(rows), 0)::int AS rows FROM queries"

Person = dict[str, Any]
Post = dict[str, Any]


class Network:
    """People and posts drawn from the run's random numbers, seen with the lab's rights."""

    def __init__(self, run: Run) -> None:
        self._draw, self._db, self._feed = run.random, run.postgres("db").connect(), run.http("feed")
        self._next_post, self._next_person = (
            1_000_000 + self._draw.randrange(1_000_000),
            self._draw.randrange(10_000, 90_000),
        )
        self._topics = [[number, word] for number, word in enumerate(self._draw.sample(WORDS, len(WORDS)), 1)]
        self.viewers: list[int] = []
        self.posts: list[Post] = []
        self._do("SELECT setseed(%s)", self._draw.random())
        self.publish()

    def publish(self) -> None:
        """New people write new posts, the newest of all; some of these people are the viewers from now on."""
        people = [self._person(number) for number in range(4 * LARGE)]
        self.viewers = [one["id"] for one in self._draw.sample(people, CUSTOMERS)]
        without = [one for one in people if not one["avatar"]]
        others = [one for one in people if one["avatar"]]
        self.posts = [post for _ in range(BLOCKS) for post in self._block(people, others, without)]
        self._do("SELECT lab.publish(%s, %s)", json.dumps(people), json.dumps(self.posts))

    def _person(self, number: int) -> Person:
        self._next_person += self._draw.randrange(1, 9)
        name = f"{self._draw.choice(NAMES)} {self._draw.randrange(1000)}"
        return {"id": self._next_person, "name": name, "avatar": self._avatar() if number % 3 else None}

    def _avatar(self) -> str:
        return f"/avatars/{self._draw.randrange(16**8):08x}.png"

    def _block(self, people: list[Person], others: list[Person], without: list[Person]) -> list[Post]:
        """Five posts: an author who is gone, one without an avatar, the one who writes most, and two more."""
        ids = [one["id"] for one in people]
        authors = [None, without.pop()["id"], others[0]["id"], others.pop()["id"], others.pop()["id"]]
        likes = [self._draw.sample(ids, most) for most in LIKES]
        mixed = self._draw.sample(list(zip(likes, TOPICS, strict=True)), BLOCK)
        return [self._post(*one) for one in zip(authors, *zip(*mixed, strict=True), strict=True)]

    def _post(self, author: int | None, likes: list[int], topics: int) -> Post:
        self._next_post += self._draw.randrange(1, 9)
        body = f"{self._draw.choice(WORDS).capitalize()} and {self._draw.choice(WORDS)}, {self._draw.randrange(10**6)}"
        chosen = self._draw.sample(self._topics, topics)
        return {"id": self._next_post, "body": body, "author": author, "likes": likes, "topics": chosen}

    def gather_crowd(self) -> None:
        """A hundred times as many people, with older posts than all others; the viewers like many of these."""
        self._do("SELECT lab.gather_crowd(%s, %s, %s)", 10_000_000, CROWD, self.viewers)
        self._do("ANALYZE people, avatars, posts, likes, post_topics")

    def change(self, sql: str, viewer: int) -> None:
        """Do what another service does, to one thing."""
        done = self._db.execute(sql.encode(), {"viewer": viewer})
        if done.rowcount < 1:
            raise NotJudgedError(f"the lab could not change what it wanted to: {sql}")

    def _do(self, sql: str, *params: Any) -> Any:
        return next(iter((self._row(sql, *params)).values()), None)

    def _row(self, sql: str, *params: Any) -> dict[str, Any]:
        done = self._db.execute(sql.encode(), params)
        return (done.fetchone() if done.description else None) or {}

    def forget(self) -> None:
        """Count from zero."""
        self._do("SELECT forget()")

    def cost(self) -> dict[str, Any]:
        """`calls` and `rows` of the feed's statements since then."""
        return self._row(COST)

    def page(self, viewer: int, most: int, before: int | None = None) -> list[dict[str, Any]]:
        """The posts that this viewer has to see."""
        found: list[dict[str, Any]] = self._do("SELECT lab.page(%s, %s, %s)", viewer, most, before)
        return found

    def size(self, most: int, before: int | None) -> int:
        """Rows that the page is made of."""
        return int(self._do("SELECT lab.size(%s, %s)", most, before))

    def ask(self, viewer: int, most: int | None, before: int | None = None) -> dict[str, Any]:
        """Look at a page as a customer does, of the usual length or this; what was said, or why nothing was."""
        limit = "" if most is None else f"&limit={most}"
        older = "" if before is None else f"&before={before}"
        came = self._feed.get(f"/feed?viewer={viewer}{limit}{older}", timeout=10.0)
        return {"status": came.status, "error": came.error, "said": came.json}
