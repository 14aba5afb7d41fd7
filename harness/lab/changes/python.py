"""Which small changes are there of a Python file?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import libcst as cst
import libcst.matchers as m

from harness.lab.changes import expressions, statements
from harness.lab.changes.remarks import is_remark

BLOCKS = (cst.Module, cst.IndentedBlock)
OPERATORS: tuple[tuple[str, tuple[type[cst.CSTNode], ...], Callable[[Any], Iterable[cst.CSTNode]]], ...] = (
    ("commit", BLOCKS, statements.uncommitted),
    ("with", BLOCKS, statements.unguarded),
    ("except", BLOCKS, statements.unhandled),
    ("finally", BLOCKS, statements.unfinished),
    ("compare", (cst.Comparison,), expressions.moved),
    ("negate", (cst.If, cst.While, cst.IfExp, cst.CompIf, cst.Assert), expressions.negated),
    ("number", (cst.Integer, cst.Float), expressions.scaled),
    ("switch", (cst.Name,), expressions.switched),
    ("swap", BLOCKS, statements.swapped),
    ("drop", BLOCKS, statements.dropped),
)
"""Name, the nodes that it takes, what it makes of one. Of two that make the same file, the first is meant."""
NOT_CODE = (
    m.Annotation() | m.Import() | m.ImportFrom() | m.Decorator(m.Call(m.Name("dataclass")))
    | m.SubscriptElement(m.Index(m.Integer() | m.UnaryOperation(expression=m.Integer())))
    | m.Call(m.Name("abort")) | m.Element(m.Integer(m.MatchRegex(r"[1-5]\d\d")))
)  # fmt: skip
"""Where no change says anything about a promise: types, what is imported, which element is taken, a status of HTTP."""


class _Nodes(cst.CSTVisitor):
    """The nodes of a statement in which a change may matter."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self.found: list[cst.CSTNode] = []
        self._passed_over: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look at all that is code, but not at a class's list of fields, or at the `True` of a loop without end."""
        if m.matches(node, NOT_CODE) or is_remark(node):
            return False
        if isinstance(node, cst.ClassDef | cst.While):
            self._passed_over.append(node.body if isinstance(node, cst.ClassDef) else node.test)
        if not any(node is one for one in self._passed_over):
            self.found.append(node)
        return True


def changes(text: str) -> Iterator[tuple[str, str]]:
    """Each change's operator, and the file with it."""
    module = cst.parse_module(text)
    below = [(at, node) for at, statement in enumerate(module.body) for node in _nodes(statement)]
    for name, kinds, operator in OPERATORS:
        if isinstance(module, kinds):
            yield from ((name, changed.code) for changed in operator(module) if isinstance(changed, cst.Module))
        for at, node in below:
            if isinstance(node, kinds):
                yield from ((name, _code(module, at, node, changed)) for changed in operator(node))


def _nodes(statement: cst.CSTNode) -> list[cst.CSTNode]:
    visitor = _Nodes()
    statement.visit(visitor)
    return visitor.found


def _code(module: cst.Module, at: int, node: cst.CSTNode, changed: cst.CSTNode) -> str:
    """The file with another node in this one's place, somewhere in the statement that stands there in it."""
    body: list[Any] = [*module.body]
    body[at] = body[at].deep_replace(node, changed)
    return module.with_changes(body=body).code
