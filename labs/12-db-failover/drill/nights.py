"""What do the three nights have in common: how does each begin, how do orders flow, how does it end?"""

from __future__ import annotations

import json
from functools import partial

from harness import Run

from .databases import Databases, Facts
from .faults import MISSED, STANDBYS, begin_report
from .judge import FLOW_SECONDS

READY_SECONDS, SETTLED_SECONDS, AGREE_SECONDS, DAY_SECONDS = 12.0, 8.0, 3.0, 4.0
GOOD_FLOW, LATE_SECONDS = 0.5, FLOW_SECONDS + 4.0


class Night:
    """One scenario on a fresh cluster, as it is noted down. Times are seconds of the drill."""

    def __init__(self, run: Run, databases: Databases, name: str) -> None:
        """Both standbys receive, orders are taken: a normal day, on which finance reads and `/status` is asked."""
        self._run, self._databases, opened = run, databases, run.clock()
        run.patiently(lambda: databases.state("db-a").get("followers") == len(STANDBYS), SETTLED_SECONDS)
        run.patiently(lambda: databases.confirmed(opened), SETTLED_SECONDS)
        run.phase(f"{name}, normal")
        began = round(run.clock(), 3)
        self.facts: Facts = {"began": began, "status": [], "followed": [], "flowed": None, "met": {}}
        followers = databases.state("db-a").get("followers", 0)
        self.facts |= {"followers": followers, "long_report": begin_report(run, databases)}
        run.patiently(lambda: self.ready() == "true", READY_SECONDS)
        run.patiently(lambda: databases.confirmed(began, 2 * MISSED), DAY_SECONDS)
        report = databases.page("orders", "/reports/sales").get("orders")
        self.facts |= {"report": report, "normal_until": run.clock(), "harmed": run.clock()}
        self._usual = len(databases.confirmed(began)) / (run.clock() - began)

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
        said = {"powers": databases.page("console", "/machines"), **databases.page("console", "/pages")}
        report, code = self.facts["long_report"].copy(), self._run.container("failover").exit_code()
        return {"states": databases.states()} | self.facts | found | said | {"long_report": report, "exit_code": code}


def notes(run: Run) -> Facts:
    """What customers have noted of each order: its number, when it was sent, and when they got their 201 (in ms)."""
    told = {note["order"]: round(note["at"] * 1000) for note in run.notes("acknowledged")}
    sent = {note["order"]: round(note["at"] * 1000) for note in run.notes("sent")}
    return {"number": list(sent), "sent_ms": list(sent.values()), "told_ms": [told.get(number) for number in sent]}
