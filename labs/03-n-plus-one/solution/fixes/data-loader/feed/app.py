"""The feed: the newest posts, each with its author, its topics, and whether you like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Flask, Response, abort, jsonify, request
from models import Avatar, Like, Person, Post, Topic, post_topics
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session

MOST_POSTS = 100

Page = dict[str, Any]
T = TypeVar("T")


class Loader(Generic[T]):
    """Remembers which ids a request will need, and fetches all of them when the first is looked at."""

    def __init__(self, fetch: Callable[[Iterable[int]], Iterable[tuple[int, T]]]) -> None:
        self._fetch, self._wanted = fetch, set[int]()
        self._found: dict[int, list[T]] = {}

    def want(self, key: int | None) -> None:
        """This one will be looked at."""
        if key is not None and key not in self._found:
            self._wanted.add(key)

    def all(self, key: int | None) -> list[T]:
        """What there is for this id."""
        self.want(key)
        if self._wanted:
            self._found |= {wanted: [] for wanted in self._wanted}
            for found, value in self._fetch(self._wanted):
                self._found[found].append(value)
            self._wanted = set()
        return [] if key is None else self._found[key]

    def one(self, key: int | None) -> T | None:
        """The only one for this id."""
        return next(iter(self.all(key)), None)


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql+psycopg://app:app@hop/app"
    pool_size: int = 5
    pool_wait_seconds: float = 3.0


class Feed:
    """Pages of posts, the newest first."""

    def __init__(self, settings: Settings) -> None:
        self._engine = create_engine(
            settings.database_url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_wait_seconds,
        )

    def page(self, viewer: int, limit: int, before: int | None) -> Page:
        """The newest posts, or the newest before that post, as this viewer sees them."""
        newest = select(Post.id, Post.body, Post.author_id).order_by(Post.id.desc()).limit(limit)
        if before is not None:
            newest = newest.where(Post.id < before)
        with Session(self._engine) as session:
            rows, load = session.execute(newest).all(), Loads(session)
            for row in rows:
                load.want(row.id, row.author_id)
            posts = [load.show(row, viewer) for row in rows]
        return {"posts": posts, "before": posts[-1]["id"] if len(posts) == limit else None}


class Loads:
    """What one request loads."""

    def __init__(self, session: Session) -> None:
        def rows(query: Any, column: Any, key: Any) -> Callable[[Iterable[int]], Iterable[tuple[int, Any]]]:
            return lambda ids: [
                (row[0], row[1]) for row in session.execute(query.add_columns(column).where(key.in_(ids)))
            ]

        named = select(post_topics.c.post_id).join(Topic, Topic.id == post_topics.c.topic_id).order_by(Topic.name)
        self._names = Loader[str](rows(select(Person.id), Person.name, Person.id))
        self._avatars = Loader[str](rows(select(Avatar.person_id), Avatar.url, Avatar.person_id))
        self._topics = Loader[str](rows(named, Topic.name, post_topics.c.post_id))
        self._likes = Loader[int](rows(select(Like.post_id), Like.person_id, Like.post_id))

    def want(self, post: int, author: int | None) -> None:
        """This post will be shown."""
        self._topics.want(post)
        self._likes.want(post)
        self._names.want(author)
        self._avatars.want(author)

    def show(self, row: Any, viewer: int) -> dict[str, Any]:
        """The post as the viewer sees it."""
        name, likes = self._names.one(row.author_id), self._likes.all(row.id)
        return {
            "id": row.id,
            "body": row.body,
            "author": None if name is None else {"name": name, "avatar": self._avatars.one(row.author_id)},
            "topics": self._topics.all(row.id),
            "likes": len(likes),
            "liked": viewer in likes,
        }


def build() -> Flask:
    feed = Feed(load_settings(defaults=Settings))
    app = create_app("feed")

    @app.get("/feed")
    def show_feed() -> Response:
        viewer = request.args.get("viewer", type=int)
        if viewer is None:
            abort(400, "say who is looking: ?viewer=<id>")
        limit = request.args.get("limit", 20, type=int)
        if not 1 <= limit <= MOST_POSTS:
            abort(400, f"limit is 1 to {MOST_POSTS}")
        return jsonify(feed.page(viewer, limit, request.args.get("before", type=int)))

    @app.errorhandler(OperationalError)
    @app.errorhandler(NoConnectionError)
    def database_unavailable(error: Exception) -> tuple[Response, int]:
        app.logger.warning("database: %s", error)
        return jsonify(error="the database is not available"), 503

    return app


app = build()
