"""Get on when stuck, see what was changed, begin again, and read what it was about."""

from __future__ import annotations

import difflib

import click

from harness import paths
from harness.commands import screen
from harness.commands.options import ask, lab_argument
from harness.errors import OutageError
from harness.judge.checks import NOTHING_DIES
from harness.judge.verdict import FIXED
from harness.lab import hints, work
from harness.lab.manifest import Lab
from harness.run import history
from harness.text import named

SHARED_HINTS = {
    NOTHING_DIES: (
        "Which service ended, and when? The message says it. What did it print just before: make logs-{slug}.",
        "Exit code 137 is a kill, most often for memory. Any other code is the program's own: see its last lines.",
        "An exception that nobody catches ends a program. A list, a table or a queue that only grows takes its memory.",
    )
}


@click.command()
@lab_argument
@click.option("--check", "check_name", default=None, help="For this check; the first one that failed, if not said.")
def hint(lab: Lab, check_name: str | None) -> None:
    """Show the next hint for the first check that failed in your last run."""
    known = hints.of(lab) | {name: tuple(t.format(slug=lab.slug) for t in ts) for name, ts in SHARED_HINTS.items()}
    failed = _failed(lab)
    name = _spelled(check_name, known) if check_name else _first(lab, failed)
    texts = known.get(name, ())
    if not texts:
        raise OutageError(f"There is no hint for {name!r}; there are hints for {', '.join(known)}.")
    progress = history.Progress(lab.slug)
    seen = min(progress.hints_seen(name) + 1, len(texts))
    progress.saw_hint(name, seen)
    screen.header(named(name), f"hint {seen} of {len(texts)}")
    for text in texts[:seen]:
        screen.markdown(text, 2)
    screen.say(_further(lab, name, failed, last=seen == len(texts)), "dim")


def _failed(lab: Lab) -> list[str]:
    """The checks that failed in the last run, or nothing where there was none."""
    judged = history.last_verdict(lab.slug) or {}
    return [str(check["name"]) for check in judged.get("checks", []) if check["outcome"] == "failed"]


def _first(lab: Lab, failed: list[str]) -> str:
    judged = history.last_verdict(lab.slug)
    if judged is None:
        raise OutageError(f"A hint is for what your last run showed. Run make lab-{lab.slug} first.")
    if not failed:
        raise OutageError(
            f"Your last run was {judged['verdict']}: no check failed, so there is nothing to hint at.\n"
            f"What next: for a check of an earlier run, make hint-{lab.slug} CHECK=its_name."
        )
    return failed[0]


def _spelled(name: str, known: dict[str, tuple[str, ...]]) -> str:
    """The check that is meant; names with spaces or hyphens are taken too."""
    spelled = name.strip().lower().replace(" ", "_").replace("-", "_").removeprefix("test_")
    if spelled in known:
        return spelled
    near = difflib.get_close_matches(spelled, known, n=1, cutoff=0.4)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise OutageError(f"There is no check called {name!r}.{guess} There are {', '.join(known)}.")


def _further(lab: Lab, name: str, failed: list[str], *, last: bool) -> str:
    own = "" if failed[:1] == [name] else f" CHECK={name}"
    lines = ["That was the last one." if last else f"make hint-{lab.slug}{own} again goes one step further."]
    if others := [other for other in failed if other != name]:
        what = "Also failed" if name in failed else "In your last run it did not fail. These did"
        lines.append(f"{what}: {', '.join(others)}. For another one: make hint-{lab.slug} CHECK={others[0]}")
    return "\n".join(lines)


@click.command()
@lab_argument
def diff(lab: Lab) -> None:
    """Show what you have changed."""
    if work.shipped_has_changed(lab):
        screen.note("note", work.told_of_shipped(lab), "yellow")
    edits = work.diff(lab) if lab.work.is_dir() else ""
    screen.write(edits or f"Nothing is changed: the files in {paths.shown(lab.work)} are as shipped.")


@click.command()
@lab_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(lab: Lab, *, yes: bool) -> None:
    """Put your files back as shipped. It asks first, and keeps what you had."""
    if work.prepare(lab) or work.as_shipped(lab):
        screen.say("Nothing to reset: your files are as shipped.")
        return
    screen.write(work.diff(lab))
    if not yes:
        ask("Put these files back as shipped? What you have now is kept beside the runs.")
    names, kept = work.reset(lab, paths.runs_of(lab.slug))
    screen.say(f"Reset {', '.join(work.shown(lab, name) for name in names)}. What you had is in {paths.shown(kept)}.")


@click.command()
@lab_argument
@click.option("--spoil", is_flag=True, help="Show it even though the lab is not solved yet.")
def debrief(lab: Lab, *, spoil: bool) -> None:
    """Read the cause, the fixes compared and the real cases, once your check has said FIXED."""
    if not spoil and not history.Progress(lab.slug).solved:
        raise OutageError(
            f"The debrief tells the cause. Solve {lab.slug} first (make check-{lab.slug} says {FIXED}), "
            f"or see it all the same with make debrief-{lab.slug} SPOIL=1."
        )
    screen.markdown(lab.debrief.read_text(encoding="utf-8"))


COMMANDS = (hint, diff, reset, debrief)
