"""What is in the shop's three databases, and what did its customers and testers get?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from harness import NotJudgedError, Run

from .judge import DATABASES, FIRST_IN_STAGING, STAGING

KINDS = ("Kettle", "Lamp", "Mug", "Chair", "Rug", "Clock", "Vase", "Shelf", "Tray", "Stool", "Bowl", "Basket")
STOCK = "INSERT INTO products SELECT * FROM jsonb_to_recordset(%s::jsonb) AS p (id int, name text, price_cents int)"
LEDGER = "SELECT number, product, extract(epoch FROM at)::float AS at FROM lab.ledger"
NOW = "SELECT extract(epoch FROM clock_timestamp())::float"
SLOW = """DO $$ BEGIN SET LOCAL lock_timeout = '500ms'; LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
PERFORM pg_sleep(0.4); EXCEPTION WHEN lock_not_available THEN END $$"""
CLOSE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename <> 'lab'"
RECENT = "SELECT count(*) FROM lab.ledger WHERE number < %s AND at > clock_timestamp() - make_interval(secs => %s)"
WORKERS = "grep -la 'g[u]nicorn' /proc/[0-9]*/cmdline"
FEWEST_CALM, FEWEST_PER_SECOND = 16, 10
"""So many requests are sent in a second of calm, and even by customers who all wait for 3 s in vain."""


class Shop:
    """Its databases, seen with the lab's rights, and its customers. They number their orders by environment."""

    def __init__(self, run: Run) -> None:
        self._run, draw = run, run.random
        self._db = {name: run.postgres(name).connect() for name in DATABASES}
        # By how much the databases' clock is ahead of the drill's, at most: it is read after the drill's.
        self._ahead = min(-run.clock() + float(self._one("db-prod", NOW)) for _ in range(3))
        self._closed: list[dict[str, Any]] = []
        cents = {number: draw.randint(700, 9000) for number in draw.sample(range(10_000, 100_000), 60)}
        rows = [{"id": n, "name": f"{draw.choice(KINDS)} {n % 1000}", "price_cents": cents[n]} for n in cents]
        other = [row | {"price_cents": cents[n] + draw.randint(1, 900)} for n, row in zip(cents, rows, strict=True)]
        for name in DATABASES:
            self._db[name].execute(STOCK, (json.dumps(other if name in STAGING else rows),))
        first = draw.randrange(1_000_000, 800_000_000, 1_000_000)
        kinds = {"production": ("orders", rows, first), "staging": ("staging-orders", other, FIRST_IN_STAGING)}
        self.for_customers = {
            name: {"url": "http://{}:{}".format(*run.address(at)), "products": products, "first_number": number}
            for name, (at, products, number) in kinds.items()
        }
        """Where customers and testers go, what they find there, and how they number their orders."""
        self._before = self._workers()
        run.record(a_product=rows[0]["id"])

    def _one(self, database: str, sql: str, *params: Any) -> Any:
        return next(iter((self._db[database].execute(sql.encode(), params).fetchone() or {}).values()), None)

    def _workers(self) -> list[int]:
        """The processes of production's service; none where it has ended."""
        said = ""
        with suppress(NotJudgedError):
            _, said = self._run.container("orders").exec(["sh", "-c", WORKERS])
        return sorted(int(line.split("/")[2]) for line in said.splitlines() if line.startswith("/proc/"))

    def close_connections(self, *databases: str) -> None:
        """All that services have to these databases, as a failover does; they are counted."""
        for database in databases:
            count, at = int(self._one(database, CLOSE)), round(self._run.clock(), 3)
            self._closed.append({"at": at, "database": database, "count": count})

    def hold_orders(self, database: str) -> None:
        """What is written to this database's orders waits for 0.4 s; what is read does not."""
        self._db[database].execute(SLOW)

    def misplaced(self) -> int:
        """How many orders of production's customers were written to staging in the last second."""
        return int(self._one("db-staging", RECENT, FIRST_IN_STAGING, 1.0))

    def moved(self, old: str, new: str) -> bool:
        """Whether production writes to the new database and no longer to the old one."""
        was, now = (self._one(database, RECENT, FIRST_IN_STAGING, 0.8) for database in (old, new))
        return bool(now and not was)

    def calm(self) -> bool:
        """Customers and testers have got right answers, and nothing else, for a second."""
        recent = [each.error for each in self._run.requests[-1000:] if each.start > self._run.clock() - 1.0]
        return len(recent) >= FEWEST_CALM and not any(recent)

    def books(self) -> dict[str, Any]:
        """Every request, every order that was accepted, and every one that was written, at its earliest, in columns."""
        sent, seconds = self._run.requests, self._run.clock()
        self._run.require(len(sent) > FEWEST_PER_SECOND * seconds, f"only {len(sent)} requests were sent")
        asked = [{"at": round(r.start, 2), "ms": round(r.ms), "name": r.name, "error": r.error} for r in sent]
        ledgers = [(name, row) for name in DATABASES for row in self._db[name].execute(LEDGER)]
        return {
            "requests": _columns(asked),
            "accepted": _columns(self._run.notes("accepted")),
            "written": _columns(row | {"at": row["at"] - self._ahead, "database": name} for name, row in ledgers),
            "closed": self._closed,
            "workers": [self._before, self._workers()],
        }


def _columns(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows by time, as one list for each column: that is a tenth of their size."""
    ordered = sorted((row | {"at": round(row["at"], 3)} for row in rows), key=lambda row: row["at"])
    return {name: [row[name] for row in ordered] for name in (ordered[0] if ordered else ())}
