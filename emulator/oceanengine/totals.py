"""Reports without days: for a request without granularity, if the default is the total."""

from collections.abc import Callable
from typing import TypeVar

from emulator.oceanengine.figures import Row, as_number
from emulator.oceanengine.metrics import RATIOS, quotient
from emulator.oceanengine.parameters import Query

K = TypeVar("K")
Line = dict[str, object]
COST = "stat_cost"


def by_promotion(rows: list[Row], query: Query) -> list[Line]:
    """One row per promotion; no `stat_time_day`."""
    promotions = grouped(rows, lambda row: row.promotion.promotion_id)
    return [
        {
            "project_id": same[0].promotion.project_id,
            "project_name": same[0].promotion.project_name,
            "promotion_id": promotion_id,
            "promotion_name": same[0].promotion.promotion_name,
            **_figures(same, query.metrics),
        }
        for promotion_id, same in promotions.items()
    ]


def by_project(rows: list[Row], query: Query) -> list[Line]:
    """One row per project; no `stat_time_day`."""
    projects = grouped(rows, lambda row: row.promotion.project_id)
    return [
        {
            "project_id": project_id,
            "project_name": same[0].promotion.project_name,
            **_figures(same, query.metrics),
        }
        for project_id, same in projects.items()
    ]


def of_account(rows: list[Row], outside: int, query: Query) -> list[Line]:
    """One row, or none without data. `outside`: 消耗 of no promotion, in 分."""
    whole = {"local_account_id": query.account_id, **_figures(rows, query.metrics, outside)}
    return [whole] if rows or outside else []


def grouped(rows: list[Row], key: Callable[[Row], K]) -> dict[K, list[Row]]:
    """Rows by key."""
    groups: dict[K, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _figures(rows: list[Row], metrics: list[str], outside: int = 0) -> Line:
    return {metric: total(rows, metric, outside) for metric in metrics}


def total(rows: list[Row], metric: str, outside: int = 0) -> float | int:
    """A metric of several rows: exact sum or quotient of sums. `outside`: 消耗 of no row, in 分."""

    def whole(name: str) -> int:
        return sum(row.whole(name) for row in rows) + (outside if name == COST else 0)

    if metric in RATIOS:
        return quotient(metric, *map(whole, RATIOS[metric][:2])) or 0
    return as_number(metric, whole(metric))
