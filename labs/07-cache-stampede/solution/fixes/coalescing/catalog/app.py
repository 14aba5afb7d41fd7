"""The shop's product catalogue: every product page asks it for a name and a price."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from flask import Flask, Response, abort, jsonify
from redis import Redis
from servicekit import create_app, load_settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

LOAD_PRODUCT = text("SELECT id, name, price_cents FROM load_product(:product_id)")

PATIENCE_SECONDS = 2.8

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


class Loader:
    """Between requests and database: what is wanted is queued once, and taken by as many readers as there are connections."""

    def __init__(self, database: Database, cache: Cache, readers: int) -> None:
        self._database = database
        self._cache = cache
        self._guard = threading.Lock()
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._wanted: dict[int, Future[Product | None]] = {}
        for _ in range(readers):
            threading.Thread(target=self._read_for_ever, daemon=True).start()

    def want(self, product_id: int) -> Future[Product | None]:
        """The product as it will be; all that want it before it has come share it."""
        with self._guard:
            if product_id not in self._wanted:
                self._wanted[product_id] = Future()
                self._queue.put(product_id)
            return self._wanted[product_id]

    def _read_for_ever(self) -> None:
        while True:
            product_id = self._queue.get()
            future = self._wanted[product_id]
            try:
                future.set_result(self._read(product_id))
            except Exception as error:
                future.set_exception(error)
            with self._guard:
                del self._wanted[product_id]

    def _read(self, product_id: int) -> Product | None:
        if product := self._cache.get(product_id):
            return product
        product = self._database.load(product_id)
        if product is not None:
            self._cache.put(product_id, product)
        return product


class Catalog:
    """Products, from the cache where possible, else from the loader."""

    def __init__(self, loader: Loader, cache: Cache) -> None:
        self._loader = loader
        self._cache = cache

    def product(self, product_id: int) -> Product | None:
        """The product; None if there is no such product."""
        product = self._cache.get(product_id)
        return product or self._loader.want(product_id).result(timeout=PATIENCE_SECONDS)


def build() -> Flask:
    settings = load_settings(defaults=Settings)
    cache = Cache(settings)
    catalog = Catalog(Loader(Database(settings), cache, settings.pool_size), cache)
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
