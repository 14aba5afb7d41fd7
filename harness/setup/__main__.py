"""What do `make` and `outage doctor` ask of the set-up?"""

from __future__ import annotations

import argparse
import json
import os
import sys

if not __package__:  # run as a file by an isolated Python: nothing of the current folder can be imported by mistake
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from harness import environment
from harness.errors import OutageError
from harness.setup import doctor, places
from harness.setup.board import Board
from harness.setup.ready import ready, wanted_images
from harness.setup.shell import INTERRUPTED, UnavailableError

FAILED = 2


def main(words: list[str] | None = None) -> int:
    """Runs `ready` or `doctor`; exit code 2 where something is missing."""
    environment.complete_streams()
    options = _parser().parse_args(words)
    try:
        return _doctor(as_json=options.json) if options.verb == "doctor" else _ready(options)
    except OutageError as problem:
        _complain(str(problem), as_json=options.json)
    except OSError as problem:
        _complain(str(places.explained(problem)), as_json=options.json)
    except KeyboardInterrupt:
        _complain(INTERRUPTED, as_json=options.json)
    return FAILED


def _ready(options: argparse.Namespace) -> int:
    wanted = wanted_images(options.images) if options.images else []
    try:
        ready(wanted, dev=options.dev, board=Board(sys.stderr) if options.json else None)
    except UnavailableError as problem:
        if not options.docker_optional or os.environ.get("CI"):
            raise
        _complain(f"{problem}\nWithout Docker: what needs it is skipped.", as_json=False)
    return 0


def _doctor(*, as_json: bool) -> int:
    findings = doctor.examine()
    text = json.dumps(doctor.as_json(findings), indent=2) if as_json else doctor.as_text(findings)
    sys.stdout.write(text + "\n")
    return doctor.exit_code(findings)


def _complain(text: str, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"error": text}) + "\n")
    sys.stderr.write(f"\n{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m harness.setup", description="Prepares this machine for the labs.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("ready", help="provide what is missing; silent when nothing is")
    verb.add_argument("--images", metavar="LAB", help="also Docker and the images of this lab, or of `all`")
    verb.add_argument("--dev", action="store_true", help="also what `make test` needs")
    verb.add_argument("--docker-optional", action="store_true", help="go on where Docker cannot be had (not under CI)")
    verb.add_argument("--json", action="store_true", help="an error is an object on standard output too")
    verb = verbs.add_parser("doctor", help="tell what is missing and what helps")
    verb.add_argument("--json", action="store_true", help="for a machine to read")
    return parser


if __name__ == "__main__":
    sys.exit(main())
