"""Which small changes are there of an expression: a comparison moved by one, a condition negated, a constant scaled?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst
import libcst.matchers as m

from harness.lab.changes import numbers

Conditional = cst.If | cst.While | cst.IfExp | cst.CompIf | cst.Assert

NEIGHBOURS: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.LessThanEqual, cst.LessThanEqual: cst.LessThan,
    cst.GreaterThan: cst.GreaterThanEqual, cst.GreaterThanEqual: cst.GreaterThan,
    cst.Equal: cst.NotEqual, cst.NotEqual: cst.Equal,
    cst.Is: cst.IsNot, cst.IsNot: cst.Is, cst.In: cst.NotIn, cst.NotIn: cst.In,
}  # fmt: skip
"""What a comparison is moved to by one."""
OPPOSITES = NEIGHBOURS | {
    cst.LessThan: cst.GreaterThanEqual, cst.GreaterThanEqual: cst.LessThan,
    cst.GreaterThan: cst.LessThanEqual, cst.LessThanEqual: cst.GreaterThan,
}  # fmt: skip
LOOSE = (cst.BooleanOperation, cst.NamedExpr, cst.IfExp, cst.Lambda)
"""What `not` would be bound to in part only."""
SWITCHES = {"True": "False", "False": "True"}


def moved(node: cst.Comparison) -> Iterator[cst.CSTNode]:
    """Each comparison of a chain, moved by one: `<` to `<=`, `==` to `!=`, `in` to `not in`."""
    for at, target in enumerate(node.comparisons):
        yield _compared(node, at, NEIGHBOURS[type(target.operator)])


def _compared(node: cst.Comparison, at: int, other: type[cst.BaseCompOp]) -> cst.Comparison:
    before: Any = node.comparisons[at].operator
    spaces = {"whitespace_before": before.whitespace_before, "whitespace_after": before.whitespace_after}
    targets = [*node.comparisons]
    targets[at] = targets[at].with_changes(operator=other().with_changes(**spaces))
    return node.with_changes(comparisons=targets)


def negated(node: Conditional) -> Iterator[cst.CSTNode]:
    """The condition's opposite; a loop without end keeps its condition."""
    if not m.matches(node.test, m.Name("True")):
        yield node.with_changes(test=_opposite(node.test))


def _opposite(test: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        return _compared(test, 0, OPPOSITES[type(test.comparisons[0].operator)])
    if isinstance(test, LOOSE) and not test.lpar:
        test = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), test)


def scaled(node: cst.Integer | cst.Float) -> Iterator[cst.CSTNode]:
    """The constant times ten, and divided by ten."""
    for other in numbers.scaled(node.value):
        yield node.with_changes(value=other)


def switched(node: cst.Name) -> Iterator[cst.CSTNode]:
    """True for False, False for True."""
    if other := SWITCHES.get(node.value):
        yield node.with_changes(value=other)
