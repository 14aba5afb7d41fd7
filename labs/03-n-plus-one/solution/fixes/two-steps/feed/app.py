"""The feed: the newest posts, each with its author, its topics, and whether you like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from models import Avatar, Like, Person, Post, Topic, post_topics
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session

MOST_POSTS = 100

Page = dict[str, Any]


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
            rows = session.execute(newest).all()
            authors = authors_of(session, {row.author_id for row in rows if row.author_id is not None})
            topics = topics_of(session, [row.id for row in rows])
            likes = likes_of(session, [row.id for row in rows])
        posts = [
            {
                "id": row.id,
                "body": row.body,
                "author": authors.get(row.author_id),
                "topics": topics[row.id],
                "likes": len(likes[row.id]),
                "liked": viewer in likes[row.id],
            }
            for row in rows
        ]
        return {"posts": posts, "before": posts[-1]["id"] if len(posts) == limit else None}


def authors_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Each person as the page shows them, by id."""
    people = (
        select(Person.id, Person.name, Avatar.url)
        .outerjoin(Avatar, Avatar.person_id == Person.id)
        .where(Person.id.in_(ids))
    )
    return {row.id: {"name": row.name, "avatar": row.url} for row in session.execute(people)}


def topics_of(session: Session, ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of each post's topics in their order, by the post's id."""
    found: dict[int, list[str]] = defaultdict(list)
    named = (
        select(post_topics.c.post_id, Topic.name)
        .join(Topic, Topic.id == post_topics.c.topic_id)
        .where(post_topics.c.post_id.in_(ids))
        .order_by(Topic.name)
    )
    for post_id, name in session.execute(named):
        found[post_id].append(name)
    return found


def likes_of(session: Session, ids: Iterable[int]) -> dict[int, set[int]]:
    """The people who like each post, by the post's id."""
    found: dict[int, set[int]] = defaultdict(set)
    for post_id, person_id in session.execute(select(Like.post_id, Like.person_id).where(Like.post_id.in_(ids))):
        found[post_id].add(person_id)
    return found


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
