"""How is the zone shop.internal read, changed and published?"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

NAME = "shop.internal"
FILE = Path(f"/zones/{NAME}.zone")
SERIAL = re.compile(r"(\bSOA\b[^(]*\(\s*)(\d+)")


class ZoneError(Exception):
    """The zone does not have what is asked for, or the name server does not take it."""


def read() -> str:
    """The zone's text as it is now."""
    return FILE.read_text(encoding="utf-8")


def _record(kind: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"^({re.escape(name)}\s+(?:\d+\s+)?IN\s+{kind}\s+)(\S+)", re.MULTILINE)


def target(text: str, record: str) -> str:
    """The machine that a record (a CNAME) stands for."""
    found = _record("CNAME", record).search(text)
    if not found:
        raise ZoneError(f"{NAME} has no record {record}")
    return found[2]


def address(text: str, machine: str) -> str:
    """The address of a machine."""
    found = _record("A", machine).search(text)
    if not found:
        raise ZoneError(f"{NAME} has no machine {machine}")
    return found[2]


def with_target(text: str, record: str, machine: str) -> str:
    """The zone's text with this record standing for that machine, and the next serial number."""
    target(text, record)
    changed = _record("CNAME", record).sub(rf"\g<1>{machine}", text)
    return SERIAL.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", changed)


def publish(text: str) -> None:
    """Write the zone and let the name server read it; ZoneError, and the old zone stays, if it does not parse."""
    before = read()
    FILE.write_text(text, encoding="utf-8")
    done = subprocess.run(["reload-zone", NAME], capture_output=True, text=True, check=False)
    if done.returncode:
        FILE.write_text(before, encoding="utf-8")
        raise ZoneError(f"the name server does not take the zone: {done.stderr.strip()}")
