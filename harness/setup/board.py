"""What does the set-up show while it works?"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

LINE = 78


class Board:
    """One line per step when it is done; at a terminal also a line of what is going on."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.live = self.out.isatty() and os.environ.get("TERM") != "dumb"
        self.steps: dict[str, float] = {}
        self.lock = threading.Lock()
        self.over = threading.Event()

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        """Shows the step while the body runs, and how long it took; the body may append how it ended."""
        began = time.monotonic()
        self.steps[text] = began
        ends = ["failed"]
        try:
            yield ends
            ends = ["done", *ends[1:]]
        finally:
            self.steps.pop(text, None)
            self.say(f"  {text:<56} {ends[-1]:<13}{time.monotonic() - began:6.1f} s")

    def say(self, text: str) -> None:
        """One line that stays."""
        with self.lock:
            print(("\r\033[K" if self.live else "") + text, file=self.out, flush=True)

    def agrees(self, question: str) -> bool:
        """Asks at the terminal, with everything else kept off the screen meanwhile; no answer is a yes."""
        with self.lock:
            print("\r\033[K" if self.live else "", end="", file=self.out, flush=True)
            return input(question).strip().lower() in ("", "y", "yes")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keeps the line of what is going on up to date while the body runs."""
        ticker = threading.Thread(target=self._tick, daemon=True)
        if self.live:
            ticker.start()
        try:
            yield
        finally:
            self.over.set()
            if self.live:
                ticker.join()

    def _tick(self) -> None:
        while not self.over.wait(0.2):
            now = time.monotonic()
            doing = ", ".join(f"{text} {now - began:.0f} s" for text, began in list(self.steps.items()))
            with self.lock:
                print(f"\r\033[K  … {doing}"[: LINE + 4], end="", file=self.out, flush=True)
        print("\r\033[K", end="", file=self.out, flush=True)
