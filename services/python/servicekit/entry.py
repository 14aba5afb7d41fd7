"""Which application does gunicorn serve, and what when the student's code does not load?"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

BOOT_FAILED = 3
"""By this exit code of a worker gunicorn knows that another one would fail as well."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def application() -> Wsgi:
    """The application that WEB_APP names (`module:attribute`, as shipped `app:app`).

    Code that does not load ends the service with its traceback; where edits are served at once
    (OUTAGE_RELOAD=1) every request is answered with the traceback until the next edit.
    """
    module, _, attribute = os.environ.get("WEB_APP", "app:app").partition(":")
    try:
        found: Wsgi = getattr(importlib.import_module(module), attribute or "app")
    except BaseException as error:  # whatever the student's code raises, sys.exit() too
        if _of_gunicorn(error):
            raise
        text = _story(error)
        sys.stderr.write(f"The service does not load.\n{text}")
        sys.stderr.flush()
        if os.environ.get("OUTAGE_RELOAD") != "1":
            sys.exit(BOOT_FAILED)
        return _page(text)
    return found


def _of_gunicorn(error: BaseException) -> bool:
    """Whether gunicorn's own handler of a signal has raised it, wherever the student's code stood."""
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return isinstance(error, SystemExit) and "/gunicorn/" in last


def _story(error: BaseException) -> str:
    """The traceback without the frames that lead to the student's module."""
    story = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in story.stack if frame.filename != __file__ and "importlib" not in frame.filename]
    story.stack = traceback.StackSummary.from_list(frames)
    return "".join(story.format())


def _page(text: str) -> Wsgi:

    def answer(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"The service does not load. Edit the file and ask again.\n\n{text}".encode()]

    return answer
