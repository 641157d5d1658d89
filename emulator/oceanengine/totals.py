"""Reports of a span without its days: what comes where no granularity is asked for and the default is the total."""

from emulator.oceanengine.figures import Row, as_number
from emulator.oceanengine.metrics import RATIOS, quotient
from emulator.oceanengine.parameters import Query

Line = dict[str, object]
COST = "stat_cost"


def by_promotion(rows: list[Row], query: Query) -> list[Line]:
    """One row per promotion; no `stat_time_day`."""
    of: dict[int, list[Row]] = {}
    for row in rows:
        of.setdefault(row.promotion.promotion_id, []).append(row)
    return [
        {
            "project_id": same[0].promotion.project_id,
            "project_name": same[0].promotion.project_name,
            "promotion_id": promotion_id,
            "promotion_name": same[0].promotion.promotion_name,
            **_figures(same, query.metrics),
        }
        for promotion_id, same in of.items()
    ]


def by_project(rows: list[Row], query: Query) -> list[Line]:
    """One row per project; no `stat_time_day`."""
    of: dict[int, list[Row]] = {}
    for row in rows:
        of.setdefault(row.promotion.project_id, []).append(row)
    return [
        {
            "project_id": project_id,
            "project_name": same[0].promotion.project_name,
            **_figures(same, query.metrics),
        }
        for project_id, same in of.items()
    ]


def of_account(rows: list[Row], outside: int, query: Query) -> list[Line]:
    """One row, if there is anything; `outside` is 消耗 in 分 that no promotion has."""
    whole = {"local_account_id": query.account_id, **_figures(rows, query.metrics, outside)}
    return [whole] if rows or outside else []


def _figures(rows: list[Row], metrics: list[str], outside: int = 0) -> Line:
    return {metric: total(rows, metric, outside) for metric in metrics}


def total(rows: list[Row], metric: str, outside: int = 0) -> float | int:
    """A metric of several rows: the exact sum, or the quotient of sums; `outside` is 消耗 in 分 that no row has."""

    def whole(name: str) -> int:
        return sum(row.whole(name) for row in rows) + (outside if name == COST else 0)

    if metric in RATIOS:
        return quotient(metric, *map(whole, RATIOS[metric][:2])) or 0
    return as_number(metric, whole(metric))
