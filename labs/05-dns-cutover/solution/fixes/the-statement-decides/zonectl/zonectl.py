"""Change which machine a record of shop.internal stands for: zonectl.py plan|apply RECORD MACHINE."""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from pathlib import Path

import psycopg
import zone

INVENTORY = Path("/lab/inventory.toml")


def plan(before: str, after: str) -> str:
    """What would change, as a diff of the zone."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "now", "then", lineterm="", n=0)
    return "\n".join(lines)


def require_one_environment(text: str, record: str, machine: str) -> None:
    """ZoneError unless the machine's own database says that it is of the environment that the record serves."""
    serves = tomllib.loads(INVENTORY.read_text(encoding="utf-8"))["records"].get(record)
    try:
        with psycopg.connect(
            host=zone.address(text, machine), dbname="app", user="app", password="app", connect_timeout=2
        ) as database:
            [found] = database.execute("SELECT name FROM environment").fetchone() or ["nothing"]
    except psycopg.Error as problem:
        raise zone.ZoneError(f"refused: {machine} does not say what it is: {problem}") from problem
    if found != serves:
        raise zone.ZoneError(f"refused: {record} serves {serves}, but the database of {machine} says it is {found}")


def main() -> None:
    """Exit code 0: planned or applied; 1: not, and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="zonectl", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply"])
    parser.add_argument("record", help="for example orders-db")
    parser.add_argument("machine", help="for example db-prod-new")
    wanted = parser.parse_args()
    try:
        before = zone.read()
        after = zone.with_target(before, wanted.record, wanted.machine)
        require_one_environment(before, wanted.record, wanted.machine)
        sys.stdout.write(plan(before, after) + "\n")
        if wanted.verb == "apply":
            zone.publish(after)
            sys.stdout.write(f"applied: {wanted.record} is {wanted.machine}\n")
    except zone.ZoneError as problem:
        sys.exit(f"zonectl: {problem}")


if __name__ == "__main__":
    main()
