"""The shop's product catalogue: every product page asks it for a name and a price."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from dataclasses import dataclass
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


class Catalog:
    """Products, from the cache where possible; of each product one read at most is under way in this process."""

    def __init__(self, database: Database, cache: Cache) -> None:
        self._database = database
        self._cache = cache
        self._guard = threading.Lock()
        self._flights: dict[int, Future[Product | None]] = {}

    def product(self, product_id: int) -> Product | None:
        """The product; None if there is no such product."""
        if product := self._cache.get(product_id):
            return product
        with self._guard:
            flight = self._flights.get(product_id)
            first = flight is None
            if first:
                flight = self._flights[product_id] = Future()
        if first:
            self._fly(product_id, flight)
        return flight.result(timeout=PATIENCE_SECONDS)

    def _fly(self, product_id: int, flight: Future[Product | None]) -> None:
        try:
            # Looked up again: the flight before this one may have landed since.
            flight.set_result(self._cache.get(product_id) or self._fetch(product_id))
        except Exception as error:
            flight.set_exception(error)
        finally:
            with self._guard:
                del self._flights[product_id]

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

    @app.errorhandler(TimeoutError)
    @app.errorhandler(SQLAlchemyError)
    def database_unavailable(error: Exception) -> tuple[Response, int]:
        app.logger.warning("database: %s", type(error).__name__)
        return jsonify(error="the database is not available"), 503

    return app


app = build()
