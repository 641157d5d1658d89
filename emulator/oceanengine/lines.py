"""Lines of the reports: dimensions, then the metrics asked for; exact sums, ratios of sums.

Without days (`whole_span`) a line has no `stat_time_day` and stands for the whole span.
"""

from typing import Any

from emulator.oceanengine.figures import Row
from emulator.oceanengine.materials import Share
from emulator.oceanengine.metrics import RATIOS
from emulator.oceanengine.parameters import Query
from emulator.oceanengine.totals import grouped, ratio, total

Line = dict[str, Any]


def promotion(row: Row, metrics: list[str]) -> Line:
    """A promotion's day: all dimensions, the requested figures; ids are bare numbers."""
    when = {"stat_time_day": row.day.isoformat()}
    return when | _of_promotion(row) | {metric: row.shown(metric) for metric in metrics}


def promotions(rows: list[Row], query: Query) -> list[Line]:
    """One line per promotion, without days."""
    groups = grouped(rows, lambda row: row.promotion.promotion_id)
    return [_of_promotion(of_it[0]) | _figures(of_it, query) for of_it in groups.values()]


def projects(rows: list[Row], query: Query) -> list[Line]:
    """One line per project and day with data."""
    groups = grouped(rows, lambda row: (_day(row, query), row.promotion.project_id))
    return [
        _when(day)
        | {"project_id": project_id, "project_name": of_it[0].promotion.project_name}
        | _figures(of_it, query)
        for (day, project_id), of_it in groups.items()
    ]


def of_account(rows: list[Row], outside: dict[str, int], query: Query) -> list[Line]:
    """One line per day with data; `outside` is 消耗 of no promotion, in 分, by day."""
    if query.whole_span:
        outside = {"": sum(outside.values())} if outside else {}
    days = grouped(rows, lambda row: _day(row, query))
    return [
        _when(day)
        | {"local_account_id": query.account_id}
        | {metric: total(days.get(day, []), metric, outside.get(day, 0)) for metric in query.metrics}
        for day in sorted({*days, *outside})
    ]


def materials(shares: list[Share], query: Query) -> list[Line]:
    """One line per material and day with data. Neither promotion, project nor account stands in it."""
    groups = grouped(shares, lambda share: (_day(share, query), share.material))
    return [
        _when(day)
        | {
            "material_id": material.material_id,
            "material_name": material.material_name,
            "material_type": material.material_type,
        }
        | {metric: _of_material(of_it, metric) for metric in query.metrics}
        for (day, material), of_it in groups.items()
    ]


def _of_promotion(row: Row) -> Line:
    return {
        "project_id": row.promotion.project_id,
        "project_name": row.promotion.project_name,
        "promotion_id": row.promotion.promotion_id,
        "promotion_name": row.promotion.promotion_name,
    }


def _of_material(shares: list[Share], metric: str) -> float | int | None:
    """A figure of a material. Without a denominator: null for odd materials, 0 for even ones, as of promotions."""
    if metric in RATIOS and shares[0].material.material_id % 2:
        return ratio(shares, metric)
    return total(shares, metric)


def _day(row: Row | Share, query: Query) -> str:
    return "" if query.whole_span else row.day.isoformat()


def _when(day: str) -> Line:
    return {"stat_time_day": day} if day else {}


def _figures(rows: list[Row], query: Query) -> Line:
    return {metric: total(rows, metric) for metric in query.metrics}
