"""Change which machine a record of shop.internal stands for: zonectl.py plan|apply RECORD MACHINE."""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from pathlib import Path

import zone

INVENTORY = Path("/lab/inventory.toml")


def plan(before: str, after: str) -> str:
    """What would change, as a diff of the zone."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "now", "then", lineterm="", n=0)
    return "\n".join(lines)


def label(name: str) -> str:
    """A name as the zone and the inventory write it: small letters, without the zone's own name."""
    return name.lower().removesuffix(".").removesuffix(f".{zone.NAME}")


def require_one_environment(record: str, machine: str) -> None:
    """ZoneError unless the inventory has both, in the same environment."""
    inventory = tomllib.loads(INVENTORY.read_text(encoding="utf-8"))
    for kind, name in (("records", record), ("machines", machine)):
        if name not in inventory[kind]:
            known = ", ".join(inventory[kind])
            raise zone.ZoneError(f"refused: {name} is not among the inventory's {kind} ({known})")
    serves, is_of = inventory["records"][record], inventory["machines"][machine]
    if serves != is_of:
        raise zone.ZoneError(f"refused: {record} serves {serves}, {machine} is {is_of}")


def main() -> None:
    """Exit code 0: planned or applied; 1: not, and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="zonectl", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply"])
    parser.add_argument("record", type=label, help="for example orders-db")
    parser.add_argument("machine", type=label, help="for example db-prod-new")
    wanted = parser.parse_args()
    try:
        before = zone.read()
        after = zone.with_target(before, wanted.record, wanted.machine)
        require_one_environment(wanted.record, wanted.machine)
        sys.stdout.write(plan(before, after) + "\n")
        if wanted.verb == "apply":
            zone.publish(after)
            sys.stdout.write(f"applied: {wanted.record} is {wanted.machine}\n")
    except zone.ZoneError as problem:
        sys.exit(f"zonectl: {problem}")


if __name__ == "__main__":
    main()
