"""Does a service answer, each kind in its own language?

A service says how it is asked with the label `outage.ready`: `http:<port>:<path>`, `postgres:<port>`,
`redis:<port>`, `tcp:<port>`, `tls:<port>` or `running` (the default: its main process lives).
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import redis

from harness.run.engine import LABEL_READY, LABEL_SERVICE
from harness.errors import NotJudgedError

ASK_SECONDS = 1.0
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
    kind, _, rest = container["Labels"].get(LABEL_READY, "running").partition(":")
    if kind == "running":
        return bool(container["State"] == "running")
    port, _, path = rest.partition(":")
    try:
        host, public = published(container, int(port))
    except NotJudgedError:
        return False
    return _ASK[kind](host, public, path if kind == "http" else secret)


def _http(host: str, port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://{host}:{port}{path}", timeout=ASK_SECONDS, trust_env=False).status_code == OK
    except httpx.HTTPError:
        return False


def _postgres(host: str, port: int, secret: str) -> bool:
    try:
        psycopg.connect(postgres_dsn(host, port, secret), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _redis(host: str, port: int, _secret: str) -> bool:
    client = redis.Redis(host=host, port=port, socket_timeout=ASK_SECONDS, socket_connect_timeout=ASK_SECONDS)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _tcp(host: str, port: int, _secret: str) -> bool:
    try:
        socket.create_connection((host, port), timeout=ASK_SECONDS).close()
    except OSError:
        return False
    return True


def _tls(host: str, port: int, _secret: str) -> bool:
    """A greeting is answered, whatever the answer: Docker's own proxy takes connections where nobody listens inside."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout=ASK_SECONDS) as plain:
            anybody.wrap_socket(plain).close()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return False
    except ssl.SSLError:
        return True
    except OSError:
        return False
    return True


def postgres_dsn(host: str, port: int, secret: str) -> str:
    """How the lab's superuser connects; no statement of it runs longer than 20 s."""
    return (
        f"host={host} port={port} user=lab password={secret} dbname=app sslmode=disable gssencmode=disable "
        "application_name=lab options='-c statement_timeout=20s'"
    )


_ASK: dict[str, Callable[[str, int, str], bool]] = {
    "http": _http,
    "postgres": _postgres,
    "redis": _redis,
    "tcp": _tcp,
    "tls": _tls,
}
