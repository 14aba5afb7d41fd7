"""Prove labs: as shipped, every fix and every decoy, each on a fresh stack, several side by side."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import click

from harness import paths
from harness.commands import screen
from harness.commands.options import LabName, Whole, jobs_option, json_option, keep_option
from harness.errors import OutageError
from harness.judge import proof, trials
from harness.judge.proof import Case, Result
from harness.lab import catalogue, measured
from harness.lab.manifest import Lab
from harness.run import lifecycle


@click.command()
@click.argument("labs", nargs=-1, type=LabName())
@click.option("--repeat", type=Whole(1), default=1, show_default=True, help="How often each variant is run.")
@jobs_option
@click.option("--quick", is_flag=True, help="Only as shipped and the first fix.")
@click.option("--busy", is_flag=True, help="Keep every core busy with something else meanwhile.")
@click.option("--only", default=None, help="Only the variants whose name contains this.")
@click.option("--record", is_flag=True, help="Keep the recordings of right runs for the tests.")
@click.option("--recorded", is_flag=True, help="Judge the kept recordings again; no stack is started.")
@keep_option
@json_option
def prove(
    labs: tuple[Lab, ...],
    repeat: int,
    jobs: int,
    only: str | None,
    *,
    quick: bool,
    busy: bool,
    record: bool,
    recorded: bool,
    keep: bool,
    as_json: bool,
) -> None:
    """Prove that checks tell right from wrong: shipped BROKEN, fixes FIXED, decoys BROKEN on their check."""
    if keep and (only or quick or recorded):
        raise OutageError("--keep is for all variants on real stacks. Leave out --only, --quick and --recorded.")
    chosen = [
        case
        for lab in labs or catalogue.labs()
        for case in proof.cases(lab, quick=quick)
        if only is None or only in case.variant.name
    ]
    begun = time.monotonic()
    tell = None if as_json else _tell
    if recorded:
        results, where = [proof.judged_again(case) for case in chosen], paths.ROOT / "tests" / "recordings"
    else:
        results, where = _run(chosen * repeat, jobs, busy=busy, record=record, tell=tell)
    if record and not (only or quick):
        _remove_strays(labs or tuple(catalogue.labs()))
    rows = proof.summed(results)
    took = time.monotonic() - begun
    if keep:
        keep_figures(results, measured.BUSY if busy else measured.IDLE)
    if as_json:
        screen.say_json({"proven": proof.proven(results), "seconds": round(took, 1), "variants": rows})
    else:
        _table(rows)
        _closing(results, took, where)
    sys.exit(0 if proof.proven(results) else 1)


def _run(
    cases: list[Case], jobs: int, *, busy: bool, record: bool, tell: trials.Tell | None
) -> tuple[list[Result], Path]:
    lifecycle.sweep()
    within = paths.runs_root() / "prove" / time.strftime("%Y%m%d-%H%M%S")
    with trials.busy_cores(wanted=busy):
        return trials.run(cases, jobs, within, tell, record=record), within


def _remove_strays(labs: Iterable[Lab]) -> None:
    """Recordings of variants that there are no more say nothing."""
    for stray in (stray for lab in labs for stray in proof.strays(lab)):
        stray.unlink()


def keep_figures(results: list[Result], when: str) -> None:
    """Keep for each lab how many of its runs were false; of a lab with a run that came to no verdict, nothing."""
    for lab in dict.fromkeys(result.case.lab for result in results):
        own = [result for result in results if result.case.lab == lab]
        if errors := sum(result.seen == proof.ERROR for result in own):
            screen.say_error(f"Of {lab.slug} nothing is kept: {errors} of its {len(own)} runs came to no verdict.")
            continue
        false = sum(not result.right for result in own)
        measured.keep_repeats(lab, when, variants=len(proof.cases(lab)), runs=len(own), false=false)


def _tell(result: Result, done: int, of: int) -> None:
    sign = "ok   " if result.right else "FALSE"
    case = f"{result.case.lab.slug}  {result.case.variant.name}"
    screen.say(f"{done:>4}/{of}  {sign}  {case}  {result.seen}  {result.seconds:.0f} s", _style(result.right))
    if not result.right:
        screen.say(f"{'':>11}{result.why}")


def _style(right: bool) -> str:
    return "" if right else "bold red"


def _table(rows: list[dict[str, object]]) -> None:
    columns = ("lab", "variant", "wanted", "seen", "false", "seconds")
    cells = [[str(row[key]) for key in columns] for row in rows]
    screen.table(columns, cells, [_style(not row["false"]) for row in rows])


def _closing(results: list[Result], took: float, where: Path) -> None:
    wrong = [result for result in results if not result.right]
    summary = f"{len(wrong)} false verdicts out of {len(results)} in {took:.0f} s."
    screen.say(summary, "bold red" if wrong else "bold green")
    for result in wrong:
        screen.say(f"  {result.case.lab.slug} {result.case.variant.name}: {result.why}")
    if wrong:
        screen.say(f"Their recordings: {paths.shown(where)}")
