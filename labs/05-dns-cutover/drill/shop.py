"""What is in the shop's three databases, who wrote it there, and what do its services answer?"""

from __future__ import annotations

import json
from typing import Any

from harness.drill import Run

DATABASES = ("db-prod", "db-prod-new", "db-staging")
PRODUCTION = ("db-prod", "db-prod-new")
CUSTOMERS, FEWEST = ("product", "order"), 12
PRODUCTS, FIRST_IN_STAGING = 60, 900_000_000
KINDS = ("Kettle", "Lamp", "Mug", "Chair", "Rug", "Clock", "Vase", "Shelf", "Tray", "Stool", "Bowl", "Basket")
SERVICES = {"production": "orders", "staging": "staging-orders"}
STOCK = "INSERT INTO products SELECT * FROM jsonb_to_recordset(%s::jsonb) AS p (id int, name text, price_cents int)"
LEDGER = "SELECT number, extract(epoch FROM at)::float AS at FROM lab.ledger ORDER BY at"
RECYCLE = (
    "SELECT count(pg_terminate_backend(pid)) AS closed FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND usename <> 'lab'"
)
RECENT = "SELECT count(*) AS orders FROM lab.ledger WHERE number < %s AND at > clock_timestamp() - interval '0.8 s'"
WORKERS = "grep -la 'g[u]nicorn' /proc/[0-9]*/cmdline"

Product = dict[str, Any]


class Shop:
    """Its databases, seen with the lab's rights. Production's customers and staging's testers use other numbers."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._db = {name: run.postgres(name).connect() for name in DATABASES}
        self._watch = run.postgres("db-staging").connect()
        self._zero = self._one("db-prod", "SELECT extract(epoch FROM clock_timestamp())::float") - run.clock()
        self.closed = dict.fromkeys(DATABASES, 0)
        self._first_workers = self._workers()
        ids = run.random.sample(range(10_000, 100_000), PRODUCTS)
        names = [f"{run.random.choice(KINDS)} {number % 1000}" for number in ids]
        real = [_product(number, name, run.random.randint(700, 9000)) for number, name in zip(ids, names, strict=True)]
        test = [each | {"price_cents": each["price_cents"] + run.random.randint(1, 900)} for each in real]
        self.products = {"production": real, "staging": test}
        self.first = run.random.randrange(1_000_000, 800_000_000, 1_000_000)
        for name in DATABASES:
            self._db[name].execute(STOCK, (json.dumps(self.products[_environment(name)]),))

    def _one(self, database: str, sql: str, *params: Any) -> Any:
        row = self._db[database].execute(sql.encode(), params).fetchone() or {}
        return next(iter(row.values()), None)

    def for_customers(self) -> dict[str, Any]:
        """Where customers and testers go, what they find there, and how they number their orders."""
        first = {"production": self.first, "staging": FIRST_IN_STAGING}
        return {
            name: {
                "url": "http://{}:{}".format(*self._run.address(SERVICES[name])),
                "products": self.products[name],
                "first_number": first[name],
            }
            for name in first
        }

    def recycle(self, *databases: str) -> None:
        """Close all connections that services have to these databases; `closed` counts them."""
        for database in databases:
            self.closed[database] += int(self._one(database, RECYCLE))

    def misplaced(self) -> int:
        """Orders of production's customers that were written to staging in the last 0.8 s."""
        row = self._watch.execute(RECENT, (FIRST_IN_STAGING,)).fetchone()
        return int(row["orders"]) if row else 0

    def moved(self, old: str, new: str) -> bool:
        """Whether production writes to the new database and no longer to the old one."""
        return bool(self._one(new, RECENT, FIRST_IN_STAGING) and not self._one(old, RECENT, FIRST_IN_STAGING))

    def calm(self) -> bool:
        """Customers of production have got right answers, and nothing else, for a second."""
        since = self._run.clock() - 1.0
        recent = [each for each in self._run.requests[-1000:] if each.start > since and each.name in CUSTOMERS]
        return len(recent) >= FEWEST and not any(each.error for each in recent)

    def written(self) -> list[dict[str, Any]]:
        """Every order that was written anywhere: database, number, and when (the drill's clock)."""
        rows = [(name, row) for name in DATABASES for row in self._db[name].execute(LEDGER)]
        return [
            {"database": name, "number": row["number"], "at": round(row["at"] - self._zero, 3)} for name, row in rows
        ]

    def have(self, databases: tuple[str, ...]) -> set[tuple[int, int]]:
        """The orders in these databases: number and product."""
        rows = [row for name in databases for row in self._db[name].execute("SELECT number, product FROM orders")]
        return {(row["number"], row["product"]) for row in rows}

    def new_workers(self) -> list[int]:
        """The processes of production's service that were not there at the start."""
        return sorted(self._workers() - self._first_workers)

    def _workers(self) -> set[int]:
        _, said = self._run.container("orders").exec(["sh", "-c", WORKERS])
        return {int(line.split("/")[2]) for line in said.splitlines() if line.startswith("/proc/")}


def _environment(database: str) -> str:
    return "production" if database in PRODUCTION else "staging"


def _product(number: int, name: str, cents: int) -> Product:
    return {"id": number, "name": name, "price_cents": cents}
