"""What is in the shop, and what can the lab do to its database, its cache and its customers?"""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness import Run

POPULAR, CHANGING, QUIET = 60, 24, 12
NEVER_ASKED = 10
SHARED_LOCKS = 240
"""How far apart ids are that share a lock, if locks are shared by the id modulo 2 to 16, 20, 24 or 30."""
PRIMES = (3, 5, 7, 11, 13, 17, 19, 23), (31, 37, 61, 97, 101), (127, 251, 257), (997, 1009, 1021)
ALIKE = [2**16 * 3 * 5**4, *map(math.prod, PRIMES)]
"""How far apart ids are that are the same modulo a power of two or of ten, or a number that somebody may choose."""
KINDS = ("Kettle", "Lamp", "Mug", "Chair", "Rug", "Clock", "Vase", "Shelf", "Tray", "Stool", "Bowl", "Basket")
LEDGER = """
    SELECT product, dense_rank() OVER (ORDER BY client)::int AS process, failed,
        extract(epoch FROM began)::float8 AS began, extract(epoch FROM ended)::float8 AS ended
    FROM lab.ledger WHERE NOT (failed AND (product = ANY(%s) OR began >= to_timestamp(%s) AND began < to_timestamp(%s)))
    ORDER BY read LIMIT 5000
"""
FAILED = "SELECT count(*) FROM lab.ledger WHERE failed AND began >= to_timestamp(%s) AND began < to_timestamp(%s)"
UNDER_WAY = "SELECT count(*) FROM lab.ledger WHERE product = %s AND ended IS NULL AND began < to_timestamp(%s)"
FIRST = "SELECT extract(epoch FROM min(began))::float8 FROM lab.ledger WHERE product = %s AND began >= to_timestamp(%s)"

Product = dict[str, Any]  # `id`, `name`, `price` (cents), and all its `prices` where it changes


class Shop:
    """A stock drawn from the run's random numbers, seen with the lab's rights."""

    def __init__(self, run: Run) -> None:
        self._run, self._draw = run, run.random
        self._db, self._watch = run.postgres("db").connect(), run.postgres("db").connect()
        self._cache, self._edge = run.redis("cache"), run.http("edge")
        self.popular, self.never_asked, self.twins, self.quiet = self._stock()
        self.hottest, *rest = self.popular
        self.damaged, self.unreadable = rest[:3], self._draw.sample(rest[3:12], 4)
        self.failed = (0.0, 0.0)
        others = [product for product in rest[:40] if product not in self.unreadable]
        self.changing = [self.hottest, *self.unreadable, *self._draw.sample(others, CHANGING - 5)]
        self._value("SELECT lab.stock(%s)", json.dumps([*self.popular, *self.never_asked, *self.twins, *self.quiet]))

    def _stock(self) -> list[list[Product]]:
        """What many customers ask for; what could share a lock with the hottest of it; its twins; what few ask for.

        The second ones' distance is an odd multiple of 240, and none of 1200: of 32, 64, 100 locks or more they share
        none. Twins are the same as it modulo many a number, and so is each second popular product as the one before it.
        """
        drawn = self._draw.sample(range(10_000, 1_000_000_000), 1 + POPULAR // 2 + QUIET)
        first, pairs, quiet = drawn[0], drawn[1:-QUIET], drawn[-QUIET:]
        steps = [step for step in range(1, 84, 2) if step % 5]
        apart = [first + SHARED_LOCKS * step for step in self._draw.sample(steps, NEVER_ASKED)]
        alike = [first + far for far in (ALIKE[0], 2 * ALIKE[0], self._draw.choice(ALIKE[1:]))]
        popular = [number for one in pairs for number in (one, one + self._draw.choice(ALIKE))]
        ids = [first, *popular[: POPULAR - 1]], apart, alike, quiet
        return [[self._product(number) for number in some] for some in ids]

    def _product(self, number: int) -> Product:
        name = f"{self._draw.choice(KINDS)} {self._draw.randrange(100, 1000)}"
        return {"id": number, "name": name, "price": self._draw.randint(700, 9000)}

    def for_customers(self) -> dict[str, Any]:
        """What the customers have to know of the stock."""
        known = [{"called": "product", "prices": [one["price"]]} | one for one in (*self.popular, *self.quiet)]
        return {"products": [known[0] | {"called": "hottest product"}, *known[1:POPULAR]], "quiet": known[POPULAR:]}

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

    def trouble(self, products: list[Product], kind: str) -> float:
        """From now on reads of these products have this trouble; since when, as `now`."""
        began = self.now()
        for product in products:
            self._value("INSERT INTO lab.troubles VALUES (%s, %s) RETURNING 1", product["id"], kind)
        return began

    def heal(self, products: list[Product]) -> None:
        """Reads of these products are as those of all others."""
        for product in products:
            self._value("DELETE FROM lab.troubles WHERE product = %s RETURNING 1", product["id"])

    def in_flight(self) -> int:
        """Reads that have begun and not ended."""
        return len(self._watch.execute("SELECT FROM lab.ledger WHERE ended IS NULL").fetchall())

    def first_read(self, product: Product, since: float) -> float | None:
        """When its first read since then began, as `now`; None if there is none."""
        began: float | None = self._value(FIRST, product["id"], since)
        return began

    def under_way(self, product: Product, since: float) -> int:
        """How many of its reads that had begun before have not ended."""
        return int(self._value(UNDER_WAY, product["id"], since))

    def ledger(self) -> dict[str, Any]:
        """The reads as columns, but for those that failed because they had to; of the database's failure, how many."""
        rows = self._db.execute(LEDGER, ([one["id"] for one in self.unreadable], *self.failed)).fetchall()
        reads = {name: [row[name] for row in rows] for name in ("product", "process", "failed")}
        times = {name: [row[name] and round(self._run.at(row[name]), 3) for row in rows] for name in ("began", "ended")}
        return {"reads": reads | times, "failed_reads": int(self._value(FAILED, *self.failed))}

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
            came = list(pool.map(lambda product: self._edge.get(f"/products/{product['id']}"), products))
        right = ({"id": one["id"], "name": one["name"], "price_cents": one["price"]} for one in products)
        said = [{"status": one.status, "said": one.json or one.text[:300], "error": one.error} for one in came]
        return [{"right": page} | what for page, what in zip(right, said, strict=True)]
