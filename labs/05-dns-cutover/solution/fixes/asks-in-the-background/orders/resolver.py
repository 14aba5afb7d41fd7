"""Which address does a name stand for? A thread of our own asks the company's name server, and no customer waits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import dns.exception
import dns.resolver

PATIENCE_SECONDS, LEAST_SECONDS = 0.5, 0.5


class Resolver:
    """Knows the last answer; asks again when its TTL is over, and tells when there is another one."""

    def __init__(self, name_server: str) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [socket.gethostbyname(name_server)]
        self._resolver.lifetime = PATIENCE_SECONDS
        self._known: dict[str, str] = {}

    def watch(self, name: str, changed: Callable[[], None]) -> None:
        """Call `changed` whenever the name stands for another address."""
        threading.Thread(target=self._watch, args=(name, changed), daemon=True).start()

    def address(self, name: str) -> str:
        """The last address that the name server gave; LookupError if it has never given one."""
        try:
            return self._known[name]
        except KeyError:
            raise LookupError(f"{name} is not known yet") from None

    def _watch(self, name: str, changed: Callable[[], None]) -> None:
        while True:
            seconds = LEAST_SECONDS
            try:
                answer = self._resolver.resolve(name, "A")
            except dns.exception.DNSException:
                pass
            else:
                seconds = max(LEAST_SECONDS, answer.chaining_result.minimum_ttl)
                before, self._known[name] = self._known.get(name), str(answer[0].address)
                if before not in (None, self._known[name]):
                    changed()
            time.sleep(seconds)
