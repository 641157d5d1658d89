"""Figures of several rows: exact sums, ratios of sums."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol, TypeVar

from emulator.oceanengine.figures import as_number
from emulator.oceanengine.metrics import RATIOS, quotient

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
COST = "stat_cost"


class Counted(Protocol):
    """Something with figures."""

    def whole(self, metric: str) -> int:
        """An additive figure as stored (分, times)."""
        ...


def grouped(rows: Iterable[R], key: Callable[[R], K]) -> dict[K, list[R]]:
    """Rows by key."""
    groups: dict[K, list[R]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def total(rows: Sequence[Counted], metric: str, outside: int = 0) -> float | int:
    """A metric of several rows; a ratio without a denominator is 0. `outside`: 消耗 of no row, in 分."""
    if metric in RATIOS:
        return ratio(rows, metric, outside) or 0
    return as_number(metric, _whole(rows, metric, outside))


def ratio(rows: Sequence[Counted], metric: str, outside: int = 0) -> float | None:
    """A ratio of sums; None without a denominator."""
    top, bottom = RATIOS[metric][:2]
    return quotient(metric, _whole(rows, top, outside), _whole(rows, bottom, outside))


def _whole(rows: Sequence[Counted], metric: str, outside: int) -> int:
    return sum(row.whole(metric) for row in rows) + (outside if metric == COST else 0)
