"""What was seen in a run, as checks read it?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import NotJudgedError, OutageError

FORMAT = 1


class Mark(NamedTuple):
    """A moment of the drill."""

    name: str
    at: float
    """Seconds since the drill began."""
    kind: str
    """`fault`, `healed` or `note`."""


@dataclass(frozen=True)
class Figures:
    """What customers saw: in a phase, or of one kind of request in it."""

    seconds: float = 0.0
    """Length of the phase."""
    requests: int = 0
    """Requests that started in it and have ended, well or not."""
    ok: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    by_error: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def error_ratio(self) -> float:
        """Errors per request, 0 to 1; 0 where there was no request."""
        return self.errors / self.requests if self.requests else 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0

    def named(self, name: str) -> Figures:
        """The same for the requests of that Locust name; all zero if there was none."""
        return Figures(**self.by_name.get(name, {"seconds": self.seconds}))


class Recording:
    """All facts of a run. What `run.record(name=…)` recorded is read as `seen.name`."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Wrap the parsed JSON of a recording; OutageError if it has another format."""
        if content.get("format") != FORMAT:
            seen = content.get("format")
            raise OutageError(f"A recording of format {seen!r} cannot be read; this version knows {FORMAT}.")
        self.content = content

    def __getattr__(self, name: str) -> Any:
        """A recorded fact by its name; NotJudgedError where the drill did not come to record it."""
        if name.startswith("__") or name == "content":
            raise AttributeError(name)
        if name not in self.content["facts"]:
            raise NotJudgedError(f"the drill did not record `{name}`")
        return self.content["facts"][name]

    @property
    def seed(self) -> int:
        """The seed that all of the run's random choices came from."""
        return int(self.content["seed"])

    @property
    def marks(self) -> list[Mark]:
        """The drill's moments in order."""
        return [Mark(**mark) for mark in self.content["marks"]]

    @property
    def samples(self) -> dict[str, list[list[float]]]:
        """Sampled time series by name: lists of [seconds since the drill began, value]."""
        return dict(self.content["samples"])

    @property
    def phase_names(self) -> list[str]:
        """The drill's phases in order."""
        return [phase["name"] for phase in self.content["phases"]]

    def phase(self, name: str) -> Figures:
        """What customers saw in this phase; NotJudgedError if the drill never came to it."""
        figures = self.content["traffic"]["phases"].get(name)
        if figures is None:
            raise NotJudgedError(f"the drill did not come to the phase {name!r}")
        return Figures(**figures)

    def require(self, condition: object, reason: str) -> None:
        """Without this condition the check can say nothing: its outcome is unknown, for this reason."""
        if not condition:
            raise NotJudgedError(reason)


def load(path: Path) -> Recording:
    """The recording in this file; OutageError names the file if it cannot be read."""
    try:
        return Recording(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as problem:
        raise OutageError(f"{path}: cannot be read as a recording: {problem}.") from problem
