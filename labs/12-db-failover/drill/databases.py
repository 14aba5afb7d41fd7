"""What do the machines of the order database say of themselves, and the services that use them?"""

from __future__ import annotations

from typing import Any

import psycopg

from harness import Answer, NotJudgedError, Run

from .judge import MACHINES

Facts = dict[str, Any]


class Databases:
    """The three machines, seen with the lab's rights, and the services that use them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._connections: dict[str, psycopg.Connection[Facts]] = {}

    def rows(self, name: str, sql: str, *params: Any) -> list[Facts]:
        """What the query gives on this machine; nothing where no server answers. Connections are kept."""
        while True:
            kept = name in self._connections
            try:
                if not kept:
                    self._connections[name] = self._run.postgres(name).connect()
                    self._connections[name].execute("SET synchronous_commit = local")
                cursor = self._connections[name].execute(sql.encode(), params or None)
                return cursor.fetchall() if cursor.description else []
            except (NotJudgedError, psycopg.Error):
                self._connections.pop(name, None)
                if not kept:
                    return []

    def state(self, name: str) -> Facts:
        """How it stands, as the schema's view says, without what it does not know; empty where no server answers."""
        rows = self.rows(name, "SELECT * FROM lab.state")
        return {key: value for row in rows for key, value in row.items() if value is not None}

    def states(self) -> dict[str, Facts]:
        """The same of each machine."""
        return {name: self.state(name) for name in MACHINES}

    def primaries(self) -> dict[str, int]:
        """The machines that take writes, each with its timeline."""
        return {name: state["timeline"] for name, state in self.states().items() if "timeline" in state}

    def tables(self) -> dict[str, Facts]:
        """Where a server answers, its orders: columns of number, writer (`db-a (timeline 1)`) and ms of the drill."""
        sql, zero = "SELECT * FROM lab.taken(%s)", self._run.epoch(0.0)
        return {name: row for name in MACHINES for row in self.rows(name, sql, zero)}

    def last_writer(self) -> str:
        """The machine that took the newest of all orders."""
        return max(MACHINES, key=lambda name: float(self.state(name).get("newest", 0.0)))

    def confirmed(self, since: float, fewest: float = 1) -> list[float]:
        """When customers got their 201 for orders that they have sent since then; nothing if there were fewer."""
        mine = [request for request in self._run.requests[-4000:] if request.error is None and request.start >= since]
        return [request.start + request.ms / 1000 for request in mine] if len(mine) >= fewest else []

    def page(self, service: str, path: str, seconds: float = 2.0) -> Facts:
        """What a service says there; empty if it says nothing of use, or has ended."""
        try:
            answer = self._run.http(service).get(path, timeout=seconds)
        except NotJudgedError:
            return {}
        return answer.json if answer.ok and isinstance(answer.json, dict) else {}

    def tell_console(self, order: str) -> Answer:
        """An order that only the drill may give."""
        return self._run.http("console").post(f"/drill/{order}", 15.0, headers={"X-Outage-Key": self._run.key})
