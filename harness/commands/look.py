"""See what there is: labs, logs, a shell; take it down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from harness import environment, paths
from harness.commands import screen
from harness.commands.options import Whole, ask, json_option, lab_argument
from harness.errors import OutageError
from harness.lab import catalogue, files
from harness.lab.manifest import Lab
from harness.run import engine, history, inside, lifecycle, standing

STATES = {(False, False): "not yet", (True, False): "tried", (True, True): "solved", (False, True): "solved"}


@click.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """Show all labs, and how far you are."""
    found = catalogue.labs()
    rows = [_row(lab) for lab in found]
    if as_json:
        screen.say_json(rows)
        return
    columns = ("lab", "slug", "level", "min", "you", "what breaks")
    screen.table(columns, [[str(value) for value in row.values()] for row in rows])
    solved = sum(row["state"] == "solved" for row in rows)
    screen.say(f"{solved} of {len(rows)} solved.{_where_to_begin(found, rows)}" if rows else "There is no lab.")


def _where_to_begin(found: list[Lab], rows: list[dict[str, object]]) -> str:
    """The easiest and shortest lab that is not solved yet."""
    left = [lab for lab, row in zip(found, rows, strict=True) if row["state"] != "solved"]
    first = min(left, key=lambda lab: (lab.level, lab.minutes, lab.number), default=None)
    return f" {'Begin' if len(left) == len(rows) else 'Go on'} with make lab-{first.slug}." if first else ""


def _row(lab: Lab) -> dict[str, object]:
    progress = history.Progress(lab.slug)
    state = STATES[progress.tried, progress.solved]
    return {
        "number": lab.number,
        "slug": lab.slug,
        "level": lab.level,
        "minutes": lab.minutes,
        "state": state,
        "summary": lab.summary,
    }


@click.command()
@lab_argument
@click.option("--service", default=None, help="Only this service.")
@click.option("--lines", type=Whole(1), default=60, show_default=True, help="How many lines of each service.")
@click.option("--live", is_flag=True, help="Of the stack that is up, also if your last check came later.")
def logs(lab: Lab, service: str | None, lines: int, *, live: bool) -> None:
    """Print the last lines of each service: of the stack that is up, or of your last check if that came later."""
    up = lifecycle.kept(lab.slug)
    last = history.last_run(lab.slug)
    if last is not None and not live and (not up or not up[-1].endswith(last.name)):
        _recorded_logs(last / "logs", service, lines)
        if up:
            screen.say(f"This was your last check. The stack that is up: make logs-{lab.slug} LIVE=1")
        return
    for container in _containers(standing.require_up(lab.slug), service):
        screen.say(f"── {container['Labels'][engine.LABEL_SERVICE]}   (the stack that is up)", "bold")
        screen.write(inside.printed(container["Id"], lines))


def _recorded_logs(folder: Path, service: str | None, lines: int) -> None:
    """The logs in a run's record, in seconds of its drill."""
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if service and service not in found:
        raise OutageError(f"The run had no service {service!r}; it had {', '.join(found)}.")
    for name, path in found.items():
        if service in (None, name):
            printed = path.read_text(encoding="utf-8").splitlines()
            some = f", the last {lines} of {len(printed)} lines: LINES=n for more" if len(printed) > lines else ""
            screen.say(f"── {name}   ({paths.shown(path)}, by seconds of the drill{some})", "bold")
            screen.write("\n".join(printed[-lines:]))


@click.command()
@lab_argument
@click.option("--service", default=None, help="Which service; the first that you may edit and that runs, if not said.")
def shell(lab: Lab, service: str | None) -> None:
    """Open a shell in a service that `lab` left up (in a database: its own client)."""
    project = standing.require_up(lab.slug)
    wanted = service or _first_service(lab, project)
    standing.require_up(lab.slug, wanted)
    container = _containers(project, wanted)[0]
    tty = ["-t"] if sys.stdin.isatty() else []
    command = _client(container["Image"])
    sys.exit(subprocess.call(["docker", "exec", "-i", *tty, container["Id"], *command], env=environment.child()))


_CLIENTS = {"postgres": ["psql", "-U", "lab", "app"], "redis": ["redis-cli"]}


def _client(image: str) -> list[str]:
    """What talks to the server in a container of this image, as `outage-lab/postgres-ha:5fce90`; else a shell."""
    name = image.rpartition("/")[2]
    return next((command for server, command in _CLIENTS.items() if name.startswith(server)), ["sh"])


def _first_service(lab: Lab, project: str) -> str:
    """One that the student edits, if it runs."""
    folder = files.editable(lab)[0].partition("/")[0]
    found = sorted(_containers(project, None), key=lambda one: one["State"] != "running")
    names: list[str] = [container["Labels"][engine.LABEL_SERVICE] for container in found]
    return next((name for name in names if name.startswith(folder)), names[0])


def _containers(project: str, service: str | None) -> list[dict[str, Any]]:
    found = engine.containers(outage_run=project)
    found.sort(key=lambda container: container["Labels"][engine.LABEL_SERVICE])
    names: list[str] = [container["Labels"][engine.LABEL_SERVICE] for container in found]
    if service and service not in names:
        raise OutageError(f"The stack has no service {service!r}; it has {', '.join(names)}.")
    return [one for one in found if service in (None, one["Labels"][engine.LABEL_SERVICE])]


@click.command()
@click.argument("lab", default="")
@json_option
def down(lab: str, *, as_json: bool) -> None:
    """Remove the stacks that `lab` left up: of one lab, or of all."""
    slug = catalogue.lab(lab).slug if lab else None
    removed = lifecycle.sweep()
    for project in lifecycle.kept(slug):
        lifecycle.bring_down(project)
        removed.append(project)
    alone = [note.told for note in lifecycle.live(slug)]
    if as_json:
        screen.say_json({"removed": removed, "left_alone": alone})
    else:
        screen.say(f"Removed {', '.join(removed)}." if removed else "Nothing was up.")
        _say_left_alone(alone)


def _say_left_alone(told: list[str]) -> None:
    for run in told:
        screen.say(f"Left alone, since it is at work: {run}.")


@click.command()
@click.option("--images", is_flag=True, help="Remove the images too; the next lab builds them again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def clean(*, images: bool, yes: bool) -> None:
    """Remove all stacks and the records of all runs (your edits stay)."""
    slugs = {lab.slug for lab in catalogue.labs()}
    records = [path for path in paths.runs_root().glob("*") if path.name in slugs]
    if records and not yes:
        ask(f"Remove the records of {len(records)} labs, hints and progress too?")
    alone = [note.told for note in lifecycle.clear()]
    if images and not alone:
        _remove_images()
    screen.say("Clean, but for the runs that are at work." if alone else "Clean.")
    _say_left_alone(alone)


def _remove_images() -> None:
    for image in engine.client().images.list(filters={"reference": "outage-lab/*"}):
        engine.client().images.remove(str(image.id), force=True)


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Say what this machine lacks, and how to fix it."""
    command = [sys.executable, "-I", "-m", "harness.setup", "doctor", *(["--json"] if as_json else [])]
    sys.exit(subprocess.call(command, cwd=paths.ROOT, env=environment.child(downloads=True)))


COMMANDS = (list_command, logs, shell, down, clean, doctor)
