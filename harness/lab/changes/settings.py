"""Which small changes are there of a file of settings (TOML, a server's configuration) or of SQL?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.lab.changes import numbers

NO_AMOUNT = r"(?<!port )(?<!port=)(?<!port = )(?<!listen )(?<!version )"
NUMBER = re.compile(NO_AMOUNT + r"(?<![\w.:/$])(?<!\w-)(?:\d+\.)?\d+(?=[a-zA-Z]{0,3}(?![\w.:/]))")
"""A number that stands by itself, with its unit or without: in no name, address or date, no port and no version."""
PAIRS = (("true", "false"), ("on", "off"), ("yes", "no"))
SWITCHES = {**dict(PAIRS), **{off: on for on, off in PAIRS}}
WORD = re.compile(r"(?<![\w.-])[a-zA-Z]+(?![\w.-])")
ONLY_TRUTH = (".toml", ".sql")
"""Where `on` and `no` are words of the language, or of a text."""


def changes(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Each change's operator, and the file with it: a number scaled, a switch turned."""
    for found in NUMBER.finditer(text):
        for other in numbers.scaled(found[0]):
            yield "number", f"{text[: found.start()]}{other}{text[found.end() :]}"
    known = dict(PAIRS[:1]) | {"false": "true"} if name.endswith(ONLY_TRUTH) else SWITCHES
    for found in WORD.finditer(text):
        if turned := known.get(found[0].lower()):
            as_written = turned.upper() if found[0].isupper() else turned
            yield "switch", f"{text[: found.start()]}{as_written}{text[found.end() :]}"
