"""Show the outage; judge a fix."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness import paths
from harness.commands import screen
from harness.judge import verdict
from harness.lab import files
from harness.run import history, lifecycle
from harness.commands.options import chosen, json_option, lab_argument, seed_option
from harness.lab.manifest import Lab
from harness.run.session import Order, Outcome, Session

REPRODUCED, NOT_REPRODUCED = 0, 2
MOST_NAMES = 6


@click.command("lab")
@lab_argument
@seed_option
@json_option
def lab_command(lab: Lab, seed: int | None, *, as_json: bool) -> None:
    """Make the outage happen, and leave the stack up to look around."""
    _tidy(lab)
    files.require_present(lab)
    shipped = files.as_shipped(lab)
    order = Order(lab, "lab", chosen(seed), variant=history.AS_SHIPPED if shipped else "student")
    outcome = _perform(order, as_json=as_json)
    code = _lab_code(outcome, lab, shipped=shipped)
    if not as_json:
        explained = lab.symptom if _symptom_failed(outcome, lab) else None
        screen.verdict(outcome.verdict, _lab_headline(outcome, lab, shipped=shipped), explained)
    _write_report(outcome, lab)
    if as_json:
        screen.say_json(_result(outcome, exit_code=code))
    else:
        screen.pairs(_look_around(outcome, lab))
    sys.exit(code)


def _tidy(lab: Lab) -> None:
    """Remove what dead runs left, and the stack that the last `lab` of this story kept up."""
    lifecycle.sweep()
    for project in lifecycle.kept(lab.slug):
        lifecycle.bring_down(project)


def _symptom_failed(outcome: Outcome, lab: Lab) -> bool:
    return lab.symptom in [check.name for check in outcome.verdict.failed]


def _lab_code(outcome: Outcome, lab: Lab, *, shipped: bool) -> int:
    if outcome.verdict.outcome == verdict.UNKNOWN:
        return NOT_REPRODUCED
    return REPRODUCED if not shipped or _symptom_failed(outcome, lab) else NOT_REPRODUCED


def _lab_headline(outcome: Outcome, lab: Lab, *, shipped: bool) -> str:
    took = f"({outcome.durations['total']:.0f} s)"
    if outcome.verdict.outcome == verdict.UNKNOWN:
        return f"nothing can be said of this run {took}"
    if not shipped:
        return f"this is your version, not the one that is shipped {took}"
    if _symptom_failed(outcome, lab):
        return f"the outage is reproduced {took}"
    return f"the outage was not reproduced: {lab.symptom.replace('_', ' ')} held {took}"


def _look_around(outcome: Outcome, lab: Lab) -> list[tuple[str, str]]:
    page = outcome.folder / paths.REPORT_FILE
    rows = [("Report", paths.shown(page))] if page.exists() else []
    service, _, path = lab.entry.partition("/")
    if service in outcome.urls:
        address = f"{outcome.urls[service]}/{path.format_map(outcome.recording['facts'])}"
        rows.insert(0, ("Look around", f"{address}   make logs-{lab.slug}   make shell-{lab.slug}"))
    edit = paths.shown(lab.folder / lab.editable[0])
    return [*rows, ("Next", f"edit {edit}, then make check-{lab.slug}   (stuck? make hint-{lab.slug})")]


@click.command()
@lab_argument
@seed_option
@click.option(
    "--overlay", type=click.Path(path_type=Path), help="Judge this folder of editable files instead of yours."
)
@click.option("--variant", default="", help="What to call these files in the recording.")
@click.option("--within", type=click.Path(path_type=Path), help="Keep the run's record in this folder.")
@json_option
def check(
    lab: Lab, seed: int | None, overlay: Path | None, variant: str, within: Path | None, *, as_json: bool
) -> None:
    """Run the drill on your files and judge them: FIXED, BROKEN or UNKNOWN."""
    lifecycle.sweep()
    files.require_present(lab)
    mine = overlay is None and within is None  # else it is somebody else's submission, or part of a proof
    name = variant or (history.AS_SHIPPED if files.as_shipped(lab) and not overlay else "student")
    order = Order(lab, "check" if mine else "prove", chosen(seed), name, overlay, within)
    if mine and not as_json:
        _warn_of_strangers(lab)
    outcome = _perform(order, as_json=as_json)
    if mine and outcome.verdict.outcome != verdict.UNKNOWN:
        history.Progress(lab.slug).note(solved=outcome.verdict.outcome == verdict.FIXED)
    if not as_json:
        screen.verdict(outcome.verdict, _check_headline(outcome))
    if mine:
        _write_report(outcome, lab)
    if as_json:
        screen.say_json(_result(outcome, exit_code=outcome.verdict.exit_code))
    else:
        screen.pairs(_after_check(outcome, lab))
    sys.exit(outcome.verdict.exit_code)


def _warn_of_strangers(lab: Lab) -> None:
    names = ["solution/…" if name.startswith("solution/") else name for name in files.strangers(lab)]
    if names:
        first = list(dict.fromkeys(names))
        told = ", ".join(first[:MOST_NAMES]) + (" …" if len(first) > MOST_NAMES else "")
        screen.say(
            f"  note            not as shipped, and not yours to edit (`editable` in lab.toml): {told}", "yellow"
        )


def _check_headline(outcome: Outcome) -> str:
    took = f"({outcome.durations['total']:.0f} s)"
    if outcome.verdict.outcome == verdict.UNKNOWN:
        return f"nothing can be said of this run {took}"
    kept = sum(check.outcome == verdict.PASSED for check in outcome.verdict.checks)
    return f"{kept} of {len(outcome.verdict.checks)} promises are kept {took}"


def _after_check(outcome: Outcome, lab: Lab) -> list[tuple[str, str]]:
    rows = (
        [("Report", paths.shown(outcome.folder / paths.REPORT_FILE))]
        if (outcome.folder / paths.REPORT_FILE).exists()
        else []
    )
    if outcome.verdict.outcome == verdict.FIXED:
        return [*rows, ("Next", f"make debrief-{lab.slug}   what others did, and the real cases")]
    if outcome.verdict.outcome == verdict.UNKNOWN:
        return [*rows, ("Logs", paths.shown(outcome.folder / "logs"))]
    return [*rows, ("Next", f"make hint-{lab.slug}   or look at the report, edit, and check again")]


def _perform(order: Order, *, as_json: bool) -> Outcome:
    lab = order.lab
    if as_json:
        outcome = Session(order, screen.Silent()).perform()
    else:
        detail = f"lab {lab.number} · level {lab.level} · {lab.minutes} min · seed {order.seed}"
        screen.header(lab.title, detail)
        with screen.Screen() as watcher:
            outcome = Session(order, watcher).perform()
    if order.purpose == "lab":
        history.Progress(lab.slug).note(solved=False)
    return outcome


def _write_report(outcome: Outcome, lab: Lab) -> None:
    from harness import report  # noqa: PLC0415 - its plotting library takes a while to import

    judged = history.read(outcome.folder / paths.VERDICT_FILE) or {}
    shipped = history.shipped_recording(lab.slug)
    try:
        report.write(outcome.recording, judged, outcome.folder / paths.REPORT_FILE, shipped)
    except Exception as problem:  # noqa: BLE001 - a picture that cannot be drawn must not cost the verdict
        screen.say_error(f"the report could not be drawn: {type(problem).__name__}: {problem}")


def _result(outcome: Outcome, *, exit_code: int) -> dict[str, object]:
    judged = history.read(outcome.folder / paths.VERDICT_FILE) or {}
    return judged | {"exit_code": exit_code, "urls": outcome.urls, "seconds": outcome.durations}


COMMANDS = (lab_command, check)
