"""Computed columns: formulas of metrics and numbers with + - * /, as the settings have them."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pipeline.core.model import ZERO

_OPERATIONS: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda one, other: one / other if other else ZERO,  # as in the reports: no clicks, rate 0
}
LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula such as `stat_cost / convert_cnt`; `ValueError` if it is none. A quotient with denominator 0 is 0."""

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST:
            raise _not_a_formula(f"{self.text[:20]}…")
        _check(_parsed(self.text), self.text)

    @property
    def names(self) -> tuple[str, ...]:
        """Its metrics, each once."""
        nodes = ast.walk(_parsed(self.text))
        return tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))

    def value(self, metrics: Mapping[str, Decimal]) -> Decimal | None:
        """The figure for a row of the report; `None`: a metric is absent."""
        return _value(_parsed(self.text), metrics) if all(name in metrics for name in self.names) else None


@cache
def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise _not_a_formula(text) from None


def _check(node: ast.expr, text: str) -> None:
    """Refuse all but operations, names and numbers: the text comes from a file and is never run."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        _check(node.left, text)
        _check(node.right, text)
    elif not isinstance(node, ast.Name) and not _is_number(node):
        raise _not_a_formula(text)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _value(node: ast.expr, metrics: Mapping[str, Decimal]) -> Decimal:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left, metrics), _value(node.right, metrics))
    return metrics[node.id] if isinstance(node, ast.Name) else Decimal(ast.unparse(node))


def _not_a_formula(text: str) -> ValueError:
    return ValueError(f"{text!r} is no formula of metrics, numbers, + - * / and brackets")
