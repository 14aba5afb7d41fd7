"""Which mutants do a lab's right fixes have, and which of them are drawn?

A mutant is a right fix with one small change in one of the files that it holds.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.chance import Chance
from harness.lab import files
from harness.lab.changes import of_file
from harness.lab.manifest import Lab
from harness.lab.patches import Files, difference
from harness.lab.variants import Variant

KIND = "mutant"
PLACES = re.compile(r"^@@.*@@$", re.MULTILINE)
HASH_CHARACTERS = 8
TIMES_AS_LIKELY = 3
"""A change of a line that the fix has changed too, against one of a line that is as shipped."""


@dataclass(frozen=True)
class Mutant(Variant):
    """A right fix with one small change."""

    fix: str
    operator: str
    """What was done: `drop`, `negate`, `number` …"""
    file: str
    """The file that was changed, relative to broken/."""
    diff: str
    """What turns the fix into the mutant."""
    change: str
    """Its short hash: the same as long as the change, and two lines around it, stay as they are."""
    own: bool
    """Whether it changes a line that is not as shipped."""
    text: str
    """The whole file, changed."""

    @property
    def caught_by(self) -> None:
        """Any check may catch it."""

    @property
    def line(self) -> str:
        """The first line of the fix that is another one now, or the first that is new."""
        changed = [line for line in self.diff.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]
        return next((line[1:].strip() for line in changed if line[0] == "-"), changed[0][1:].strip())

    def files(self) -> Files:
        """All of the lab's editable files: the fix's, one of them changed."""
        return Variant(self.lab, "fix", self.fix).files() | {self.file: self.text}


def of(lab: Lab, fixes: Iterable[str]) -> list[Mutant]:
    """All mutants of these fixes; one that several have, since they hold the same file, is that of the first."""
    found: dict[tuple[str, str], Mutant] = {}
    for fix in fixes:
        for mutant in of_fix(lab, fix):
            found.setdefault((mutant.file, mutant.text), mutant)
    return list(found.values())


def of_fix(lab: Lab, fix: str) -> Iterator[Mutant]:
    """All mutants of this fix, in all files that it holds."""
    shipped = files.texts(lab.broken)
    for name, text in files.texts(lab.fixes / fix).items():
        not_shipped, seen = _others(text, shipped.get(name, "")), Counter[str]()
        for operator, changed in of_file.changes(name, text):
            diff = difference({name: text}, {name: changed})
            said = PLACES.sub("@@", diff)
            seen[said] += 1
            change = hashlib.sha256(f"{said}{seen[said]}".encode()).hexdigest()[:HASH_CHARACTERS]
            short = f"{fix}-{operator}-{change}"
            own = bool(not_shipped & _others(text, changed))
            yield Mutant(lab, KIND, short, fix, operator, name, diff, change, own, changed)


def _others(text: str, than: str) -> set[int]:
    """Numbers of the lines that are others in that text, or before which it has more."""
    matcher = difflib.SequenceMatcher(None, text.splitlines(), than.splitlines(), autojunk=False)
    spans = [range(begin, max(end, begin + 1)) for kind, begin, end, _, _ in matcher.get_opcodes() if kind != "equal"]
    return set(itertools.chain.from_iterable(spans))


# --- the draw -----------------------------------------------------------------------------------------------------


def drawn(found: Sequence[Mutant], sample: int, seed: int) -> list[Mutant]:
    """So many of them by chance: fixes take turns, within a fix the operators, within an operator the files.

    A change that several fixes allow is made to one of them; the others come last. The same seed gives the same ones on
    every machine, and a smaller sample is the beginning of a larger one.
    """
    by_chance = sorted(found, key=lambda one: Chance(seed, one.short).random(), reverse=True)
    chosen = set({(one.file, one.change): one.short for one in by_chance}.values())
    parts = ([one for one in found if (one.short in chosen) is first] for first in (True, False))
    turns = (lambda one: one.fix, lambda one: one.operator, lambda one: one.file)
    return [one for part in parts for one in _in_turns(part, seed, turns)][:sample]


def _in_turns(
    found: Sequence[Mutant], seed: int, by: Sequence[Callable[[Mutant], str]], start: int = 0
) -> list[Mutant]:
    """One of each group by turns, and so on within the groups; each begins at another place in the same order."""
    if not by or not found:
        return sorted(found, key=lambda one: _place(one, seed))
    groups: dict[str, list[Mutant]] = {}
    for one in found:
        groups.setdefault(by[0](one), []).append(one)
    names = sorted(groups, key=lambda name: Chance(seed, name).random())
    order = [*names[start % len(names) :], *names[: start % len(names)]]
    rows = itertools.zip_longest(*(_in_turns(groups[name], seed, by[1:], turn) for turn, name in enumerate(order)))
    return [one for row in rows for one in row if one is not None]


def _place(mutant: Mutant, seed: int) -> float:
    return Chance(seed, mutant.short).random() / (TIMES_AS_LIKELY if mutant.own else 1)
