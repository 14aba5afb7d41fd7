"""What is a number as it is written, times ten and divided by ten?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

PLAIN = re.compile(r"\d[\d_]*(?:\.\d*)?|\.\d+")


def scaled(written: str) -> Iterator[str]:
    """Ten times as much and a tenth, where that is another number; a whole number stays whole (3 becomes 0).

    Nothing for a number that is not written plainly (`0x10`, `1e3`).
    """
    if not PLAIN.fullmatch(written):
        return
    value = Decimal(written.replace("_", ""))
    whole = "." not in written
    for other in (value.scaleb(1), value.scaleb(-1)):
        if other != value:
            yield str(int(other)) if whole else repr(float(other))
