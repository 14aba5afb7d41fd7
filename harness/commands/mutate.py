"""Mutate a lab's right fixes: does any small change of one slip through the checks?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness import paths
from harness.commands import screen
from harness.commands.options import Whole, chosen, jobs_option, json_option, keep_option, lab_argument, seed_option
from harness.errors import OutageError
from harness.judge import mutation, trials
from harness.judge.mutation import FATES, KILLED, NOT_COUNTED, NOT_JUDGED, SURVIVED, Fate
from harness.judge.proof import Case, Result
from harness.lab import equivalents, measured, mutants, variants
from harness.lab.equivalents import Equivalent
from harness.lab.manifest import Lab
from harness.lab.mutants import Mutant
from harness.run import lifecycle

SAMPLE = 40
STYLES = {SURVIVED: "bold red", NOT_JUDGED: "yellow"}


@dataclass(frozen=True)
class Draw:
    """The mutants that are to be judged."""

    lab: Lab
    seed: int
    found: list[Mutant]
    """All that there are."""
    drawn: list[Mutant]
    known: list[Equivalent]

    @property
    def fixes(self) -> list[str]:
        """The fixes of those that have to be run."""
        return sorted({one.fix for one in self.drawn if not equivalents.known(self.known, one)})


@click.command()
@lab_argument
@click.option("--fix", default=None, help="Only mutants of this fix.")
@click.option("--sample", type=Whole(1), default=SAMPLE, show_default=True, help="How many are drawn.")
@seed_option
@jobs_option
@click.option("--busy", is_flag=True, help="Keep every core busy with something else meanwhile.")
@click.option("--list", "only_list", is_flag=True, help="Show the drawn mutants; no stack is started.")
@keep_option
@json_option
def mutate(
    lab: Lab,
    fix: str | None,
    sample: int,
    seed: int | None,
    jobs: int,
    *,
    busy: bool,
    only_list: bool,
    keep: bool,
    as_json: bool,
) -> None:
    """Change each right fix a little, and see whether the checks notice: a mutant that is FIXED is a gap."""
    if keep and (fix or only_list):
        raise OutageError("--keep is for a draw from all fixes that is run. Leave out --fix and --list.")
    draw = _draw(lab, fix, sample, chosen(seed))
    if only_list:
        _list(draw, as_json=as_json)
        return
    fates, seconds = _judge(draw, jobs, busy=busy, as_json=as_json)
    said = mutation.counts(fates)
    if keep and said["counted"]:
        measured.keep_mutants(lab, draw.seed, said)
    if as_json:
        screen.say_json(_result(draw, fates, seconds))
    else:
        _tell_all(draw, fates, seconds)
    sys.exit(_exit_code(said))


def _exit_code(said: dict[str, Any]) -> int:
    """0 if no survivor is unexplained, 1 if one is, 2 if nothing could be judged."""
    if said["counted"]:
        return 1 if said[SURVIVED] else 0
    return 2 if said["not_judged"] else 0


def _draw(lab: Lab, fix: str | None, sample: int, seed: int) -> Draw:
    known = equivalents.of(lab)
    fixes = [variants.named(lab, f"fix {fix}")] if fix else [one for one in variants.of(lab) if one.kind == "fix"]
    found = mutants.of(lab, [one.short for one in fixes])
    if not found:
        raise OutageError(f"{lab.slug} has no mutants: there is no right fix in {paths.shown(lab.fixes)} to change.")
    return Draw(lab, seed, found, mutants.drawn(found, sample, seed), known)


def _judge(draw: Draw, jobs: int, *, busy: bool, as_json: bool) -> tuple[list[Fate], float]:
    """What became of each, and how long all of them took."""
    lifecycle.sweep()
    within = paths.runs_root() / "mutate" / time.strftime("%Y%m%d-%H%M%S")
    if not as_json:
        screen.header(f"Mutants of {draw.lab.slug}", _of(draw))

    def run(cases: list[Case]) -> list[Result]:
        return trials.run(cases, jobs, within, None if as_json else _tell)

    with trials.busy_cores(wanted=busy):
        mutation.require_fixed(draw.lab, draw.fixes, run)
        begun = time.monotonic()
        return mutation.judged(draw.drawn, draw.known, run), time.monotonic() - begun


def _of(draw: Draw) -> str:
    return f"{len(draw.drawn)} of {len(draw.found)} · seed {draw.seed}"


def _tell(result: Result, done: int, of: int) -> None:
    case = result.case.variant
    fate = mutation.of_result(case, result) if isinstance(case, Mutant) else None
    sign, why = (fate.fate, fate.why) if fate else ("as it is", result.seen)
    line = f"{done:>4}/{of}  {sign:<10}  {case.short}  {why}  {result.seconds:.0f} s"
    screen.say(line, STYLES.get(sign, ""))


# --- the result ---------------------------------------------------------------------------------------------------


def _list(draw: Draw, *, as_json: bool) -> None:
    rows = [_row(one, equivalents.known(draw.known, one)) for one in draw.drawn]
    if as_json:
        screen.say_json({"lab": draw.lab.slug, "seed": draw.seed, "of": len(draw.found), "mutants": rows})
        return
    screen.header(f"Mutants of {draw.lab.slug}", _of(draw))
    for row in rows:
        screen.say(f"\n{row['name']}{row['equivalent'] and '  equivalent: '}{row['equivalent']}", "bold")
        screen.write(row["diff"])


def _row(one: Mutant, equivalent: Equivalent | None) -> dict[str, str]:
    about = {"name": one.short, "fix": one.fix, "file": one.file, "operator": one.operator, "diff": one.diff}
    return about | {"equivalent": equivalent.why if equivalent else ""}


def _result(draw: Draw, fates: list[Fate], seconds: float) -> dict[str, Any]:
    return {
        "lab": draw.lab.slug,
        "seed": draw.seed,
        "of": len(draw.found),
        **mutation.counts(fates),
        "seconds": round(seconds, 1),
        "seconds_per_mutant": _each(fates, seconds),
        "operators": mutation.by_operator(fates),
        "mutants": [mutation.as_json(one) for one in fates],
    }


def _each(fates: list[Fate], seconds: float) -> float | None:
    runs = sum(one.result is not None for one in fates)
    return round(seconds / runs, 1) if runs else None


def _tell_all(draw: Draw, fates: list[Fate], seconds: float) -> None:
    rows = mutation.by_operator(fates)
    rows["all"] = {fate: sum(row[fate] for row in rows.values()) for fate in FATES}
    cells = [[name, *(str(row[fate]) for fate in FATES)] for name, row in rows.items()]
    screen.say()
    screen.table(("operator", *FATES), cells, ["bold red" if row[SURVIVED] else "" for row in rows.values()])
    for fate in mutation.survivors(fates):
        _tell_survivor(draw.lab, fate)
    for line in _closing(mutation.counts(fates), _each(fates, seconds)):
        screen.say(line)


def _tell_survivor(lab: Lab, fate: Fate) -> None:
    mutant, folder = fate.mutant, fate.result.folder if fate.result else None
    screen.say(f"\nSurvived: {mutant.short}", "bold red")
    screen.write(mutant.diff)
    files = paths.shown((folder or Path()) / "files")
    screen.say("Is a check missing? Then make the mutant a decoy that a new or stricter check must catch:")
    screen.say(f"  .venv/bin/outage decoy {lab.slug} {mutant.short} {files} \\")
    screen.say(f"      --base fixes/{mutant.fix} --caught-by {lab.symptom}")
    screen.say(f"Does no promise speak of it? Then say why in {paths.shown(equivalents.path_of(lab))}:")
    for line in equivalents.draft(mutant).splitlines():
        screen.say(f"  {line}")


def _closing(said: dict[str, Any], each: float | None) -> Iterator[str]:
    yield ""
    score = f"score {said['score']:.1%}" if said["counted"] else "no score"
    yield f"{said[KILLED]} of {said['counted']} mutants that count are killed: {score}."
    left_out = [f"{number} {fate}" for fate in NOT_COUNTED if (number := said[fate.replace(" ", "_")])]
    if left_out:
        yield f"Not counted: {', '.join(left_out)}."
    if each is not None:
        yield f"{each:g} s for each that was run."
