"""Does a service answer, each kind in its own language?

A service says how it is asked with the label `outage.ready`: `http:<port>:<path>`, `postgres:<port>`,
`redis:<port>`, `tcp:<port>`, `tls:<port>` or `running` (the default: its main process lives).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import psycopg
import redis

from harness.errors import NotJudgedError
from harness.run.engine import LABEL_READY, LABEL_SERVICE
from loadtests import answer, client

ASK_SECONDS = 1.0
MOST_BYTES = 64 * 1024
OK = 200


def published(container: dict[str, Any], port: int | None = None) -> tuple[str, int]:
    """Host and port on this machine of a container's published port (the first, if none is named)."""
    for mapping in container["Ports"]:
        if mapping.get("PublicPort") and port in (None, mapping["PrivatePort"]):
            return mapping.get("IP") or "127.0.0.1", int(mapping["PublicPort"])
    service = container["Labels"][LABEL_SERVICE]
    raise NotJudgedError(f"the service {service!r} publishes no port on this machine ({container['State']})")


def ready(container: dict[str, Any], secret: str) -> bool:
    """Whether the service answers as its label says it should."""
    return complaint(container, secret) is None


def complaint(container: dict[str, Any], secret: str) -> str | None:
    """What is wrong with the service's answer, said so that it goes on after "it"; None if nothing is."""
    kind, _, rest = container["Labels"].get(LABEL_READY, "running").partition(":")
    if kind == "running":
        return None if container["State"] == "running" else f"is {container['State']}"
    port, _, path = rest.partition(":")
    try:
        host, public = published(container, int(port))
    except NotJudgedError:
        return "publishes no port"
    return _ASK[kind](host, public, path if kind == "http" else secret)


def _http(host: str, port: int, path: str) -> str | None:
    came = client.ask((host, port), "GET", path, seconds=ASK_SECONDS, most_bytes=MOST_BYTES)
    if came.error == answer.TOO_LARGE:
        return f"answers {path} with more than {MOST_BYTES // 1024} KiB"
    if came.error is not None and came.status is not None:
        return f"begins to answer {path} with HTTP {came.status}, and does not end ({came.error})"
    if came.error is not None:
        return f"does not answer {path} ({came.error})"
    return None if came.status == OK else f"answers {path} with HTTP {came.status}"


def _postgres(host: str, port: int, secret: str) -> str | None:
    try:
        psycopg.connect(postgres_dsn(host, port, secret), connect_timeout=2).close()
    except psycopg.OperationalError as problem:
        return f"takes no connection ({problem})"
    return None


def _redis(host: str, port: int, _secret: str) -> str | None:
    asking = redis.Redis(host=host, port=port, socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS)
    try:
        asking.ping()
    except redis.RedisError as problem:
        return f"does not answer PING ({problem})"
    finally:
        asking.close()
    return None


def _tcp(host: str, port: int, _secret: str) -> str | None:
    try:
        socket.create_connection((host, port), timeout=ASK_SECONDS).close()
    except OSError as problem:
        return f"takes no connection ({problem})"
    return None


def _tls(host: str, port: int, _secret: str) -> str | None:
    """A greeting is answered, whatever the answer: Docker's own proxy takes connections where nobody listens inside."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout=ASK_SECONDS) as plain:
            anybody.wrap_socket(plain).close()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return "closes the connection instead of a TLS handshake"
    except ssl.SSLError:
        return None
    except OSError as problem:
        return f"makes no TLS handshake ({problem})"
    return None


def postgres_dsn(host: str, port: int, secret: str) -> str:
    """How the lab's superuser connects; no statement of it runs longer than 20 s."""
    return (
        f"host={host} port={port} user=lab password={secret} dbname=app sslmode=disable gssencmode=disable "
        "application_name=lab options='-c statement_timeout=20s'"
    )


_ASK: dict[str, Callable[[str, int, str], str | None]] = {
    "http": _http,
    "postgres": _postgres,
    "redis": _redis,
    "tcp": _tcp,
    "tls": _tls,
}
