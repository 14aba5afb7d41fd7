"""The feed: the newest posts, each with its author, its topics, and whether you like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from models import Person, Post
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session, joinedload, selectinload

MOST_POSTS = 100
SHOWN = (
    joinedload(Post.author).joinedload(Person.avatar),
    selectinload(Post.topics),
    selectinload(Post.likes),
)
"""All that a page shows of a post: one row each joined, many rows each in a statement of their own."""

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
        newest = select(Post).options(*SHOWN).order_by(Post.id.desc()).limit(limit)
        if before is not None:
            newest = newest.where(Post.id < before)
        with Session(self._engine) as session:
            posts = [show_post(post, viewer) for post in session.scalars(newest)]
        return {"posts": posts, "before": posts[-1]["id"] if len(posts) == limit else None}


def show_post(post: Post, viewer: int) -> dict[str, Any]:
    """The post as the viewer sees it."""
    return {
        "id": post.id,
        "body": post.body,
        "author": show_person(post.author) if post.author else None,
        "topics": [topic.name for topic in post.topics],
        "likes": len(post.likes),
        "liked": any(like.person_id == viewer for like in post.likes),
    }


def show_person(person: Person) -> dict[str, Any]:
    """A name, and a picture if there is one."""
    return {"name": person.name, "avatar": person.avatar.url if person.avatar else None}


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
