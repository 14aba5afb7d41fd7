"""What does a service complain of: in a line of the kit's log, and at the end of a traceback?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

FRAME = re.compile(r'File "(?P<file>/[^"\n]++)", line (?P<line>\d+)')
ERROR = re.compile(r"(?:Fatal Python error: |(?:\w+\.)*+\w*(?:Error|Exception|Exit|Interrupt|Timeout|Warning)\b).*+")
RAISED = re.compile(r"[\w.]++(?:: .*)?")
"""The last line of a traceback, whatever the exception is called."""


def record(line: str) -> dict[str, Any]:
    """What a line of JSON has, as servicekit.logs writes one; empty for any other line."""
    if not line.startswith("{"):
        return {}
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def raised(lines: list[str]) -> Iterator[str]:
    """What was raised: the line that ends a traceback, or one that names an error."""
    within = False
    for line in lines:
        if ERROR.match(line) or (within and RAISED.fullmatch(line)):
            yield line.strip()
        within = line.startswith(" ") and (within or bool(FRAME.search(line)))
