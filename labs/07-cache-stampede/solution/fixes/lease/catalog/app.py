"""The shop's product catalogue: every product page asks it for a name and a price."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Flask, Response, abort, jsonify
from redis import Redis
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

LOAD_PRODUCT = text("SELECT id, name, price_cents FROM load_product(:product_id)")

GIVE_BACK = 'if redis.call("get", KEYS[1]) == ARGV[1] then redis.call("del", KEYS[1]) end'
PATIENCE_SECONDS = 2.8
POLL_SECONDS = 0.02

Product = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql+psycopg://app:app@db/app"
    cache_url: str = "redis://cache:6379/0"
    ttl_seconds: float = 4.0
    lease_seconds: float = 3.0
    pool_size: int = 5
    pool_wait_seconds: float = 2.0


class Database:
    """PostgreSQL behind a pool of connections of fixed size."""

    def __init__(self, settings: Settings) -> None:
        self._engine = create_engine(
            settings.database_url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_wait_seconds,
        )

    def load(self, product_id: int) -> Product | None:
        """The product as it is now; None if there is no such product."""
        with self._engine.connect() as connection:
            row = connection.execute(LOAD_PRODUCT, {"product_id": product_id}).mappings().first()
        return dict(row) if row else None


class Cache:
    """Redis: products as JSON, each kept for a limited time, and the leases to fetch them."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(settings.cache_url, decode_responses=True)
        self._ttl_ms = int(settings.ttl_seconds * 1000)
        self._lease_ms = int(settings.lease_seconds * 1000)
        self._give_back = self._redis.register_script(GIVE_BACK)

    def get(self, product_id: int) -> Product | None:
        """The product; None if the cache does not have it."""
        cached = self._redis.get(f"product:{product_id}")
        return json.loads(cached) if cached else None

    def put(self, product_id: int, product: Product) -> None:
        """Keep the product until its time is over."""
        self._redis.set(f"product:{product_id}", json.dumps(product), px=self._ttl_ms)

    @contextmanager
    def lease(self, product_id: int) -> Iterator[bool]:
        """Whether the caller alone may fetch the product; it ends by itself if its holder dies."""
        key, token = f"lease:{product_id}", uuid4().hex
        mine = bool(self._redis.set(key, token, nx=True, px=self._lease_ms))
        try:
            yield mine
        finally:
            if mine:
                self._give_back(keys=[key], args=[token])


class Catalog:
    """Products, from the cache where possible; on a miss one request fetches, the others wait for what it brings."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache

    def product(self, product_id: int) -> Product | None:
        """The product; None if there is no such product."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if product := self._cache.get(product_id):
                return product
            with self._cache.lease(product_id) as mine:
                if mine:
                    # Looked up again: the holder before us may have brought it since.
                    return self._cache.get(product_id) or self._fetch(product_id)
            time.sleep(POLL_SECONDS)
        abort(503, "the product is still being fetched")

    def _fetch(self, product_id: int) -> Product | None:
        product = self._database.load(product_id)
        if product is not None:
            self._cache.put(product_id, product)
        return product


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    catalog = Catalog(Database(settings), Cache(settings))
    app = create_app("catalog")

    @app.get("/products/<int:product_id>")
    def show_product(product_id: int) -> Response:
        product = catalog.product(product_id)
        if product is None:
            abort(404, f"there is no product {product_id}")
        return jsonify(product)

    @app.errorhandler(SQLAlchemyError)
    def database_unavailable(error: SQLAlchemyError) -> tuple[Response, int]:
        app.logger.warning("database: %s", type(error).__name__)
        return jsonify(error="the database is not available"), 503

    return app


app = build()
