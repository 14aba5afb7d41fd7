"""Which small changes are there of a block of statements: one dropped, two swapped, a lock or an `except` taken out?

Each function yields the block as it would be then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from harness.lab.changes.remarks import is_remark

Block = cst.Module | cst.IndentedBlock
Statements = Sequence[cst.BaseStatement]

ENDS = m.Expr(m.Call(m.Attribute(attr=m.Name("commit") | m.Name("rollback"))))
CALL = m.Expr(m.Call() | m.Await())
DROPPABLE = (
    CALL | m.Assign() | m.AugAssign() | m.AnnAssign() | m.Return() | m.Raise() | m.Del() | m.Assert() | m.Break()
    | m.Continue()
)  # fmt: skip
STAYS = (
    m.FunctionDef() | m.ClassDef()
    | m.SimpleStatementLine([
        m.Import() | m.ImportFrom() | m.Return() | m.Raise() | m.Break() | m.Continue() | m.Pass() | m.Global()
        | m.Nonlocal()
    ])
)  # fmt: skip
"""What no neighbour changes places with: it would be the same as dropping one, or nothing at all."""
PURE = {"bool", "bytes", "dict", "float", "frozenset", "int", "isinstance", "len", "list", "max", "min", "range",
        "round", "set", "sorted", "str", "sum", "tuple", "zip"}  # fmt: skip
"""Calls that nobody sees."""


def _edited(block: Block, at: int, instead: Statements, count: int = 1) -> cst.CSTNode:
    """The block with these statements instead of so many from there; `pass` where none is left."""
    body = [*block.body[:at], *instead, *block.body[at + count :]]
    return block.with_changes(body=body or [cst.SimpleStatementLine([cst.Pass()])])


def _without(block: Block, wanted: m.BaseMatcherNode) -> Iterator[cst.CSTNode]:
    for at, statement in enumerate(block.body):
        if m.matches(statement, wanted) and not is_remark(statement):
            yield _edited(block, at, [])


def uncommitted(block: Block) -> Iterator[cst.CSTNode]:
    """A transaction is not ended: a `commit` or `rollback` is taken out."""
    return _without(block, m.SimpleStatementLine([ENDS]))


def dropped(block: Block) -> Iterator[cst.CSTNode]:
    """A simple statement, or an `if` without `else`, is left out; of a module no definition."""
    simple = CALL if isinstance(block, cst.Module) else DROPPABLE
    return _without(block, m.SimpleStatementLine([simple]) | m.If(orelse=None))


def unguarded(block: Block) -> Iterator[cst.CSTNode]:
    """A lock, a transaction or another context that is given no name is taken out of its `with`."""
    for at, statement in enumerate(block.body):
        if isinstance(statement, cst.With):
            for number, item in enumerate(statement.items):
                left = [*statement.items[:number], *statement.items[number + 1 :]]
                if item.asname is None:
                    yield _edited(block, at, [_with(statement, left)] if left else _inner(statement.body))


def _with(statement: cst.With, items: list[cst.WithItem]) -> cst.With:
    items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return statement.with_changes(items=items)


def _inner(suite: cst.BaseSuite) -> Statements:
    if isinstance(suite, cst.IndentedBlock):
        return suite.body
    assert isinstance(suite, cst.SimpleStatementSuite)  # noqa: S101 - there is no third kind
    return [cst.SimpleStatementLine(suite.body)]


def unhandled(block: Block) -> Iterator[cst.CSTNode]:
    """An `except` is taken out; the `try` goes with the last one, if nothing else needs it."""
    for at, statement in enumerate(block.body):
        if isinstance(statement, cst.Try):
            for number in range(len(statement.handlers)):
                left = [*statement.handlers[:number], *statement.handlers[number + 1 :]]
                yield _edited(block, at, _tried(statement, left, statement.finalbody))


def unfinished(block: Block) -> Iterator[cst.CSTNode]:
    """A `finally` is taken out: what it does is no longer done after an exception or a `return`."""
    for at, statement in enumerate(block.body):
        if isinstance(statement, cst.Try) and statement.finalbody:
            tried = _tried(statement, statement.handlers, None)
            yield _edited(block, at, [*tried, *_inner(statement.finalbody.body)])


def _tried(statement: cst.Try, handlers: Sequence[cst.ExceptHandler], last: cst.Finally | None) -> Statements:
    """The statement with these handlers and this end; its own statements alone where it has neither."""
    if handlers:
        return [statement.with_changes(handlers=handlers, finalbody=last)]
    body = [*_inner(statement.body), *(_inner(statement.orelse.body) if statement.orelse else ())]
    if last is None:
        return body
    return [statement.with_changes(body=cst.IndentedBlock(body), handlers=[], orelse=None, finalbody=last)]


# --- order --------------------------------------------------------------------------------------------------------


def swapped(block: Block) -> Iterator[cst.CSTNode]:
    """Two neighbours, one of them a simple statement, change places where that may matter."""
    for at, (first, second) in enumerate(zip(block.body, block.body[1:], strict=False)):
        simple = any(isinstance(one, cst.SimpleStatementLine) for one in (first, second))
        if simple and not _stays(first) and not _stays(second) and _order_matters(_facts(first), _facts(second)):
            yield _edited(block, at, [second, first], 2)


def _stays(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    return m.matches(statement, STAYS) or is_remark(statement)


@dataclass(frozen=True)
class _Facts:
    """What a statement does to others."""

    sets: frozenset[str]
    """Names and attributes that it sets."""
    reads: frozenset[str]
    calls: bool
    stores: bool
    """Whether it sets what others may see: an attribute, an element."""
    own: bool
    """Whether all that it sets of the kind are attributes of `self`."""
    asks: bool
    """Whether it calls a method of `self`, or hands `self` on."""


def _facts(statement: cst.CSTNode) -> _Facts:
    nodes = list(ast.walk(ast.parse(cst.Module([]).code_for_node(statement))))
    places = [node for node in nodes if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)]
    sets = [node for node in places if isinstance(node.ctx, ast.Store | ast.Del)]
    updated = [node.target for node in nodes if isinstance(node, ast.AugAssign)]
    reads = [node for node in places if node not in sets or node in updated]
    stored = [node for node in sets if not isinstance(node, ast.Name)]
    bases = [node.value for node in places if isinstance(node, ast.Attribute)]
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    return _Facts(
        frozenset(map(ast.unparse, sets)),
        frozenset(map(ast.unparse, reads)),
        any(map(_is_seen, nodes)),
        bool(stored),
        all(map(_is_own, stored)),
        any(map(_is_own, called)) or any(_is_self(node) and node not in bases for node in places),
    )


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_own(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and _is_self(node.value)


def _is_seen(node: ast.AST) -> bool:
    """Whether others may see that it was done; an object that is made of a class is nobody's business yet."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        return not name[0].isupper() and (isinstance(node.func, ast.Attribute) or name not in PURE)
    return isinstance(node, ast.Call | ast.Await | ast.Yield)


def _order_matters(first: _Facts, second: _Facts) -> bool:
    """Whether one may see what the other does; not where the second would only read what is not there yet."""
    if first.sets & second.reads - first.reads:
        return False
    if first.sets & second.reads or second.sets & (first.reads | first.sets):
        return True
    pairs = ((first, second), (second, first))
    acts = [one.calls or (one.stores and (other.asks or not one.own)) for one, other in pairs]
    return all(acts) and (first.calls or second.calls)
