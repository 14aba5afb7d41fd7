"""What is in the shop, and what do its database, its cache and its pages say of it?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.drill import Run

POPULAR = 200
NEVER_ASKED = [240 * step for step in (1, 3, 7, 9, 11, 13, 17, 19, 21, 23, 27, 29, 31)]
"""How far the ids of products that no customer asks for are from the hottest one's. Locks that products share by their
number modulo 2 to 16 are shared with the hottest, those of 32, 64, 100 or more are not: the verdict is no lottery."""
OK = 200
CATALOGS = ["catalog-1", "catalog-2"]
KINDS = ("Kettle", "Lamp", "Mug", "Chair", "Rug", "Clock", "Vase", "Shelf", "Tray", "Stool", "Bowl", "Basket")
IN_FLIGHT = "SELECT count(*) AS reads FROM lab.ledger WHERE ended IS NULL"

Product = dict[str, Any]
Answer = dict[str, Any]


class Shop:
    """A stock drawn from the run's seed, seen with the lab's rights. The most popular product stands first."""

    def __init__(self, run: Run) -> None:
        self._db, self._watch = run.postgres("db").connect(), run.postgres("db").connect()
        self._cache = run.redis("cache")
        self._pages = {service: run.http(service) for service in ("edge", *CATALOGS)}
        hottest = run.random.randrange(10_000, 80_000)
        apart = [hottest + distance for distance in (0, *NEVER_ASKED)]
        others = run.random.sample([number for number in range(10_000, 100_000) if number not in apart], POPULAR - 1)
        ids = [hottest, *others, *apart[1:]]
        stock = [_product(number, run.random.choice(KINDS), run.random.randint(700, 9000)) for number in ids]
        self.popular, self.never_asked = stock[:POPULAR], stock[POPULAR:]
        self.value("SELECT lab.stock(%s)", json.dumps(stock))

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row."""
        row = self._db.execute(sql.encode(), params).fetchone() or {}
        return next(iter(row.values()), None)

    def now(self) -> Any:
        """The time as the ledger writes it."""
        return self.value("SELECT clock_timestamp()")

    def set(self, knob: str, setting: object) -> Any:
        """Turn a knob of the database; when that was."""
        return self.value(f"UPDATE lab.knobs SET {knob} = %s RETURNING clock_timestamp()", setting)  # noqa: S608 - our own

    def raise_price(self, product: Product) -> None:
        """From now on the product costs `new_price`."""
        rise = product["new_price"] - product["price"]
        self.value("INSERT INTO lab.price_changes VALUES (%s, %s) RETURNING product", product["id"], rise)

    def in_flight(self) -> int:
        """Reads that have begun and not ended."""
        row = self._watch.execute(IN_FLIGHT).fetchone()
        return int(row["reads"]) if row else 0

    def reads(self, product: Product, since: Any) -> int:
        """Reads of this product that began since then."""
        counted = "SELECT count(*) FROM lab.ledger WHERE product = %s AND began > %s"
        return int(self.value(counted, product["id"], since))

    def failed_reads(self, since: Any) -> int:
        """Reads that the database answered with an error."""
        return int(self.value("SELECT count(*) FROM lab.ledger WHERE failed AND began > %s", since))

    def bursts(self, since: Any) -> list[list[int]]:
        """[product, most reads of it within 1.5 s] for the 20 products that were read most since then."""
        rows = self._db.execute("SELECT * FROM lab.bursts(%s, 'infinity') LIMIT 20", (since,)).fetchall()
        return [[row["product"], row["reads"]] for row in rows]

    def lose(self, product: Product) -> None:
        """Take every copy of a product out of Redis, whatever its key or hash field is called."""
        name = f"*{product['id']}*"
        for key in self._cache.scan_iter(name, count=1000):
            self._cache.delete(key)
        for key in self._cache.scan_iter(count=1000, _type="hash"):
            for field, _ in self._cache.hscan_iter(key, name, count=1000):
                self._cache.hdel(key, field)

    def flush(self) -> Any:
        """Empty Redis; when that was."""
        self._cache.flushall()
        return self.now()

    def ask(self, services: list[str], products: list[Product], price: str, timeout: float) -> list[Answer]:
        """What each service answers for each product, all asked at once; `price`: which of the two is the right one."""
        asked = [(service, product) for service in services for product in products]

        def answer(one: tuple[str, Product]) -> Answer:
            service, product = one
            came = self._pages[service].get(f"/products/{product['id']}", timeout=timeout)
            right = came.json == {"id": product["id"], "name": product["name"], "price_cents": product[price]}
            said = came.status if came.status != OK else came.json
            return {"service": service, "product": product["id"], "right": right, "said": said or came.error}

        with ThreadPoolExecutor(len(asked)) as pool:
            return list(pool.map(answer, asked))


def _product(number: int, kind: str, price: int) -> Product:
    new = price + price // 10
    return {"id": number, "name": f"{kind} {number % 1000}", "price": price, "new_price": new, "prices": [price, new]}
