"""What is in the shop, and what can the lab do to its database, its cache and its customers?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness import Run

from .limits import OTHERS_SECONDS

POPULAR = 200
SHARED_LOCKS = 240
"""How far apart ids are that share a lock, if locks are shared by the id modulo 2 to 16, 20, 24 or 30."""
NEVER_ASKED = 13
LATE_SECONDS = 8.0
"""Customers ask for a product that nobody has asked for before: not before so many seconds have gone."""
KINDS = ("Kettle", "Lamp", "Mug", "Chair", "Rug", "Clock", "Vase", "Shelf", "Tray", "Stool", "Bowl", "Basket")
IN_FLIGHT = "SELECT count(*) AS reads FROM lab.ledger WHERE ended IS NULL"
LEDGER = """
    SELECT product, dense_rank() OVER (ORDER BY client)::int AS process, failed,
        extract(epoch FROM began)::float8 AS began, extract(epoch FROM ended)::float8 AS ended
    FROM lab.ledger WHERE NOT (failed AND began >= to_timestamp(%s) AND began < to_timestamp(%s))
    ORDER BY read LIMIT 5000
"""
FAILED = "SELECT count(*) FROM lab.ledger WHERE failed AND began >= to_timestamp(%s)"

Product = dict[str, Any]
"""`id`, `name`, `price` (cents), `new_price` where it changes."""


class Shop:
    """A stock drawn from the run's random numbers, seen with the lab's rights."""

    def __init__(self, run: Run) -> None:
        self._run, self._draw = run, run.random
        self._db, self._watch = run.postgres("db").connect(), run.postgres("db").connect()
        self._cache, self._edge = run.redis("cache"), run.http("edge")
        self.popular, self.never_asked = self._stock()
        self.hottest = self.popular[0]
        middle, rare = self.popular[self._draw.randrange(15, 25)], self.popular[self._draw.randrange(100, 140)]
        self.changing = [self.hottest, middle, rare, self.never_asked.pop()]
        for product in self.changing:
            product["new_price"] = product["price"] + self._draw.randint(1, 3000)
        self._value("SELECT lab.stock(%s)", json.dumps([*self.popular, *self.never_asked, self.changing[-1]]))

    def _stock(self) -> tuple[list[Product], list[Product]]:
        """The products that customers ask for, and some more that could share a lock with the hottest of them.

        The distance is an odd multiple of 240, and none of 1200: those of 32, 64, 100 locks or more are not shared.
        """
        hottest = self._draw.randrange(10_000, 80_000)
        steps = [step for step in range(1, 84, 2) if step % 5]
        apart = [hottest + SHARED_LOCKS * step for step in self._draw.sample(steps, NEVER_ASKED)]
        free = [number for number in range(10_000, 101_000) if number not in {hottest, *apart}]
        ids = [hottest, *self._draw.sample(free, POPULAR - 1), *apart]
        stock = [self._product(number) for number in ids]
        return stock[:POPULAR], stock[POPULAR:]

    def _product(self, number: int) -> Product:
        name = f"{self._draw.choice(KINDS)} {self._draw.randrange(100, 1000)}"
        return {"id": number, "name": name, "price": self._draw.randint(700, 9000)}

    def for_customers(self) -> dict[str, Any]:
        """What the customers have to know of the stock."""
        late = {"after_seconds": LATE_SECONDS}
        *soon, last = [_known(product) | {"after_seconds": 0.0} for product in self.changing[1:]]
        popular = [_known(product) for product in self.popular]
        popular[0]["called"] = "hottest product"
        return {"products": popular, "regulars": [*soon, last | late]}

    # --- the database ---------------------------------------------------------------------------------------------

    def _value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row."""
        row = self._db.execute(sql.encode(), params).fetchone() or {}
        return next(iter(row.values()), None)

    def now(self) -> float:
        """The time by the ledger's clock, in seconds since 1970."""
        return float(self._value("SELECT extract(epoch FROM clock_timestamp())"))

    def set(self, knob: str, setting: object) -> float:
        """Turn a knob of the database; when that was, as `now`."""
        self._value(f"UPDATE lab.knobs SET {knob} = %s RETURNING 1", setting)  # noqa: S608 - our own
        return self.now()

    def change_price(self, product: Product) -> None:
        """From now on the product costs `new_price`."""
        rise = product["new_price"] - product["price"]
        self._value("INSERT INTO lab.price_changes VALUES (%s, %s) RETURNING product", product["id"], rise)

    def in_flight(self) -> int:
        """Reads that have begun and not ended."""
        row = self._watch.execute(IN_FLIGHT).fetchone()
        return int(row["reads"]) if row else 0

    def reads(self, product: Product, since: float) -> int:
        """Reads of this product that began since then."""
        counted = "SELECT count(*) FROM lab.ledger WHERE product = %s AND began > to_timestamp(%s)"
        return int(self._value(counted, product["id"], since))

    def ledger(self, down: float, back: float) -> dict[str, Any]:
        """The reads as columns, but for those that failed while the database did; of these only their number."""
        rows = self._db.execute(LEDGER, (down, back)).fetchall()
        reads = {name: [row[name] for row in rows] for name in ("product", "process", "failed")}
        times = {name: [row[name] and self._seconds(row[name]) for row in rows] for name in ("began", "ended")}
        return {"reads": reads | times, "failed_reads": int(self._value(FAILED, down))}

    def _seconds(self, epoch: float) -> float:
        return round(self._run.at(epoch), 3)

    # --- the cache and the pages ----------------------------------------------------------------------------------

    def lose(self, product: Product) -> None:
        """Take every copy of a product out of Redis, whatever its key or hash field is called."""
        name = f"*{product['id']}*"
        for key in self._cache.scan_iter(name, count=1000):
            self._cache.delete(key)
        for key in self._cache.scan_iter(count=1000, _type="hash"):
            for field, _ in self._cache.hscan_iter(key, name, count=1000):
                self._cache.hdel(key, field)

    def flush(self) -> float:
        """Empty Redis; when that was, as `now`."""
        self._cache.flushall()
        return self.now()

    def ask(self, products: list[Product]) -> list[dict[str, Any]]:
        """Look at these products, all at once, as customers do; each with its right answer and what was said."""
        with ThreadPoolExecutor(len(products)) as pool:
            return list(pool.map(self._ask, products))

    def _ask(self, product: Product) -> dict[str, Any]:
        came = self._edge.get(f"/products/{product['id']}", timeout=OTHERS_SECONDS)
        right = {"id": product["id"], "name": product["name"], "price_cents": product["price"]}
        return {"right": right, "status": came.status, "said": came.text[:300], "error": came.error}


def _known(product: Product) -> Product:
    prices = [product[kind] for kind in ("price", "new_price") if kind in product]
    return {"id": product["id"], "name": product["name"], "prices": prices, "called": "product"}
