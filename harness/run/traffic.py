"""How does a drill get its customers: a Locust of its own process, its figures as they come?"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from harness import environment, text
from harness.errors import NotJudgedError
from harness.judge import figures
from harness.judge.figures import Request
from harness.run.waiting import wait_until

START_SECONDS = 30.0
FINISH_SECONDS = 15.0
LATE_MS = 1000.0
"""A load generator that runs later than this is starved of CPU, not held up by the service."""
BUSY_ITSELF = 0.8
"""Unless it spends this share of the time on the CPU itself: then it is the answers that keep it busy."""
MOST_NOTES = 100_000


class Traffic:
    """A load generator: started early (importing Locust takes half a second), ordered once, ended always."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Start the process; its errors go to `traffic.log` in this folder."""
        self.requests: list[Request] = []
        self.lags: list[tuple[float, float]] = []
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self._zero = time.monotonic()
        self._complete_until = float("inf")
        self._begun: int | None = None
        self._ready = threading.Event()
        self._log = folder / "traffic.log"
        self._data = folder / "traffic.json"
        self._process = self._start(seed)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _start(self, seed: int) -> subprocess.Popen[str]:
        own = {"OUTAGE_SEED": str(seed), "OUTAGE_DATA": str(self._data), "LOCUST_SKIP_MONKEY_PATCH": "1"}
        with self._log.open("w", encoding="utf-8") as errors:
            return subprocess.Popen(
                [sys.executable, "-I", "-m", "loadtests.stream"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                env=environment.child(own),
                start_new_session=True,
            )

    def _read(self) -> None:
        readers: dict[str, Callable[..., None]] = {
            "ready": self._ready.set,
            "r": self._take_request,
            "n": self._take_note,
            "told": self._take_told,
            "lag": self._take_lag,
            "end": self._take_end,
        }
        for line in _pipe(self._process.stdout):
            kind, *rest = json.loads(line)
            readers[kind](*rest)
        self._complete_until = float("inf")

    def _take_request(self, start: float, ms: float, name: str, error: str | None) -> None:
        said = None if error is None else text.printable(error)
        self.requests.append(Request(round(start - self._zero, 4), ms, name, said))

    def _take_note(self, at: float, ledger: str, facts: dict[str, Any]) -> None:
        self.notes.append((ledger, facts | {"at": round(at - self._zero, 4)}))

    def _take_told(self, at: float) -> None:
        self._complete_until = at

    def _take_lag(self, _at: float, ms: float, busy: float) -> None:
        self.lags.append((ms, busy))

    def _take_end(self, begun: int) -> None:
        self._begun = begun

    def begin(self, locustfile: Path, host: str, users: int, data: dict[str, Any], zero: float) -> None:
        """Send `users` customers to `host`; returns after the first answer or error."""
        self._data.write_text(json.dumps(data), encoding="utf-8")
        self._zero = self._complete_until = zero
        wait_until(lambda: self._ready.is_set() or self._ended(), START_SECONDS, "Locust starts", self._last_words)
        self._order(locustfile=str(locustfile), host=host, users=users, spawn_rate=users)
        wait_until(
            lambda: self.requests or self._ended(), START_SECONDS, "the first request is answered", self._last_words
        )
        self.require_alive()

    def _order(self, **order: Any) -> None:
        pipe = _pipe(self._process.stdin)
        with contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(order) + "\n")
            pipe.flush()

    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - text.MOST_FACT))
            last = text.excerpt(log.read().decode(errors="replace"), 6)
        return f"Locust's last lines:\n{last}" if last != text.EDGE else "Locust said nothing."

    def require_alive(self) -> None:
        """NotJudgedError if Locust has died."""
        if self._ended():
            raise NotJudgedError(f"the load generator ended by itself. {self._last_words()}")

    def finish(self) -> None:
        """Let nobody ask any more, and wait for what was asked: answered or timed out, it is counted."""
        self.require_alive()
        self._order(users=0)
        try:
            self._process.wait(timeout=FINISH_SECONDS)
        except subprocess.TimeoutExpired:
            raise NotJudgedError(f"the load generator did not end. {self._last_words()}") from None
        self._reader.join(timeout=2)
        self._require_all()

    def _require_all(self) -> None:
        """NotJudgedError if not all came that was begun."""
        if self._begun != len(self.requests):
            seen = f"of {self._begun} requests that began, {len(self.requests)} were told"
            raise NotJudgedError(f"the load generator did not tell everything: {seen}. {self._last_words()}")
        if len(self.notes) > MOST_NOTES:
            raise NotJudgedError(f"the customers made {len(self.notes):,} notes, and a drill can have {MOST_NOTES:,}")

    def end(self) -> None:
        """End the load at once, wherever it is, and take in its last lines; harmless if called again."""
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=2)

    def since(self, seconds: float) -> dict[str, Any]:
        """Sums over the requests that started after this moment of the drill."""
        return figures.summed([request for request in self.requests[-5000:] if request.start >= seconds])

    def pending_since(self, seconds: float) -> bool:
        """Whether some request that began before this moment of the drill may not have been told yet."""
        return self._complete_until < self._zero + seconds

    @property
    def starved(self) -> bool:
        """Whether the generator itself ran late so often, for want of a CPU, that its figures say nothing."""
        late = sum(ms > LATE_MS and busy < BUSY_ITSELF for ms, busy in self.lags)
        return late > max(1, len(self.lags) // 3)


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise AssertionError("Locust is started with pipes")
    return stream
