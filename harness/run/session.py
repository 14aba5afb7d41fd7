"""How does one run go from a lab's files to a verdict on disk, leaving nothing behind?"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import harness
from harness import text
from harness.errors import NotJudgedError, OutageError
from harness.judge import checks, figures, verdict
from harness.judge.recording import FORMAT, Death, Recording
from harness.judge.verdict import Verdict
from harness.lab import submission
from harness.lab.manifest import Lab
from harness.run import crowd, engine, history, lifecycle, logs, processes, raw
from harness.run.course import Watcher
from harness.run.deaths import DeathWatch
from harness.run.drill import Run
from harness.run.sampling import MEMORY_EVERY_SECONDS, MemoryWatch, Sampler
from harness.run.stack import Stack
from harness.run.traffic import Traffic
from harness.setup import places


class SessionWatcher(Watcher, Protocol):
    """Follows how a run goes on, from the stack to the verdict."""

    def stack(self, services: list[str], seconds: float) -> None:
        """The stack answers."""


@dataclass(frozen=True)
class Order:
    """What is to be run."""

    lab: Lab
    purpose: str
    """`lab` (leaves the stack up, serves edits live), `check` or `prove`."""
    seed: int
    variant: str = "student"
    """Whose files these are, as the recording names them."""
    overlay: Path | None = None
    """A submission to lay over the shipped files; without one the student's files are judged."""
    within: Path | None = None
    """Keep the run's folder in here instead of among the lab's runs."""


@dataclass
class Outcome:
    """What came of it."""

    verdict: Verdict
    recording: Recording
    folder: Path
    """The run's folder."""
    durations: dict[str, float]
    """Seconds: total, stack, drill, judge, down."""
    urls: dict[str, str]
    """Where the services of a stack that was left up are reached."""


class Session:
    """One run. `perform` returns its outcome, and raises only what is not the run's to judge."""

    def __init__(self, order: Order, watcher: SessionWatcher) -> None:
        """Claim a name and a folder."""
        places.require_mountable(*places.all_of_ours())
        if order.lab.stack.is_dir():
            places.require_readable(order.lab.stack)
        self.order, self.watcher = order, watcher
        self.claim = lifecycle.Claim(order.lab.slug, order.purpose, order.within)
        self.folder = history.new_folder(self.claim.folder)
        self.durations: dict[str, float] = {}
        self.unknown: list[str] = []
        self.broken_off: list[str] = []
        self.unstarted = ""
        self.memory: dict[str, Any] = {}
        self.deaths: list[Death] = []
        self.load: list[list[float]] = []
        self._begun = time.monotonic()

    def perform(self) -> Outcome:
        """Stack, drill, recording, verdict; the stack is removed unless this is a `lab`."""
        keep = self.order.purpose == "lab"
        stack: Stack | None = None
        try:
            stack = self._stack(live=keep)
            run = self._drilled(stack)
            outcome = self._judged(run, stack)
            if keep and not self.unknown + self.broken_off:
                outcome.urls = _urls(stack)
                self.claim.keep()
            return outcome
        finally:
            with lifecycle.undisturbed():
                if stack and self.claim.project not in lifecycle.kept():
                    with self._timed("down"):
                        stack.down()
                self.claim.release()

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.durations[what] = round(time.monotonic() - begun, 2)

    def _stack(self, *, live: bool) -> Stack:
        order = self.order
        source = order.lab.work if live else submission.snapshot(order.lab, self.folder / "files", order.overlay)
        return Stack(order.lab, self.claim, source, live=live)

    def _drilled(self, stack: Stack) -> Run:
        """The drill on the fresh stack; whatever keeps it from being judged is noted."""
        order = self.order
        traffic = Traffic(self.folder, order.seed)
        run = Run(order.lab, stack, traffic, order.seed, self.watcher)
        own: list[str] = []  # what the stack itself wants is no sign of a busy machine
        load = Sampler(lambda: crowd.wanting() - processes.wanting(own), run.clock, crowd.EVERY_SECONDS)
        self.load = load.series
        try:
            with load.running():
                self._up(stack)
                own += [container["Id"] for container in stack.containers()]
                run.restart_clock()
                with self._timed("drill"), self._watched(stack, run):
                    checks.package(order.lab, "drill").drill(run)
                    run.end()
        except NotJudgedError as reason:
            self.broken_off.append(str(reason))
            self.unstarted = reason.unstarted
        except OutageError:
            raise
        except Exception as problem:  # any failure of a drill means UNKNOWN, never a verdict
            if places.is_of_a_place(problem):
                raise places.explained(problem) from problem
            (self.folder / "drill-error.txt").write_text(traceback.format_exc(), encoding="utf-8")
            self.broken_off.append(f"the drill itself failed: {_place(problem)}")
        finally:
            traffic.end()
        if traffic.starved:
            self.unknown.append("this machine is too busy: the load generator itself ran more than a second late")
        elif busy := crowd.complaint(self.load):
            self.unknown.append(busy)
        return run

    def _up(self, stack: Stack) -> None:
        with self._timed("stack"):
            stack.up()
        self.watcher.stack(stack.services(), self.durations["stack"])

    @contextlib.contextmanager
    def _watched(self, stack: Stack, run: Run) -> Iterator[None]:
        memory = MemoryWatch(stack.containers)
        sampler = Sampler(memory.measure, run.clock, MEMORY_EVERY_SECONDS)
        deaths = DeathWatch(stack.run_id, run.doings, run.at, run.clock, live=stack.live)
        try:
            with sampler.running(), deaths.running():
                yield
        finally:
            self.memory = memory.facts()
            self.deaths = deaths.found

    def _judged(self, run: Run, stack: Stack) -> Outcome:
        run.facts, left_out = text.bounded(run.facts)
        self.unknown += [f"`{name}` is too large to be recorded" for name in left_out]
        logs.save(stack.containers(), self.folder / "logs", run.course.phases, run.at)
        content = text.printable_json(raw.plain(self._recording(run)))
        with self._timed("judge"):
            judged = verdict.judge(self.order.lab, Recording(content))
        self.durations["total"] = round(time.monotonic() - self._begun, 2)
        history.finish(self.folder, content, self.as_json(judged))
        return Outcome(judged, Recording(content), self.folder, self.durations, {})

    def as_json(self, judged: Verdict) -> dict[str, Any]:
        """The verdict with all that tells which run it is of."""
        order = self.order
        about = {"lab": order.lab.slug, "purpose": order.purpose, "variant": order.variant, "seed": order.seed}
        run = {"symptom": order.lab.symptom, "run": self.claim.run_id, "folder": str(self.folder)}
        return about | judged.as_json() | run | {"seconds": self.durations}

    def _recording(self, run: Run) -> dict[str, Any]:
        phases = run.course.phases
        over = phases[-1].end if phases else 0.0
        requests = [request for request in run.requests if request.start < over]
        return {
            "format": FORMAT,
            "lab": self.order.lab.slug,
            "title": self.order.lab.title,
            "run": self.claim.run_id,
            "purpose": self.order.purpose,
            "variant": self.order.variant,
            "seed": self.order.seed,
            "started_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "versions": _versions(),
            "host": _host(),
            "durations": {f"{name}_seconds": seconds for name, seconds in self.durations.items()},
            "phases": phases,
            "marks": run.course.marks,
            "traffic": {
                "seconds": figures.per_second(requests),
                "phases": {phase.name: figures.of_phase(requests, phase.start, phase.end) for phase in phases},
            },
            "samples": run.course.samples,
            "samples_most": run.course.samples_most,
            "deaths": self.deaths,
            "facts": run.facts,
            "unknown": self.unknown,
            "broken_off": self.broken_off,
            "unstarted": self.unstarted,
            "memory": self.memory,
            "load": self.load,
        }


def _place(problem: Exception) -> str:
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__}: {problem} ({Path(frame.filename).name} line {frame.lineno})"


def _urls(stack: Stack) -> dict[str, str]:
    found = {}
    for service in stack.services():
        with contextlib.suppress(NotJudgedError):
            found[service] = stack.url(service)
    return found


def _versions() -> dict[str, str]:
    return {
        "outage": harness.__version__,
        "python": platform.python_version(),
        "docker": engine.version(),
        "locust": metadata.version("locust"),
    }


def _host() -> dict[str, Any]:
    return {"cores": os.cpu_count() or 1, "system": platform.system(), "machine": platform.machine()}
