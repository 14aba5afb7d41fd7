"""Which address does a name stand for? The company's name server knows."""

from __future__ import annotations

import logging
import socket
import threading
import time

import dns.resolver

ASK_SECONDS = 1.0
FIRST_SECONDS = 1.5
PAUSE_SECONDS = 1.0
"""After a question that was not answered."""

LEAST_SECONDS = 0.5
"""Whatever the TTL says."""

log = logging.getLogger("names")


class Resolver:
    """Follows each name that was ever asked for, one question for each TTL; no caller waits for the name server."""

    def __init__(self, name_server: str) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [socket.gethostbyname(name_server)]
        self._resolver.timeout = self._resolver.lifetime = ASK_SECONDS
        self._lock = threading.Lock()
        self._followed: dict[str, threading.Event] = {}
        self._found: dict[str, str] = {}

    def address(self, name: str) -> str:
        """The IPv4 address behind the name as last heard; LookupError if nothing was ever heard."""
        if name not in self._found:
            self._begin(name).wait(FIRST_SECONDS)
        try:
            return self._found[name]
        except KeyError:
            raise LookupError(f"{name}: the name server has not said") from None

    def _begin(self, name: str) -> threading.Event:
        """Set as soon as the first question is over, well or not."""
        with self._lock:
            if name not in self._followed:
                self._followed[name] = threading.Event()
                threading.Thread(target=self._follow, args=(name,), daemon=True, name=f"follow {name}").start()
            return self._followed[name]

    def _follow(self, name: str) -> None:
        while True:
            pause = PAUSE_SECONDS
            try:
                answer = self._resolver.resolve(name, "A")
                self._found[name] = str(answer[0].address)
                pause = max(float(answer.chaining_result.minimum_ttl), LEAST_SECONDS)
            except Exception as problem:  # noqa: BLE001 - this thread must outlive everything
                log.warning("%s stays %s: %s", name, self._found.get(name), problem)
            self._followed[name].set()
            time.sleep(pause)
