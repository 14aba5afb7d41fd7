"""What does the drill see of the machines, and what do its nights have in common: how do they begin, flow and end?"""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import Any

import psycopg

from harness import NotJudgedError, Run

from .judge import FLOW_SECONDS, MACHINES

Facts = dict[str, Any]
FIRST, STANDBYS, MISSED, GOOD_FLOW = {MACHINES[0]: 1}, MACHINES[1:], 10, 0.5
READY_SECONDS, SETTLED_SECONDS, AGREE_SECONDS, DAY_SECONDS, LATE_SECONDS = 12.0, 8.0, 3.0, 4.0, FLOW_SECONDS + 4.0


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

    def succeeded(self) -> set[str]:
        """The machines that take writes, and did not on the first day."""
        return set(self.primaries()) - set(FIRST)

    def tables(self) -> dict[str, Facts]:
        """Where a server answers, its orders: columns of number, writer (`db-a (timeline 1)`) and ms of the drill."""
        sql, zero = "SELECT * FROM lab.taken(%s)", self._run.epoch(0.0)
        return {name: row for name in MACHINES for row in self.rows(name, sql, zero)}

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

    def asked(self) -> list[str]:
        """What the console was asked to do to db-a on this cluster: `off` or `rebuild`."""
        return list(self._run.tell("console", "asked").get(MACHINES[0], []))


class Night:
    """One scenario on a fresh cluster, as it is noted down. Times are seconds of the drill."""

    def __init__(self, run: Run, databases: Databases, name: str) -> None:
        """Both standbys receive, orders are taken: a normal day, on which finance reads and `/status` is asked."""
        self._run, self._databases, opened = run, databases, run.clock()
        run.patiently(lambda: databases.state("db-a").get("followers") == len(STANDBYS), SETTLED_SECONDS)
        run.patiently(lambda: databases.confirmed(opened), SETTLED_SECONDS)
        run.phase(f"{name}, normal")
        began = round(run.clock(), 3)
        followers = databases.state("db-a").get("followers", 0)
        self.facts: Facts = {"began": began, "status": [], "followed": [], "flowed": None, "followers": followers}
        self.report: Facts = {"begun": run.clock(), "ended": None, "given": False}
        threading.Thread(target=self._read, daemon=True).start()
        run.mark("finance begins a long report")
        run.patiently(lambda: self.ready() == "true", READY_SECONDS)
        run.patiently(lambda: databases.confirmed(began, 2 * MISSED), DAY_SECONDS)
        sales = databases.page("orders", "/reports/sales").get("orders")
        self.facts |= {"report": sales, "normal_until": run.clock()}
        self._usual = len(databases.confirmed(began)) / (run.clock() - began)

    def _read(self) -> None:
        """A report that takes longer than the night: if it ends, it was broken off (or is none)."""
        given = self._databases.page("orders", "/reports/sales?seconds=90", 80.0)
        self.report.update(given=bool(given), ended=self._run.clock())

    def ready(self) -> str:
        """What the controller says of `ready`, as JSON: true, false, null if it says nothing, or whatever it is."""
        said = json.dumps(self._databases.page("failover", "/status").get("ready"))[:40]
        self.facts["status"].append([round(self._run.clock(), 3), said])
        return said

    def orders_flow(self) -> None:
        """Until orders are confirmed for a while as is usual; they are given 4 s to come back."""
        run, since = self._run, self._run.clock()
        recent = partial(self._databases.confirmed, fewest=max(GOOD_FLOW * self._usual * FLOW_SECONDS, 1))
        run.patiently(lambda: run.clock() > since + FLOW_SECONDS and recent(run.clock() - FLOW_SECONDS), LATE_SECONDS)
        self.facts["flowed"] = [since, run.clock()]

    def paged(self) -> int:
        """How often somebody was paged on this cluster."""
        return len(self._databases.page("console", "/pages").get("pages", []))

    def who_follows(self) -> None:
        """Note, until it is right, what the controller says and whether a standby receives from the newest primary."""

        def right() -> bool:
            leader, _ = max(self._databases.primaries().items(), key=lambda each: each[1], default=("", 0))
            receives = bool(leader and self._databases.state(leader).get("followers"))
            self.facts["followed"].append([leader, receives, ready := self.ready()])
            return receives or ready != "true"

        self._run.patiently(right, AGREE_SECONDS)

    def end(self) -> Facts:
        """What each machine has, as far as one can still read it; all of the night's facts."""
        databases = self._databases
        found = {"ended": self._run.clock(), "timelines": databases.primaries(), "tables": databases.tables()}
        last = {"long_report": self.report.copy(), "exit_code": self._run.container("failover").exit_code()}
        return {"states": databases.states()} | self.facts | found | databases.page("console", "/pages") | last


def notes(run: Run) -> Facts:
    """What customers have noted of each order: its number, when it was sent, and when they got their 201 (in ms)."""
    told = {note["order"]: round(note["at"] * 1000) for note in run.notes("acknowledged")}
    sent = {note["order"]: round(note["at"] * 1000) for note in run.notes("sent")}
    return {"number": list(sent), "sent_ms": list(sent.values()), "told_ms": [told.get(number) for number in sent]}
