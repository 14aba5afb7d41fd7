"""Where does pip get its packages from, by the caller's own settings, and by nothing else of them?

Where pip puts packages (`user`, `target`, `prefix` …) is the set-up's business; which ones it takes, the pinned list's.
"""

from __future__ import annotations

import ast
import os
import re

from harness.setup.shell import ask

KEPT = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host"),
    *("cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir"),
)
"""Settings of pip that say how its index is reached."""
ELSEWHERE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX")
_SETTING = re.compile(r"^(?P<section>[^.\s]+)\.(?P<key>[\w-]+)=(?P<value>.+)$")
_RANK = {"global": 0, "install": 1, ":env:": 2}


def settings(python: str) -> dict[str, str]:
    """PIP_* variables for an installation by this Python: the caller's index and the way to it, no other setting."""
    caller = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    listed = ask(python, "-I", "-m", "pip", "--disable-pip-version-check", "config", "list", extra=caller).text
    return {f"PIP_{key.upper().replace('-', '_')}": value for key, value in _chosen(listed).items()} | {
        "PIP_CONFIG_FILE": os.devnull
    }


def has_own(given: dict[str, str]) -> bool:
    """The caller has named an index: uv does not know of it, pip must be used."""
    return any(name in given for name in ELSEWHERE)


def _chosen(listed: str) -> dict[str, str]:
    """The kept settings of `pip config list`; what stands nearer to the command wins."""
    found = [match for match in map(_SETTING.match, listed.splitlines()) if match and match["section"] in _RANK]
    found.sort(key=lambda match: _RANK[match["section"]])
    return {match["key"]: _value(match["value"]) for match in found if match["key"] in KEPT}


def _value(shown: str) -> str:
    """A setting as pip shows it: quoted as Python does; several values stand on a line each."""
    try:
        return " ".join(str(ast.literal_eval(shown)).split())
    except (ValueError, SyntaxError):
        return shown
