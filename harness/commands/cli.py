"""What can be asked of Outage Lab on the command line?"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator

import click

import harness
from harness import environment
from harness.commands import author, learn, look, run, screen
from harness.commands.bench import bench
from harness.commands.mutate import mutate
from harness.commands.options import Declined
from harness.commands.prove import prove
from harness.errors import OutageError
from harness.run.lifecycle import interruptible, tidy
from harness.setup import places

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(harness.__version__, prog_name="outage")
def cli() -> None:
    """Production outages that really happen, and checks that tell a right fix from a plausible wrong one.

    Exit codes of lab, check and prove: 0 as wanted (reproduced, FIXED, proven), 1 BROKEN, 2 UNKNOWN or an error.
    Of mutate: 0 if no mutant slipped through, 1 if one did.
    """


for command in (*run.COMMANDS, *look.COMMANDS, *learn.COMMANDS, *author.COMMANDS, prove, mutate, bench):
    cli.add_command(command)


def main() -> None:
    """Run the command; every error becomes one message and an exit code."""
    environment.adopt()
    with _errors_said(as_json="--json" in sys.argv), interruptible():
        tidy()
        cli(prog_name="outage", standalone_mode=False)


@contextlib.contextmanager
def _errors_said(*, as_json: bool) -> Iterator[None]:
    try:
        yield
    except OutageError as problem:
        _say(str(problem), as_json=as_json)
        sys.exit(EXIT_ERROR)
    except BrokenPipeError:  # nobody reads any more, as in `outage list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_ERROR)
    except OSError as problem:
        _say(str(places.explained(problem)), as_json=as_json)
        sys.exit(EXIT_ERROR)
    except click.ClickException as problem:
        _say(problem.format_message() + " `make help` shows the commands.", as_json=as_json)
        sys.exit(EXIT_ERROR)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except Declined:
        screen.say("Nothing was changed.")
        sys.exit(EXIT_ERROR)
    except (KeyboardInterrupt, click.Abort):
        _say("Interrupted; what this run had made was removed.", as_json=as_json)
        sys.exit(EXIT_INTERRUPTED)
    except Exception as problem:  # noqa: BLE001 - a fault of ours is exit 2, and never a verdict
        _say(f"This is a fault of Outage Lab itself: {type(problem).__name__}: {problem}", as_json=as_json)
        traceback.print_exc()
        sys.exit(EXIT_ERROR)


def _say(text: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"error": text}) + "\n")
    screen.say_error(text)
