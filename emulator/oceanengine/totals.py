"""Reports of a span without its days: what comes where no granularity is asked for and the default is the total."""

from emulator.oceanengine.figures import Row, as_number
from emulator.oceanengine.metrics import RATIOS, quotient
from emulator.oceanengine.parameters import Query

Line = dict[str, object]


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


def of_account(rows: list[Row], query: Query) -> list[Line]:
    """One row, if there is anything."""
    return [{"local_account_id": query.account_id, **_figures(rows, query.metrics)}] if rows else []


def _figures(rows: list[Row], metrics: list[str]) -> Line:
    return {metric: _figure(rows, metric) for metric in metrics}


def _figure(rows: list[Row], metric: str) -> float | int:
    if metric in RATIOS:
        top, bottom = (sum(row.whole(part) for row in rows) for part in RATIOS[metric][:2])
        return quotient(metric, top, bottom) or 0
    return as_number(metric, sum(row.whole(metric) for row in rows))
