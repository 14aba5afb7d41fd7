"""Which address does a name stand for? The company's name server knows."""

from __future__ import annotations

import socket

import dns.exception
import dns.resolver


class Resolver:
    """Looks a name up once; its address is good until somebody says that nobody answers there."""

    def __init__(self, name_server: str) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [socket.gethostbyname(name_server)]
        self._known: dict[str, str] = {}

    def address(self, name: str) -> str:
        """The IPv4 address behind the name; LookupError if the name server does not say."""
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def forget(self, name: str) -> None:
        """The address was no good: ask again next time."""
        self._known.pop(name, None)

    def _ask(self, name: str) -> str:
        try:
            answer = self._resolver.resolve(name, "A")
        except dns.exception.DNSException as problem:
            raise LookupError(f"{name}: {problem}") from problem
        return str(answer[0].address)
