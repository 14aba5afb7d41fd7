"""Which arguments and options do several commands share?"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from harness.chance import fresh_seed
from harness.lab import catalogue
from harness.lab.manifest import Lab

F = TypeVar("F", bound=Callable[..., Any])


class LabName(click.ParamType[Lab]):
    """A lab by slug, number or folder; UnknownLabError names the nearest."""

    name = "lab"

    def convert(self, value: Any, _param: click.Parameter | None, _context: click.Context | None) -> Lab:
        """The lab of this name."""
        return value if isinstance(value, Lab) else catalogue.lab(value)


class Whole(click.IntRange):
    """A whole number, of so much at least; what else is said is refused in plain words."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int:
        """The number."""
        try:
            return int(super().convert(value, param, context))
        except click.BadParameter:
            name = f"{param.name}".upper() if param else "This"
            raise click.UsageError(f"{name}={value} is no whole number from {self.min} on.") from None


def lab_argument(function: F) -> F:
    """The lab that the command is about."""
    return click.argument("lab", type=LabName())(function)


def json_option(function: F) -> F:
    """`--json`: print the result for a machine."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON and nothing else.")(function)


def seed_option(function: F) -> F:
    """`--seed N`: repeat a run's random choices."""
    text = "Repeat the random choices of the run with this seed."
    return click.option("--seed", type=Whole(0), default=None, help=text)(function)


def jobs_option(function: F) -> F:
    """`--jobs N`: how many stacks are up at once."""
    most = max(2, os.cpu_count() or 2)
    return click.option("--jobs", type=Whole(1), default=most, help="How many side by side.")(function)


def keep_option(function: F) -> F:
    """`--keep`: write the figures into the lab."""
    text = "Keep the figures in the lab's solution/proof.json; `outage index` shows them."
    return click.option("--keep", is_flag=True, help=text)(function)


class Declined(Exception):  # noqa: N818 - an answer, not an error
    """The user said no."""


def ask(question: str) -> None:
    """Go on if the user says yes; Declined if not, also where nobody can be asked."""
    try:
        agreed = click.confirm(question)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Declined


def chosen(seed: int | None) -> int:
    """The given seed, or a fresh one."""
    return fresh_seed() if seed is None else seed
