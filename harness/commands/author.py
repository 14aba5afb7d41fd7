"""Add a lab, write a variant's files out, make a patch of an edited folder, bring generated tables up to date."""

from __future__ import annotations

from pathlib import Path

import click

from harness import paths
from harness.commands import screen
from harness.commands.options import Whole, lab_argument
from harness.errors import OutageError
from harness.judge import checks
from harness.lab import files, index, patches, skeleton, variants
from harness.lab.manifest import Lab
from harness.lab.patches import Decoy

TO_SAY = "to be said"


@click.command("new-lab")
@click.argument("slug")
@click.option("--number", type=Whole(1), default=None, help="Its number; the next one, if not said.")
def new_lab(slug: str, number: int | None) -> None:
    """Write the skeleton of a lab, which runs and proves itself, for you to change."""
    folder = skeleton.write(slug, number)
    screen.say(f"Wrote {paths.shown(folder)}.")
    screen.pairs(
        [
            ("Next", f"make prove-{slug} RECORD=1   it proves itself as it is"),
            ("Then", "change it step by step, as CONTRIBUTING.md says, and prove it again"),
        ]
    )


@click.command()
@lab_argument
@click.argument("variant")
@click.argument("folder", type=click.Path(path_type=Path))
def overlay(lab: Lab, variant: str, folder: Path) -> None:
    """Write all editable files of a variant ("broken", "fix NAME", "decoy NAME") into a folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutageError(f"{folder}: is there already and not empty. Name a new folder.")
    found = variants.named(lab, variant)
    variants.write(found.files(), folder)
    screen.say(f"Wrote {found.name} of {lab.slug} to {folder}.")


@click.command()
@lab_argument
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--base", default=None, help="What the folder was made from: broken, or fixes/NAME.")
@click.option("--caught-by", default=None, help="The check that must catch it.")
@click.option("--looks-like", default=None, help="Why a good engineer might do it.")
@click.option("--because", default=None, help="Why it is wrong.")
def decoy(  # noqa: PLR0917 - one word of the command each
    lab: Lab,
    name: str,
    folder: Path,
    base: str | None,
    caught_by: str | None,
    looks_like: str | None,
    because: str | None,
) -> None:
    """Make or renew a decoy: the patch that turns its base into the edited folder."""
    path = lab.decoys / f"{name}.patch"
    before = patches.read(path) if path.is_file() else Decoy(name, variants.BROKEN, TO_SAY, TO_SAY, TO_SAY, "")
    base = base or before.base
    given = files.texts(folder)
    if strange := sorted(set(given) - set(files.editable(lab))):
        raise OutageError(f"{folder}: has {strange[0]!r}, which is not a file of {paths.shown(lab.broken)}.")
    if (caught_by or before.caught_by) not in (*checks.names(lab), checks.NOTHING_DIES):
        raise OutageError(f"Say which check must catch it: --caught-by with one of {', '.join(checks.names(lab))}.")
    start = variants.base(lab, base, folder)
    if not (change := patches.difference(start, start | given)):
        raise OutageError(f"{folder}: the files are those of {base}, so there is nothing to make a patch of.")
    said = (caught_by or before.caught_by, looks_like or before.looks_like, because or before.because)
    patches.write(Decoy(name, base, *said, change), path)
    screen.say(f"Wrote {paths.shown(path)} ({len(change.splitlines())} lines against {base}).")
    if TO_SAY in said:
        screen.say("Its header still has lines to be said: edit them in the file.")


@click.command("index")
def index_command() -> None:
    """Bring the generated tables of labs and decoys up to date."""
    changed = index.write()
    screen.say(f"Wrote {', '.join(paths.shown(path) for path in changed)}." if changed else "Up to date.")


COMMANDS = (new_lab, overlay, decoy, index_command)
