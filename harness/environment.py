"""What of the caller's environment may reach a program that decides, builds or runs?

Nothing but what stands here: a variable that nobody thought of must not change a verdict. The standard library alone.
"""

from __future__ import annotations

import io
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

OPEN_FILES = 4096
"""Files that a process may have open at once, where the limit can be raised so far."""
MACHINE = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "XDG_RUNTIME_DIR"),
    # How this machine finds its libraries; a preloaded clock must be the same one in every process of a run.
    *("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
)
CLOCK = "FAKETIME"
TERMINAL = ("TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES")
DOCKER = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
    *("DOCKER_API_VERSION", "SSH_AUTH_SOCK", "WSL_DISTRO_NAME", "WSL_INTEROP"),
)
"""How the engine is reached. Everything else that Docker or Compose would obey is left out."""
OURS = ("OUTAGE_LABS", "OUTAGE_RUNS", "OUTAGE_WORK", "OUTAGE_CA_DIR")
"""Where things stand. Tests and instructors set these; a run's own variables are given to each child by name."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")
DOWNLOADS = (
    *(name for proxy in PROXIES for name in (proxy, proxy.lower())),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
)
"""How the set-up, and only the set-up, reaches packages and images."""
FIXED = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NETRC": os.devnull}
"""One language and one encoding everywhere, and no passwords of the caller's for the customers."""


def child(extra: Mapping[str, str] | None = None, *, downloads: bool = False) -> dict[str, str]:
    """The environment of a program that we start: what is allowed, then `extra`; with `downloads` proxies too."""
    wanted = (*MACHINE, *TERMINAL, *DOCKER, *OURS, *(DOWNLOADS if downloads else ()))
    kept = {name: value for name, value in os.environ.items() if name in wanted or name.startswith(CLOCK)}
    return kept | FIXED | dict(extra or {})


def adopt() -> None:
    """Make this process's own environment that of a child: libraries in it read variables too (PG*, proxies, NETRC).

    The same goes for the mask of new files, which services of other users must be able to read, for the limit of open
    files, as far as it can be raised, and for standard streams that are closed or lack signs.
    """
    wanted = child()
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    os.environ.update(wanted)
    os.umask(0o022)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    complete_streams()


def complete_streams() -> None:
    """Nothing that is printed fails for want of a sign, or of a place to print it."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
