"""The feed: the newest posts, each with its author, its topics, and whether you like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

MOST_POSTS = 100

PAGE = text("""
    WITH page AS (
        SELECT * FROM posts
        WHERE CAST(:before AS int) IS NULL OR id < CAST(:before AS int)
        ORDER BY id DESC LIMIT :limit
    ), said AS (
        SELECT post_id, json_agg(name ORDER BY name) AS names
        FROM post_topics JOIN page ON page.id = post_id JOIN topics ON topics.id = topic_id GROUP BY post_id
    ), liking AS (
        SELECT post_id, count(*) AS many, bool_or(person_id = :viewer) AS mine
        FROM likes JOIN page ON page.id = post_id GROUP BY post_id
    )
    SELECT page.id, page.body, people.id AS author, people.name, avatars.url,
        coalesce(said.names, '[]') AS topics, coalesce(liking.many, 0) AS likes, coalesce(liking.mine, false) AS liked
    FROM page
        LEFT JOIN people ON people.id = page.author_id
        LEFT JOIN avatars ON avatars.person_id = people.id
        LEFT JOIN said ON said.post_id = page.id
        LEFT JOIN liking ON liking.post_id = page.id
    ORDER BY page.id DESC
""")

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
        with self._engine.connect() as connection:
            rows = connection.execute(PAGE, {"viewer": viewer, "limit": limit, "before": before}).all()
        posts = [
            {
                "id": row.id,
                "body": row.body,
                "author": None if row.author is None else {"name": row.name, "avatar": row.url},
                "topics": row.topics,
                "likes": row.likes,
                "liked": row.liked,
            }
            for row in rows
        ]
        return {"posts": posts, "before": posts[-1]["id"] if len(posts) == limit else None}


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
