"""What was seen in a run, as session, checks and report share it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.errors import NotJudgedError, OutageError

FORMAT = 2


class Mark(NamedTuple):
    """A moment of the drill."""

    name: str
    at: float
    """Seconds since the drill began."""
    kind: str
    """`fault`, `healed` or `note`."""


class Phase(NamedTuple):
    """A stretch of the drill."""

    name: str
    start: float
    """Seconds since the drill began."""
    end: float


class Death(NamedTuple):
    """A container that ended, or a process in it that the kernel killed, without the drill's doing."""

    service: str
    at: float
    """Seconds since the drill began."""
    what: str
    """`ended with exit code 1`, `killed: out of memory`."""
    out_of_memory: bool = False


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


@dataclass(frozen=True)
class Second:
    """What customers saw of the requests that started in one second of the drill."""

    at: int
    """The second's number, from 0."""
    requests: int = 0
    ok: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    by_error: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """Something for the report to draw."""

    title: str
    kind: str
    """`bars`, `series`, `spans` or `table`."""
    data: Mapping[str, Any]
    """bars: x, y, limit, x_title, y_title · series: lines {name: [[seconds, value]]}, limit, y_title ·
    spans: rows [{row, label, start, end, bad}] · table: columns, rows."""


@dataclass(frozen=True)
class Memory:
    """What the stack used, in MiB."""

    peak_mib: float = 0.0
    by_container: dict[str, float] = field(default_factory=dict)


class Recording:
    """All facts of a run. What `run.record(name=…)` recorded is read as `seen.name`."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Wrap the parsed JSON of a recording; OutageError if it has another format."""
        seen = content.get("format") if isinstance(content, dict) else None
        if seen != FORMAT:
            raise OutageError(f"A recording of format {seen!r} cannot be read. This version reads format {FORMAT}.")
        self.content = content

    def __getattr__(self, name: str) -> Any:
        """A recorded fact by its name; NotJudgedError where the drill did not come to record it."""
        if name.startswith("__") or name == "content":
            raise AttributeError(name)
        if name not in self.content["facts"]:
            raise NotJudgedError(f"the drill did not record `{name}`")
        return self.content["facts"][name]

    @property
    def lab(self) -> str:
        """The lab's slug."""
        return str(self.content["lab"])

    @property
    def title(self) -> str:
        """The lab's title."""
        return str(self.content["title"])

    @property
    def run_id(self) -> str:
        """The run's name, which begins with its date and time."""
        return str(self.content["run"])

    @property
    def variant(self) -> str:
        """Whose files were judged: `student`, `as shipped`, `fix …` or `decoy …`."""
        return str(self.content["variant"])

    @property
    def seed(self) -> int:
        """The seed that all of the run's random choices came from."""
        return int(self.content["seed"])

    @property
    def started_at(self) -> str:
        """When it began, as an ISO time; empty where nobody kept it."""
        return str(self.content.get("started_at", ""))

    @property
    def unknown(self) -> list[str]:
        """What kept the run from being judged; empty otherwise."""
        return list(self.content["unknown"])

    @property
    def broken_off(self) -> list[str]:
        """Why the drill did not come to its end; empty if it did."""
        return list(self.content.get("broken_off", []))

    @property
    def unstarted(self) -> str:
        """What did not start, so that there was no drill: `code` of the student's, or more of the `stack`; or empty."""
        return str(self.content.get("unstarted", ""))

    @property
    def host(self) -> dict[str, Any]:
        """`cores`, `system`, `machine` of the machine that ran it."""
        return dict(self.content.get("host", {}))

    @property
    def versions(self) -> dict[str, str]:
        """Of what was used, by name."""
        return dict(self.content.get("versions", {}))

    @property
    def durations(self) -> dict[str, float]:
        """Seconds: `stack_seconds`, `drill_seconds`."""
        return dict(self.content.get("durations", {}))

    @property
    def facts(self) -> dict[str, Any]:
        """All that the drill recorded, by name."""
        return dict(self.content["facts"])

    @property
    def marks(self) -> list[Mark]:
        """The drill's moments in order."""
        return [Mark(**mark) for mark in self.content["marks"]]

    @property
    def phases(self) -> list[Phase]:
        """The drill's phases in order."""
        return [Phase(**phase) for phase in self.content["phases"]]

    @property
    def phase_names(self) -> list[str]:
        """Their names."""
        return [phase["name"] for phase in self.content["phases"]]

    @property
    def deaths(self) -> list[Death]:
        """What ended in the drill without its doing, in order."""
        return [Death(**death) for death in self.content.get("deaths", [])]

    @property
    def samples(self) -> dict[str, list[list[float]]]:
        """Sampled time series by name: lists of [seconds since the drill began, value]."""
        return dict(self.content["samples"])

    @property
    def samples_most(self) -> dict[str, float]:
        """For some samples: the value at which a bar is full."""
        return dict(self.content.get("samples_most", {}))

    @property
    def seconds(self) -> list[Second]:
        """What customers saw, second by second; seconds without a request are left out."""
        return [Second(**second) for second in self.content["traffic"]["seconds"]]

    @property
    def memory(self) -> Memory:
        """What the stack used."""
        return Memory(**self.content.get("memory", {}))

    @property
    def load(self) -> list[list[float]]:
        """[seconds, threads that wanted a core of the machine], sampled."""
        return list(self.content.get("load", []))

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
