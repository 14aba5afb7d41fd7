"""Change which machine a record of shop.internal stands for: zonectl.py plan|apply RECORD MACHINE."""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from pathlib import Path

import zone

INVENTORY = Path(__file__).with_name("inventory.toml")


class RefusedError(Exception):
    """The change is not one that this tool makes; the message says why."""


def plan(before: str, after: str) -> str:
    """What would change, as a diff of the zone."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "now", "then", lineterm="", n=0)
    return "\n".join(lines)


def require_one_environment(record: str, machine: str) -> None:
    """RefusedError unless the inventory says that record and machine are of the same environment."""
    inventory = tomllib.loads(INVENTORY.read_text(encoding="utf-8"))
    serves, runs = inventory["records"].get(record), inventory["machines"].get(machine)
    if serves is None:
        raise RefusedError(f"the inventory does not say which environment {record} serves")
    if runs is None:
        raise RefusedError(f"the inventory does not say of which environment {machine} is")
    if serves != runs:
        raise RefusedError(f"{record} serves {serves}, but {machine} is a machine of {runs}")


def main() -> None:
    """Exit code 0: planned or applied; 1: not, and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="zonectl", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply"])
    parser.add_argument("record", help="for example orders-db")
    parser.add_argument("machine", help="for example db-prod-new")
    wanted = parser.parse_args()
    try:
        require_one_environment(wanted.record, wanted.machine)
        before = zone.read()
        after = zone.with_target(before, wanted.record, wanted.machine)
        zone.address(after, wanted.machine)
        sys.stdout.write(plan(before, after) + "\n")
        if wanted.verb == "apply":
            zone.publish(after)
            sys.stdout.write(f"applied: {wanted.record} is {wanted.machine}\n")
    except (RefusedError, zone.ZoneError) as problem:
        sys.exit(f"zonectl: {problem}")


if __name__ == "__main__":
    main()
