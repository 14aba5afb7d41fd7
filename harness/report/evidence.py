"""What does a lab show of this run and of the run as shipped, and what if it cannot be drawn?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.judge.recording import Picture, Recording
from harness.report.picture import Shown, peak, shown

T = TypeVar("T")
Draw = Callable[[Recording], Sequence[Picture]]


@dataclass(frozen=True)
class Pair:
    """A picture of this run, and the same of the run as shipped."""

    now: Shown
    before: Shown | None


@dataclass
class Evidence:
    """The lab's pictures, and a line for each that cannot be drawn."""

    pairs: list[Pair] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def tried(self, what: str, action: Callable[[], T]) -> T | None:
        """What the action gives; None and a line if it fails. A picture may cost a line, and never a verdict."""
        try:
            return action()
        except Exception as problem:  # noqa: BLE001 - whatever a lab's author got wrong
            self.problems.append(f"{what} could not be drawn: {type(problem).__name__}: {problem}")
            return None


def of(seen: Recording, before: Recording | None, draw: Draw) -> Evidence:
    """The lab's pictures of a run, each with that of the same title and kind of the run before."""
    found = Evidence()
    mine = found.tried("The lab's pictures", lambda: list(draw(seen))) or []
    theirs = found.tried("The lab's pictures of the run as shipped", lambda: list(draw(before))) if before else []
    others = {(each.title, each.kind): each for each in theirs or []}
    for index, picture in enumerate(mine):
        other = others.get((picture.title, picture.kind))
        pair = _tried_pair(found, picture, other, f"picture{index}")
        found.pairs += [pair] if pair else []
    if seen.unknown or seen.broken_off:
        found.problems.clear()  # what the drill did not come to cannot be drawn
    return found


def _tried_pair(found: Evidence, picture: Picture, other: Picture | None, key: str) -> Pair | None:
    """Both; this run's alone where the other one is at fault."""
    if other:
        both = found.tried(f"“{picture.title}” beside the run as shipped", lambda: _pair(picture, other, key))
        if both:
            return both
    return found.tried(f"“{picture.title}”", lambda: _pair(picture, None, key))


def _pair(picture: Picture, other: Picture | None, key: str) -> Pair:
    top = max(peak(each) for each in (picture, other) if each)
    return Pair(shown(picture, key, top), shown(other, f"{key}-shipped", top) if other else None)
