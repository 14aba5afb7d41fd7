"""How is text from a container or a submission shown, so that it does nothing to a terminal and does not fill it?"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

MOST = 300
MOST_FACT = 4000
MOST_LEVELS = 50
MOST_BYTES = 8 * 1024 * 1024
ACRONYMS = {"ca", "cpu", "dns", "http", "id", "sql", "tls", "ttl"}
EDGE = "│ "
"""Begins each line that somebody else has written: no line of a log can be taken for one of ours."""


def printable(text: str, most: int = MOST, *, lines: bool = False) -> str:
    """The text in one line of what every terminal just prints; anything else is shown by its escape, as Python does.

    At most so many characters, and then how many are missing. `lines`: line breaks and tabs stay as they are.
    """
    left, missing = text[:most], len(text) - most
    if not left.isprintable():
        left = "".join(character if _prints(character, lines=lines) else _escaped(character) for character in left)
    return left if missing <= 0 else f"{left}… ({missing:,} more characters)"


def named(check: str) -> str:
    """A check's name in words, as people read it: `the_ca_is_not_hammered` is "the CA is not hammered"."""
    return " ".join(word.upper() if word in ACRONYMS else word for word in check.split("_"))


def _prints(character: str, *, lines: bool) -> bool:
    """No control sequences, nothing that turns the direction of writing or cannot be seen, no half of a pair."""
    return character.isprintable() or (lines and character in "\n\t")


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":  # spaces of other widths
        return " "
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, none longer than this: what is too long goes on in the next one, nothing is cut."""
    found = []
    for line in text.split("\n"):
        left = line
        while len(left) > width:
            at = left.rfind(" ", width // 2, width + 1)
            head, left = (left[:at], left[at + 1 :]) if at > 0 else (left[:width], left[width:])
            found.append(head)
        found.append(left)
    return found


def excerpt(text: str, most_lines: int, most: int = MOST_FACT) -> str:
    """The last lines of a log, each begun with `EDGE`; of a line that is too long its beginning."""
    lines = text.rstrip().split("\n")[-most_lines:]
    return "\n".join(f"{EDGE}{printable(line.rstrip(), most)}" for line in lines)


def printable_json(content: Any) -> Any:
    """The same as JSON that can be written and shown anywhere.

    Every text and key is printable and at most 4,000 characters long; no nesting beyond 50 levels; a number that is
    not finite is none.
    """
    return _plain(content, MOST_LEVELS)


def _plain(content: Any, levels: int) -> Any:
    if isinstance(content, str):
        return printable(content, MOST_FACT, lines=True)
    if isinstance(content, float) and not math.isfinite(content):
        return None
    if not isinstance(content, (Mapping, list, tuple)):
        return content
    if not levels:
        return "… (nested more deeply)"
    if isinstance(content, Mapping):
        return {printable(str(key), MOST_FACT): _plain(value, levels - 1) for key, value in content.items()}
    return [_plain(value, levels - 1) for value in content]


def bounded(facts: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> tuple[dict[str, Any], list[str]]:
    """The facts without those that together are too many, largest first, and the names of these."""
    sizes = {name: len(json.dumps(value, default=str)) for name, value in facts.items()}
    left_out = []
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if sum(sizes.values()) <= most_bytes:
            break
        left_out.append(name)
        del sizes[name]
    return {name: facts[name] for name in sizes}, left_out
