"""Measure what the design promises: seconds to an outage and to a verdict, overhead, reload, memory."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import click

from harness import paths
from harness.commands import measure, screen
from harness.commands.options import LabName, Whole, json_option
from harness.judge.trials import busy_cores
from harness.lab import catalogue
from harness.lab.manifest import Lab
from harness.run import lifecycle

BUDGETS = {"lab_seconds": 20.0, "check_seconds": 20.0, "overhead_seconds": 4.0, "reload_seconds": 1.0}


@click.command()
@click.argument("labs", nargs=-1, type=LabName())
@click.option("--repeat", type=Whole(1), default=3, show_default=True, help="Medians over so many runs.")
@click.option("--busy", is_flag=True, help="Keep every core busy with something else meanwhile.")
@json_option
def bench(labs: tuple[Lab, ...], repeat: int, *, busy: bool, as_json: bool) -> None:
    """Measure warm labs and checks, their overhead, edit to new code served, and memory, against the budgets."""
    lifecycle.sweep()
    with busy_cores(wanted=busy):
        rows = [_lab_row(lab, repeat) for lab in labs or catalogue.labs()]
    result = {"busy": busy, "repeat": repeat, "budgets": BUDGETS, "labs": rows, "medians": _medians(rows)}
    path = _write(result)
    if as_json:
        screen.say_json(result)
        return
    columns = ("lab", "lab s", "check s", "overhead s", "edit→served s", "memory MiB", "budget MiB")
    below = [{"lab": "median"} | _medians(rows), {"lab": "budget"} | BUDGETS]
    screen.table(columns, [_cells(row) for row in [*rows, *below]], [*(_style(row) for row in rows), "bold", "dim"])
    screen.say(f"Written to {paths.shown(path)}")
    sys.exit(0)


def _lab_row(lab: Lab, repeat: int) -> dict[str, Any]:
    labs = [measure.lab_seconds(lab) for _ in range(repeat)]
    reload = measure.reload_seconds(lab)
    for project in lifecycle.kept(lab.slug):
        lifecycle.bring_down(project)
    checks = [measure.check(lab) for _ in range(repeat)]
    return {
        "lab": lab.slug,
        "lab_seconds": round(statistics.median(labs), 1),
        "check_seconds": round(statistics.median(one.total for one in checks), 1),
        "overhead_seconds": round(statistics.median(one.overhead for one in checks), 1),
        "reload_seconds": None if reload is None else round(reload, 2),
        "memory_mib": round(max(one.memory_mib for one in checks)),
        "memory_budget_mib": lab.memory_mib,
    }


def _medians(rows: list[dict[str, Any]]) -> dict[str, float]:
    values = {key: [row[key] for row in rows if row[key] is not None] for key in BUDGETS}
    return {key: round(statistics.median(found), 2) for key, found in values.items() if found}


def _cells(row: dict[str, Any]) -> list[str]:
    """One cell for each column; a dash for what was not measured."""
    keys = ("lab", *BUDGETS, "memory_mib", "memory_budget_mib")
    return ["–" if row.get(key) is None else str(row[key]) for key in keys]


def _style(row: dict[str, Any]) -> str:
    over = any(row[key] is not None and row[key] > budget for key, budget in BUDGETS.items())
    return "yellow" if over or row["memory_mib"] > row["memory_budget_mib"] else ""


def _write(result: dict[str, Any]) -> Path:
    path = paths.runs_root() / "bench" / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2), encoding="utf-8")
    return path
