"""The shop's product catalogue: every product page asks it for a name and a price."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify
from redis import Redis
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

LOAD_PRODUCT = text("SELECT id, name, price_cents FROM load_product(:product_id)")

Product = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql+psycopg://app:app@db/app"
    cache_url: str = "redis://cache:6379/0"
    ttl_seconds: float = 4.0
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
    """Redis: products as JSON, each kept for a limited time."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(settings.cache_url, decode_responses=True)
        self._ttl_ms = int(settings.ttl_seconds * 1000)

    def get(self, product_id: int) -> Product | None:
        """The product; None if the cache does not have it."""
        cached = self._redis.get(f"product:{product_id}")
        return json.loads(cached) if cached else None

    def put(self, product_id: int, product: Product) -> None:
        """Keep the product until its time is over."""
        self._redis.set(f"product:{product_id}", json.dumps(product), px=self._ttl_ms)

    def forget(self, product_id: int) -> None:
        """Drop the product."""
        self._redis.delete(f"product:{product_id}")


class Catalog:
    """Products, from the cache where possible."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache

    def product(self, product_id: int) -> Product | None:
        """The product; None if there is no such product."""
        product = self._cache.get(product_id)
        if product is None:
            product = self._refresh(product_id)
        return product

    def _refresh(self, product_id: int) -> Product | None:
        try:
            product = self._database.load(product_id)
        except SQLAlchemyError:
            self._cache.forget(product_id)
            raise
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
