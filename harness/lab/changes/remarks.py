"""What in a Python file is a remark to people: a docstring, a message for the log?"""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

METHODS = ("debug", "info", "warning", "error", "exception", "critical", "log", "setLevel", "basicConfig")
TEXT = m.SimpleString() | m.ConcatenatedString() | m.FormattedString() | m.Ellipsis()


def is_remark(node: cst.CSTNode) -> bool:
    """A text that stands by itself, or a call of the log, as an expression or a statement."""
    if isinstance(node, cst.SimpleStatementLine):
        return all(is_remark(part) for part in node.body)
    if isinstance(node, cst.Expr):
        return m.matches(node.value, TEXT) or is_remark(node.value)
    return isinstance(node, cst.Call) and _logs(node.func)


def _logs(function: cst.BaseExpression) -> bool:
    """`print`, `log.info`, `app.logger.warning`, `logging.getLogger("kafka").setLevel`."""
    if isinstance(function, cst.Attribute) and function.attr.value in METHODS:
        return "log" in cst.Module([]).code_for_node(function.value).lower()
    return m.matches(function, m.Name("print"))
