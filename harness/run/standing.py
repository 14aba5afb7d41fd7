"""Is a lab's stack up to look around in, and if not, what is the matter and what helps?"""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import OutageError
from harness.run import engine, locks
from harness.run.lifecycle import LAB

UP = ("running", "paused", "restarting")


@dataclass(frozen=True)
class Standing:
    """What there is of a lab's stack."""

    slug: str
    project: str = ""
    """The stack that was left up; empty where there is none."""
    services: tuple[tuple[str, str], ...] = ()
    """Each service, and Docker's word for the state of its container (`running`, `exited` …)."""
    coming: str = ""
    """The run that is bringing a stack up at this moment, as a message names it."""

    @property
    def running(self) -> list[str]:
        """The services that are up."""
        return [name for name, state in self.services if state in UP]

    @property
    def problem(self) -> str:
        """Why nobody can look around, and what helps; empty where everything or something is up."""
        if self.running:
            return ""
        if self.coming:
            return f"The stack of {self.slug} is still coming up: {self.coming}.\nWhat next: wait for it, then again."
        start = f"What next: `make lab-{self.slug}` starts a fresh one and leaves it up."
        if not self.project:
            return f"No stack of {self.slug} is up.\n{start}"
        if not self.services:
            return f"The stack of {self.slug} was removed by hand: its containers are gone.\n{start}"
        states = ", ".join(f"{name} {state}" for name, state in self.services)
        return (
            f"The stack of {self.slug} does not run any more ({states}), as after Docker or this machine was started "
            f"again.\n{start} What it had in memory is gone."
        )

    def problem_of(self, service: str) -> str:
        """The same for one service: empty where it is up."""
        states = dict(self.services)
        if self.problem or states.get(service) in UP:
            return self.problem
        if service not in states:
            return f"The stack of {self.slug} has no service {service!r}; it has {', '.join(states)}."
        others = ", ".join(self.running)
        return (
            f"The service {service} of {self.slug} does not run ({states[service]}). Running: {others}.\n"
            f"What next: `make logs-{self.slug} SERVICE={service}` shows its last words, `make lab-{self.slug}` starts "
            "a fresh stack."
        )


def standing(slug: str) -> Standing:
    """What there is of this lab's stack."""
    coming = next((note.told for note in locks.live(slug) if note.purpose == LAB), "")
    kept = locks.kept(slug)
    if not kept:
        return Standing(slug, coming=coming)
    found = engine.containers(outage_run=kept[-1])
    services = sorted((str(one["Labels"][engine.LABEL_SERVICE]), str(one["State"])) for one in found)
    return Standing(slug, kept[-1], tuple(services), coming)


def require_up(slug: str, service: str | None = None) -> str:
    """The stack of this lab that is up, with this service running; OutageError says what is up and what helps."""
    seen = standing(slug)
    if problem := seen.problem_of(service) if service else seen.problem:
        raise OutageError(problem)
    return seen.project
