"""What does a file say to the machine that reads it, so that a change of nothing else is none?"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import tomllib
import warnings
from collections.abc import Iterator

COMMENTS = {
    "#": re.compile(r"""("[^"\n]*"|'[^'\n]*')|\#.*"""),
    "--": re.compile(r"""("[^"\n]*"|'[^']*')|--.*|/\*.*?\*/"""),
}
GIVEN = {*dir(builtins), "__file__", "__path__", "__spec__"}
"""Names that every module has."""


def of(name: str, text: str) -> str | None:
    """The same for two files that differ in comments, spaces and line breaks alone; None where it cannot be loaded."""
    if name.endswith(".py"):
        return _of_python(text)
    if name.endswith(".toml"):
        return _of_toml(text)
    comment = COMMENTS["--" if name.endswith(".sql") else "#"]
    return " ".join(comment.sub(lambda found: found[1] or " ", text).split())


def _of_toml(text: str) -> str | None:
    try:
        return repr(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _of_python(text: str) -> str | None:
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(text, "<mutant>", "exec", dont_inherit=True)
        except SyntaxError:
            return None
        return ast.dump(ast.parse(text))


def unset(name: str, text: str) -> set[str]:
    """Names, and attributes of `self`, that a Python file reads and nowhere sets: such a line fails when it is run."""
    if not name.endswith(".py"):
        return set()
    top = symtable.symtable(ast.unparse(_Updates().visit(ast.parse(text))), "<mutant>", "exec")
    symbols = [symbol for table in _tables(top) for symbol in table.get_symbols()]
    there = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()}
    there |= {one.get_name() for one in symbols if one.is_declared_global()}
    read = {one.get_name() for one in symbols if one.is_referenced() and one.is_global()}
    classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    return (read - there - GIVEN).union(*map(_unset_attributes, classes))


class _Updates(ast.NodeTransformer):
    """Makes `x += 1` an `x, 1`: it reads x, and gives no value to what has none."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        return ast.Expr(ast.Tuple([node.target, node.value], ast.Load()))


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _unset_attributes(found: ast.ClassDef) -> set[str]:
    nodes = list(ast.walk(found))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"]
    there = {node.attr for node in attributes if isinstance(node.ctx, ast.Store)}
    there |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    there |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return {f"self.{node.attr}" for node in attributes if node.attr not in there}
