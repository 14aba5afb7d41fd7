"""The shop's product catalogue: every product page asks it for a name and a price."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, jsonify
from redis import Redis
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

LOAD_PRODUCT = text("SELECT id, name, price_cents FROM load_product(:product_id)")

PATIENCE_SECONDS = 2.8
REFRESH_EVERY_MS = 1000

Product = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What settings.toml and the environment can change."""

    database_url: str = "postgresql+psycopg://app:app@db/app"
    cache_url: str = "redis://cache:6379/0"
    fresh_seconds: float = 2.5
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
    """Redis: products as JSON with the time of their reading, and the permits to refresh them."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(settings.cache_url, decode_responses=True)
        self._ttl_ms = int(settings.ttl_seconds * 1000)

    def get(self, product_id: int) -> tuple[Product | None, float]:
        """The product and its age in seconds."""
        cached = self._redis.get(f"product:{product_id}")
        product, read_at = json.loads(cached) if cached else (None, 0.0)
        return product, time.time() - read_at

    def put(self, product_id: int, product: Product, read_at: float) -> None:
        self._redis.set(f"product:{product_id}", json.dumps([product, read_at]), px=self._ttl_ms)

    def may_refresh(self, product_id: int) -> bool:
        """True for one caller a second, of all processes."""
        return bool(self._redis.set(f"refresh:{product_id}", 1, nx=True, px=REFRESH_EVERY_MS))


class Catalog:
    """Products from the cache: a copy past its freshness is answered once more, while one reader brings the next."""

    def __init__(self, database: Database, cache: Cache, settings: Settings) -> None:
        self._database = database
        self._cache = cache
        self._fresh_seconds = settings.fresh_seconds
        self._readers = ThreadPoolExecutor(max_workers=settings.pool_size)
        self._guard = threading.Lock()
        self._reads: dict[int, Future[Product | None]] = {}

    def product(self, product_id: int) -> Product | None:
        """The product; None if there is no such product."""
        product, age = self._cache.get(product_id)
        if product is None:
            return self._read(product_id).result(timeout=PATIENCE_SECONDS)
        if age > self._fresh_seconds and self._cache.may_refresh(product_id):
            self._read(product_id)
        return product

    def _read(self, product_id: int) -> Future[Product | None]:
        """The one read of this product that is under way in this process."""
        with self._guard:
            if product_id not in self._reads:
                self._reads[product_id] = self._readers.submit(self._fetch, product_id)
            return self._reads[product_id]

    def _fetch(self, product_id: int) -> Product | None:
        try:
            product, age = self._cache.get(product_id)
            if product is None or age > self._fresh_seconds:
                read_at = time.time()
                product = self._database.load(product_id)
                if product is not None:
                    self._cache.put(product_id, product, read_at)
            return product
        finally:
            with self._guard:
                del self._reads[product_id]


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    catalog = Catalog(Database(settings), Cache(settings), settings)
    app = create_app("catalog")

    @app.get("/products/<int:product_id>")
    def show_product(product_id: int) -> Response:
        product = catalog.product(product_id)
        if product is None:
            abort(404, f"there is no product {product_id}")
        return jsonify(product)

    @app.errorhandler(TimeoutError)
    @app.errorhandler(SQLAlchemyError)
    def database_unavailable(error: Exception) -> tuple[Response, int]:
        app.logger.warning("database: %s", type(error).__name__)
        return jsonify(error="the database is not available"), 503

    return app


app = build()
