"""Get on when stuck, begin again, and read what it was about."""

from __future__ import annotations

import click
from rich.markdown import Markdown

from harness.commands import screen
from harness.lab import files
from harness.run import history
from harness.commands.options import ask, lab_argument
from harness.errors import OutageError
from harness.lab.manifest import Lab


@click.command()
@lab_argument
@click.option("--check", "check_name", default=None, help="For this check; the first one that failed, if not said.")
def hint(lab: Lab, check_name: str | None) -> None:
    """Show the next hint for the first check that failed in your last run."""
    name = check_name or _first_failed(lab)
    hints = lab.hints.get(name, ())
    if not hints:
        raise OutageError(f"There is no hint for {name!r}; there are hints for {', '.join(lab.hints)}.")
    progress = history.Progress(lab.slug)
    seen = min(progress.hints_seen(name) + 1, len(hints))
    progress.saw_hint(name, seen)
    screen.header(name.replace("_", " "), f"hint {seen} of {len(hints)}")
    for text in hints[:seen]:
        screen.say(f"  {text}")
    more = f"make hint-{lab.slug} again goes one step further." if seen < len(hints) else "That was the last one."
    screen.say(more, "dim")


def _first_failed(lab: Lab) -> str:
    judged = history.last_verdict(lab.slug)
    if judged is None:
        raise OutageError(f"A hint is for what your last run showed. Run make lab-{lab.slug} first.")
    failed = [check["name"] for check in judged["checks"] if check["outcome"] == "failed"]
    if not failed:
        raise OutageError(f"Your last run was {judged['verdict']}: no check failed, so there is nothing to hint at.")
    return str(failed[0])


@click.command()
@lab_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(lab: Lab, *, yes: bool) -> None:
    """Put your files back as shipped. Your edits are gone then, so it asks."""
    edits = files.diff(lab)
    if not edits:
        screen.say("Nothing to reset: your files are as shipped.")
        return
    screen.write(edits)
    if not yes:
        ask("Discard these edits?")
    screen.say(f"Reset {', '.join(files.reset(lab))}.")


@click.command()
@lab_argument
@click.option("--spoil", is_flag=True, help="Show it even though the lab is not solved yet.")
def debrief(lab: Lab, *, spoil: bool) -> None:
    """Read the cause, the fixes compared and the real cases, once your check has said FIXED."""
    if not spoil and not history.Progress(lab.slug).solved:
        raise OutageError(
            f"The debrief tells the cause. Solve {lab.slug} first (make check-{lab.slug} says FIXED), "
            f"or see it all the same with make debrief-{lab.slug} SPOIL=1."
        )
    text = (lab.solution / "DEBRIEF.md").read_text(encoding="utf-8")
    screen.console().print(Markdown(text))


COMMANDS = (hint, reset, debrief)
