"""Prove labs: as shipped, every fix and every decoy, each on a fresh stack, several side by side."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from harness import paths
from harness.commands import screen
from harness.judge import proof
from harness.lab import catalogue
from harness.run import lifecycle
from harness.commands.options import LabName, json_option
from harness.lab.manifest import Lab


@click.command()
@click.argument("labs", nargs=-1, type=LabName())
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="How often each variant is run.")
@click.option("--jobs", type=click.IntRange(1), default=max(2, os.cpu_count() or 2), help="How many side by side.")
@click.option("--quick", is_flag=True, help="Only as shipped and the first fix.")
@click.option("--busy", is_flag=True, help="Keep every core busy with something else meanwhile.")
@click.option("--only", default=None, help="Only the variants whose name contains this.")
@json_option
def prove(
    labs: tuple[Lab, ...], repeat: int, jobs: int, only: str | None, *, quick: bool, busy: bool, as_json: bool
) -> None:
    """Prove that checks tell right from wrong: shipped BROKEN, fixes FIXED, decoys BROKEN on their check."""
    lifecycle.sweep()
    within = paths.runs_root() / "prove" / time.strftime("%Y%m%d-%H%M%S")
    cases = [case for lab in labs or catalogue.labs() for case in proof.cases(lab, quick=quick)]
    chosen = [case for case in cases if only is None or only in case.variant]
    begun = time.monotonic()
    with proof.busy_cores(wanted=busy):
        results = proof.run(chosen * repeat, jobs, within, None if as_json else _tell)
    rows = proof.summed(results)
    took = time.monotonic() - begun
    if as_json:
        screen.say_json({"proven": proof.proven(results), "seconds": round(took, 1), "variants": rows})
    else:
        _table(rows)
        _closing(results, took, within)
    sys.exit(0 if proof.proven(results) else 1)


def _tell(result: proof.Result, done: int, of: int) -> None:
    sign = "ok   " if result.right else "FALSE"
    line = (
        f"{done:>4}/{of}  {sign}  {result.case.lab.slug}  {result.case.variant}  {result.seen}  {result.seconds:.0f} s"
    )
    screen.say(line, "" if result.right else "bold red")
    if not result.right:
        screen.say(f"{'':>11}{result.why}")


def _table(rows: list[dict[str, object]]) -> None:
    columns = ("lab", "variant", "wanted", "seen", "false", "seconds")
    cells = [[str(row[key]) for key in columns] for row in rows]
    screen.table(columns, cells, ["bold red" if row["false"] else "" for row in rows])


def _closing(results: list[proof.Result], took: float, within: Path) -> None:
    wrong = [result for result in results if not result.right]
    screen.say(
        f"{len(wrong)} false verdicts out of {len(results)} in {took:.0f} s.", "bold red" if wrong else "bold green"
    )
    for result in wrong:
        screen.say(f"  {result.case.lab.slug} {result.case.variant}: {result.why}")
    if wrong:
        screen.say(f"Their recordings: {paths.shown(within)}")
