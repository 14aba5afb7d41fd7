"""Show the outage; judge a fix; judge a recording again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness import paths
from harness.commands import screen
from harness.commands.options import chosen, json_option, lab_argument, seed_option
from harness.judge import checks, store, verdict
from harness.judge.verdict import Verdict
from harness.lab import work
from harness.lab.manifest import Lab
from harness.lab.variants import AS_SHIPPED, STUDENT
from harness.run import history, lifecycle
from harness.run import logs as saved_logs
from harness.run.session import Order, Outcome, Session
from harness.text import named

REPRODUCED, NOT_REPRODUCED = 0, 2


@click.command("lab")
@lab_argument
@seed_option
@json_option
def lab_command(lab: Lab, seed: int | None, *, as_json: bool) -> None:
    """Make the outage happen, and leave the stack up to look around."""
    lifecycle.sweep()
    _prepare(lab, as_json=as_json)
    work.require_present(lab)
    shipped = work.as_shipped(lab)
    order = Order(lab, "lab", chosen(seed), variant=AS_SHIPPED if shipped else STUDENT)
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


def _prepare(lab: Lab, *, as_json: bool) -> None:
    """Give the student a copy, and say what about it is not as they may think."""
    made = work.prepare(lab)
    if as_json:
        return
    if made:
        screen.note("your files", f"{paths.shown(lab.work)} is your copy of {paths.shown(lab.broken)}. Edit there.")
    elif work.shipped_has_changed(lab):
        screen.note("note", work.told_of_shipped(lab), "yellow")
    for other in lifecycle.live():
        screen.note("note", f"another run is at work beside this one: {other.told}. Both will be slower", "yellow")
    if strange := work.strangers(lab):
        names = ", ".join(paths.shown(lab.work / name) for name in strange[:3])
        screen.note("note", f"not one of the lab's files, so no check uses it: {names}", "yellow")


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
    return f"the outage was not reproduced: {named(lab.symptom)} held {took}"


def _look_around(outcome: Outcome, lab: Lab) -> list[tuple[str, str]]:
    page = outcome.folder / paths.REPORT_FILE
    rows = [("Report", paths.shown(page))] if page.exists() else []
    service, _, path = lab.entry.partition("/")
    if service in outcome.urls:
        address = f"{outcome.urls[service]}/{path.format_map(outcome.recording.facts)}"
        rows.insert(0, ("Look around", f"{address}   make logs-{lab.slug}   make shell-{lab.slug}"))
    if outcome.verdict.outcome == verdict.FIXED:
        return [*rows, ("Next", f"make check-{lab.slug}   (make reset-{lab.slug} brings the outage back)")]
    return [*rows, ("Next", f"edit {_first(lab)}, then make check-{lab.slug}   (stuck? make hint-{lab.slug})")]


def _first(lab: Lab) -> str:
    """The student's files in a few words."""
    from harness.lab import files  # noqa: PLC0415

    names = files.editable(lab)
    return work.shown(lab, names[0]) if len(names) == 1 else f"the {len(names)} files in {paths.shown(lab.work)}"


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
    mine = overlay is None
    unchanged = False
    if mine:
        _prepare(lab, as_json=as_json)
        unchanged = work.as_shipped(lab)
    name = variant or (AS_SHIPPED if unchanged else STUDENT)
    if unchanged and not as_json:
        screen.note("note", f"You have not changed anything yet. Edit {_first(lab)}.", "yellow")
    order = Order(lab, "check" if mine else "prove", chosen(seed), name, overlay, within)
    outcome = _perform(order, as_json=as_json)
    if mine and outcome.verdict.outcome != verdict.UNKNOWN:
        history.Progress(lab.slug).note(solved=outcome.verdict.outcome == verdict.FIXED)
    if not as_json:
        screen.verdict(outcome.verdict, _check_headline(outcome.verdict, f"({outcome.durations['total']:.0f} s)"))
    if mine:
        _write_report(outcome, lab)
    if as_json:
        screen.say_json(_result(outcome, exit_code=outcome.verdict.exit_code))
    else:
        screen.pairs(_after_check(outcome, lab) if overlay is None else _after_overlay(outcome, lab, overlay))
    sys.exit(outcome.verdict.exit_code)


def _check_headline(judged: Verdict, took: str = "") -> str:
    if judged.outcome == verdict.UNKNOWN:
        return f"nothing can be said of this run {took}"
    kept = sum(check.outcome == verdict.PASSED for check in judged.checks)
    return f"{kept} of {len(judged.checks)} promises are kept {took}"


def _after_overlay(outcome: Outcome, lab: Lab, overlay: Path) -> list[tuple[str, str]]:
    """What fits a folder that is not the student's own: no report, no hints."""
    again = f"make check-{lab.slug} OVERLAY={paths.shown(overlay)} SEED={outcome.recording.seed}"
    return [("Logs", paths.shown(outcome.folder / "logs")), ("Again", again)]


def _after_check(outcome: Outcome, lab: Lab) -> list[tuple[str, str]]:
    page = outcome.folder / paths.REPORT_FILE
    rows = [("Report", paths.shown(page))] if page.exists() else []
    logs = ("Logs", f"{paths.shown(outcome.folder / 'logs')}   (make logs-{lab.slug})")
    if outcome.verdict.of_one_cause and (complaint := saved_logs.loudest(outcome.folder / "logs")):
        rows.append(("In the logs", complaint))
    if outcome.verdict.outcome == verdict.FIXED:
        return [*rows, ("Next", f"make debrief-{lab.slug}   what others did, and the real cases")]
    if outcome.verdict.outcome == verdict.UNKNOWN:
        return [*rows, logs, ("Next", f"see to what is said above, then make check-{lab.slug} again")]
    again = ("Again", f"make lab-{lab.slug} SEED={outcome.recording.seed}   (or check-{lab.slug})")
    next_step = ("Next", f"make hint-{lab.slug}   or look at the report, edit, and check again")
    return [*rows, logs, again, next_step]


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
    from harness import report  # noqa: PLC0415 - only a run for people needs it

    try:
        report.write(
            outcome.recording,
            outcome.verdict,
            outcome.folder / paths.REPORT_FILE,
            symptom=lab.symptom,
            pictures=lambda seen: checks.pictures(lab, seen),
            shipped=history.shipped_recording(lab.slug),
        )
    except Exception as problem:  # noqa: BLE001 - a picture that cannot be drawn must not cost the verdict
        screen.say_error(f"the report could not be drawn: {type(problem).__name__}: {problem}")


def _result(outcome: Outcome, *, exit_code: int) -> dict[str, object]:
    judged = history.read(outcome.folder / paths.VERDICT_FILE) or {}
    return judged | {"exit_code": exit_code, "urls": outcome.urls, "seconds": outcome.durations}


@click.command()
@lab_argument
@click.argument("recorded", type=click.Path(path_type=Path))
@json_option
def judge(lab: Lab, recorded: Path, *, as_json: bool) -> None:
    """Judge a recording again, by the lab's checks as they are now."""
    judged = verdict.judge(lab, store.load(recorded))
    if as_json:
        screen.say_json(judged.as_json())
    else:
        screen.verdict(judged, _check_headline(judged))
    sys.exit(judged.exit_code)


COMMANDS = (lab_command, check, judge)
