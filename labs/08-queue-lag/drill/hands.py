"""What goes into the topic, what has become of it, and how does the drill stop the one, the other, and the consumer?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg.types.json import Jsonb

from harness import Run

from .limits import MOST_STARTS

OLD_ORDERS, STOP_SECONDS, UNDO_SECONDS, LOOK_SECONDS = 200, 10.0, 3.0, 0.5
WASTED_SECONDS, LEAST_SECONDS = 12.0, 1.0  # waited in all for what does not come; after that, each time


class Flow:
    """The lab's hands on sales, Kafka and the database."""

    def __init__(self, run: Run) -> None:
        """Put last week's orders into the database, and give the sales the secret that today's are drawn from."""
        self._run = run
        self._db, self._watch, self._gate = (run.postgres("db").connect() for _ in range(3))
        numbers = run.random.sample(range(100_000, 1_000_000), OLD_ORDERS)
        self.old = [{"id": number, "status": "paid", "cents": run.random.randint(700, 90_000)} for number in numbers]
        self.value("SELECT lab.stock(%s)", self.old)
        run.tell("sales", "plan", draw=f"{run.random.getrandbits(128):032x}")
        self.moments: dict[str, float] = {}

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row."""
        given = [Jsonb(param) if isinstance(param, dict | list) else param for param in params]
        row = self._db.execute(sql.encode(), given or None).fetchone() or {}
        return next(iter(row.values()), None)

    def mark(self, moment: str) -> None:
        """Note the time under this name, in seconds of the drill."""
        self.moments[moment] = round(self._run.clock(), 3)

    def writing(self) -> int:
        """Writes that have begun and not ended, whatever becomes of them; asked by the sampler's thread."""
        row = self._watch.execute("SELECT count(*) FROM lab.writing").fetchone()
        return int(row["count"]) if row else 0

    def count(self, what: str) -> int:
        """Events in the `ledger`, different ones `written`, the sale's `unwritten`; writes `hanging`, `unanswered`."""
        return int(self.value(f"SELECT count(*) FROM lab.{what}"))  # noqa: S608

    def left(self) -> int:
        """How many events were sent and have not been written."""
        return int(self._run.tell("kafka", "topics")["orders"]["messages_in"]) - self.count("written")

    def exposed(self) -> int:
        """Events of the sale that are done for Kafka and not written: a crash would lose them."""
        return int(self.value("SELECT lab.exposed(%s)", self._run.tell("kafka", "groups")))

    def close_gate(self, leave: int | None = None) -> None:
        """When so many events of the sale are left (or at once), writes hang in their COMMIT."""
        self._gate.execute("BEGIN; LOCK TABLE lab.door IN EXCLUSIVE MODE")
        self.value("SELECT lab.close_gate(%s)", leave)

    def open_gate(self) -> None:
        """They go on, and the consumer may come in."""
        self.value("SELECT lab.open_gate()")
        self._gate.execute("ROLLBACK")

    def answers(self, *, commits: bool) -> None:
        """Whether a COMMIT that is done is told to the client, or waits for a standby that does not exist."""
        self._db.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{'' if commits else 'nobody'}'".encode())
        self.value("SELECT pg_reload_conf()")

    def disconnect(self, *, keep_out: bool = False) -> int:
        """End the consumer's connections, and undo what was under way on them; how many there were."""
        return int(self.value("SELECT lab.disconnect(%s)", keep_out))


class Host:
    """The consumer's container, and the platform that starts it again when it ends."""

    def __init__(self, run: Run, flow: Flow) -> None:
        """It runs."""
        self._run, self._flow, self._container = run, flow, run.container("orders")
        self._spare, self._looked = WASTED_SECONDS, 0.0
        self.ended: list[int] = []  # exit codes, of ends that were not the drill's doing

    def do(self, verb: str, *args: str) -> None:
        """Pause it, unpause it, make it `blind_to` Kafka, if it runs."""
        if self._container.running():
            getattr(self._container, verb)(*args)

    def kill(self) -> None:
        """SIGKILL; over when the process is gone, and what it had begun in the database is undone."""
        self.do("kill")
        self._run.wait_until(lambda: not self._container.running(), STOP_SECONDS, "the killed consumer ends")
        self._run.wait_until(lambda: not self._flow.disconnect(), STOP_SECONDS, "its connections end")

    def start(self) -> None:
        """Start it again, when what it began in the database has ended or is undone, and Kafka knows of its death."""
        self._run.patiently(lambda: not self._flow.writing(), UNDO_SECONDS)
        self._run.wait_until(lambda: not self._flow.disconnect(), STOP_SECONDS, "a dead consumer's connections end")
        self._run.tell("kafka", "forget")
        self._container.start()

    def keep(self) -> None:
        """If it has ended by itself, start it again, as every platform does; not for ever."""
        self._looked = self._run.clock()
        if len(self.ended) <= MOST_STARTS and not self._container.running():
            self.ended.append(self._container.exit_code() or 0)
            if len(self.ended) <= MOST_STARTS:
                self.start()

    def patiently(self, condition: Callable[[], object], seconds: float) -> bool:
        """Keep it running until the condition holds; False if it did not in time, or too much was waited in vain."""
        begun = self._run.clock()

        def ask() -> object:
            if self._run.clock() - self._looked > LOOK_SECONDS:
                self.keep()
            return condition()

        held = bool(self._run.patiently(ask, min(seconds, max(self._spare, LEAST_SECONDS)), every_seconds=0.1))
        self._spare -= 0.0 if held else self._run.clock() - begun
        return held

    def writes(self, seconds: float) -> bool:
        """Wait until it has written something."""
        before = self._flow.count("ledger")
        return self.patiently(lambda: self._flow.count("ledger") > before, seconds)
