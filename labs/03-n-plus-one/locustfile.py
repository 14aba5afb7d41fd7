"""What do people do on the network? They look at the feed again and again: at a few posts, then at many."""

from __future__ import annotations

import itertools
import time
from typing import Any

from locust import between, task

from loadtests import Customer, data

NAMES = {5: "short page", 80: "long page"}


class Reader(Customer):
    """Looks at the newest posts, reads, and looks again. How long a page is has been decided elsewhere."""

    wait_time = between(0.5, 1.5)
    numbers = itertools.count()

    def on_start(self) -> None:
        """Learn who this is, and what they like."""
        liked = data()["liked"]
        self.viewer, ids = liked[next(self.numbers) % len(liked)]
        self.likes = set(ids)
        self.began = time.monotonic()

    @task
    def look_at_the_feed(self) -> None:
        """One page, and whether it is the right one."""
        gone = time.monotonic() - self.began
        most = next(most for until, most in data()["lengths"] if gone < until)
        path = f"/feed?viewer={self.viewer}&limit={most}"
        self.ask(path, name=NAMES[most], expect=lambda body: self.complaint(body["posts"], most))

    def complaint(self, posts: list[dict[str, Any]], most: int) -> str | None:
        """The first field of a post that is not as it has to be; None if all are."""
        right = data()["pages"][str(most)]
        if [post["id"] for post in posts] != [post["id"] for post in right]:
            return "other posts"
        for post, other in zip(posts, right, strict=True):
            wanted = other | {"liked": other["id"] in self.likes}
            if post != wanted:
                return next((field for field in wanted if post.get(field) != wanted[field]), "more fields")
        return None
