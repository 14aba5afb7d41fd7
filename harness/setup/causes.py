"""What does a program that failed give away about the cause, and what helps against that and nothing else?"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

KNOWN = Path(__file__).with_name("causes.toml")
MOST = 20_000
"""So many characters of the end of an output are looked at."""


@dataclass(frozen=True)
class Cause:
    """Why a program failed."""

    what: str
    """A sentence without its full stop."""
    remedy: str
    """What to do next, to stand after "What next: "; empty where nobody knows."""

    def __str__(self) -> str:
        """Both, as a message ends with them."""
        return f"{self.what}.\nWhat next: {self.remedy}." if self.remedy else f"{self.what}."


def of(output: str) -> Cause | None:
    """The cause that the end of this output names; None where it names none that is known."""
    end = output[-MOST:]
    return next(
        (_TOLD[name]() if name in _TOLD else cause for signs, name, cause in _known() if signs.search(end)), None
    )


@cache
def _known() -> list[tuple[re.Pattern[str], str, Cause]]:
    """Signs, name and text of each known cause, in the order in which they are looked for."""
    listed = tomllib.loads(KNOWN.read_text(encoding="utf-8"))["cause"]
    return [
        (
            re.compile("|".join(f"(?:{sign})" for sign in one["signs"]), re.IGNORECASE),
            one.get("name", ""),
            Cause(one.get("what", ""), one.get("remedy", "")),
        )
        for one in listed
    ]


def api_version() -> Cause:
    """The client and the engine do not speak the same version of Docker's interface."""
    if given := os.environ.get("DOCKER_API_VERSION"):
        return Cause(
            f"DOCKER_API_VERSION={given} is set, and the Docker Engine does not speak that version",
            "`unset DOCKER_API_VERSION`, then again: without it both sides agree by themselves",
        )
    return Cause(
        "The `docker` command and the Docker Engine do not speak the same version",
        "bring the older of the two up to date (`docker version` shows both)",
    )


def stopped() -> Cause:
    """Nobody answers where the engine should."""
    if given := os.environ.get("DOCKER_HOST"):
        return Cause(f"The engine that DOCKER_HOST={given} names does not answer", "start it, or `unset DOCKER_HOST`")
    return Cause(
        "Docker's engine does not answer",
        "start it: Docker Desktop from its menu, Docker Engine with `sudo systemctl start docker`",
    )


_TOLD: dict[str, Callable[[], Cause]] = {"version": api_version, "stopped": stopped}
