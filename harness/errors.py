"""What can go wrong in the tool itself, as against in a lab?"""

from __future__ import annotations


class OutageError(Exception):
    """Something the user has to know: what, where, and what to do next. Exit code 2."""


class UnknownLabError(OutageError):
    """No lab has the given name."""


class ManifestError(OutageError):
    """A lab.toml says something that it may not say."""


class DockerError(OutageError):
    """Docker cannot be reached, or refused what was asked of it."""


class NotJudgedError(OutageError):
    """The run cannot be judged: its verdict is UNKNOWN, with this reason."""

    unstarted = ""
    """What of the stack did not start, in a word: `stack` or `code`; empty where that is not the reason."""


class NotStartedError(NotJudgedError):
    """A service of the stack ends, or does not answer, before the drill begins."""

    unstarted = "stack"


class StudentCodeError(NotStartedError):
    """A service of the stack does not start; the message carries its last lines, file and line."""

    unstarted = "code"
