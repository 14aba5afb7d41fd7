"""What goes into the topic, what has become of it, and how does the drill stop the one and the other?"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from harness.drill import Run

CLOSE = "UPDATE lab.gate SET closed_after = %s + (SELECT last_value FROM lab.admitted) RETURNING 1"
OPEN = "UPDATE lab.gate SET closed_after = NULL, away = false RETURNING 1"


class Flow:
    """The lab's hands on sales, Kafka and the database."""

    def __init__(self, run: Run) -> None:
        """Put last week's orders into the database."""
        self._run = run
        self._db, self._watch = run.postgres("db").connect(), run.postgres("db").connect()
        self._gate = run.postgres("db").connect()
        self._sales, self._kafka = run.http("sales"), run.http("kafka")
        numbers = run.random.sample(range(100_000, 1_000_000), 200)
        self.old = [{"id": number, "status": "paid", "cents": run.random.randint(700, 90_000)} for number in numbers]
        self.value("SELECT lab.stock(%s)", json.dumps(self.old))
        self.moments = {"zero": self.value("SELECT clock_timestamp()") - dt.timedelta(seconds=run.clock())}

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row."""
        row = self._db.execute(sql.encode(), params or None).fetchone() or {}
        return next(iter(row.values()), None)

    def rows(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """All rows."""
        return self._db.execute(sql.encode(), params or None).fetchall()

    def now(self) -> float:
        """The time as the stack has it, in seconds since 1970."""
        return float(self.value("SELECT extract(epoch FROM clock_timestamp())"))

    def mark(self, moment: str) -> None:
        """Note the database's time under this name."""
        self.moments[moment] = self.value("SELECT clock_timestamp()")

    # --- the sales, and Kafka ---------------------------------------------------------------------------------

    def order(self, page: str) -> list[dict[str, Any]]:
        """Command the sales; the events that were sent."""
        answer = self._sales.get(page, timeout=30)
        self._run.require(answer.ok, f"the sales do not answer {page}: {answer.error or answer.text}")
        sent: list[dict[str, Any]] = answer.json["sent"]
        return sent

    def sell(self) -> int:
        """Hundreds of events at once; how many. The database is told where in the topic each of them is."""
        return int(self.value("SELECT lab.sell(%s)", json.dumps(self.order("/sale"))))

    def remember(self) -> int:
        """Tell the database of every event that was sent; how many."""
        return int(self.value("SELECT lab.remember(%s)", self._sales.get("/sent", timeout=30).text))

    def ask_kafka(self, page: str) -> dict[str, Any]:
        """What Kafka says of its topics and groups."""
        answer = self._kafka.get(page, timeout=10)
        self._run.require(answer.ok, f"Kafka does not answer {page}: {answer.error or answer.text}")
        said: dict[str, Any] = answer.json
        return said

    def sent(self) -> int:
        """Events in the topic."""
        return int(self.ask_kafka("/topics")["orders"]["messages_in"])

    def fetched(self) -> int:
        """Events that Kafka has handed out, by their bytes; one that is fetched again counts again."""
        topic = self.ask_kafka("/topics")["orders"]
        return round(topic["bytes_out"] * topic["messages_in"] / max(1, topic["bytes_in"]))

    # --- the database -----------------------------------------------------------------------------------------

    def writing(self) -> int:
        """Writes that have begun and not ended, whatever becomes of them."""
        row = self._watch.execute("SELECT count(*) FROM lab.writing").fetchone()
        return int(row["count"]) if row else 0

    def writes(self) -> int:
        """How many writes have taken effect, of an event that was written twice both."""
        return int(self.value("SELECT count(*) FROM lab.ledger"))

    def written(self) -> int:
        """How many events have been written at least once."""
        return int(self.value("SELECT count(DISTINCT event) FROM lab.ledger"))

    def left(self) -> int:
        """How many events were sent and have not been written."""
        return self.sent() - self.written()

    def exposed(self) -> int:
        """Events of the sale that Kafka was told to be done, and that are not written: a crash would lose them."""
        return int(self.value("SELECT lab.exposed(%s)", json.dumps(self.ask_kafka("/groups"))))

    def hanging(self) -> int:
        """Writes that wait at the closed gate."""
        return int(self.value("SELECT count(*) FROM lab.hanging"))

    def close_gate(self, after: int = 0) -> None:
        """After so many further events, writes hang."""
        self._gate.execute("SELECT pg_advisory_lock(7078)")
        self.value(CLOSE, after)

    def open_gate(self) -> None:
        """They go on, and the consumer may come in."""
        self.value(OPEN)
        self._gate.execute("SELECT pg_advisory_unlock_all()")

    def disconnect(self, *, keep_out: bool = False) -> int:
        """End the consumer's connections, and undo what they were at; how many there were."""
        return int(self.value("SELECT lab.disconnect(%s)", keep_out))
