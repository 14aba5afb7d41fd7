"""Which address does a name stand for? The company's name server knows."""

from __future__ import annotations

import socket
import threading
import time

import dns.exception
import dns.resolver

PATIENCE_SECONDS = 0.3
RETRY_SECONDS = 1.0


class Resolver:
    """Believes an answer for its TTL, and for longer only while the name server does not answer."""

    def __init__(self, name_server: str) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [socket.gethostbyname(name_server)]
        self._resolver.lifetime = PATIENCE_SECONDS
        self._known: dict[str, tuple[str, float]] = {}
        self._one_at_a_time = threading.Lock()

    def address(self, name: str) -> str:
        """The IPv4 address behind the name; LookupError if the name server has never said."""
        with self._one_at_a_time:
            address, until = self._known.get(name, ("", 0.0))
            if time.monotonic() > until:
                address, seconds = self._ask(name, address)
                self._known[name] = address, time.monotonic() + seconds
            return address

    def _ask(self, name: str, last: str) -> tuple[str, float]:
        try:
            answer = self._resolver.resolve(name, "A")
        except (dns.exception.Timeout, dns.resolver.NoNameservers) as problem:
            if not last:
                raise LookupError(f"{name}: {problem}") from problem
            return last, RETRY_SECONDS
        except dns.exception.DNSException as problem:
            raise LookupError(f"{name}: {problem}") from problem
        return str(answer[0].address), answer.chaining_result.minimum_ttl
