"""The local reports: by promotion (获取广告数据), by project (获取项目数据), of the account (获取账户数据).

Projects are the sums of their promotions. The account has all that, and where the world says so the money of 全域推广,
for which there is no promotion and no project.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from emulator.oceanengine import envelope, parameters, totals
from emulator.oceanengine.figures import Row
from emulator.oceanengine.parameters import Query
from emulator.oceanengine.state import OceanEngine
from emulator.shared.wire import Call, Reply

T = TypeVar("T")


def promotion(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/promotion/get/."""
    query = parameters.parse(ocean, call, ids=parameters.PROMOTION_IDS, default_order="ASC")
    rows = [row for row in _rows(ocean, query, "promotion") if query.wants(row.promotion.promotion_id)]
    if query.whole_span:
        return _listed("promotion_list", totals.by_promotion(rows, query), query)
    query.check_page(ocean, len(rows))
    _order(rows, query, lambda row, metric: row.shown(metric) or 0, lambda row: row.day)
    shown, page_info = _page(rows, query)
    listed = [promotion_row(row, query.metrics) for row in shown]
    return envelope.success({"promotion_list": listed, "page_info": page_info})


def project(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/project/get/: a project without data on a day has no row."""
    query = parameters.parse(ocean, call, ids=parameters.PROJECT_IDS, default_order="ASC")
    rows = [row for row in _rows(ocean, query, "project") if query.wants(row.promotion.project_id)]
    if query.whole_span:
        return _listed("project_list", totals.by_project(rows, query), query)
    days = project_totals(rows, query.metrics)
    query.check_page(ocean, len(days))
    _order(days, query, lambda row, metric: row[metric], lambda row: row["stat_time_day"])
    return _listed("project_list", days, query)


def account(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/account/get/."""
    query = parameters.parse(ocean, call, ids=None, default_order="DESC")
    rows, outside = _rows(ocean, query, "account"), _outside(ocean, query)
    if query.whole_span:
        return _listed("data_list", totals.of_account(rows, sum(outside.values()), query), query)
    days = day_totals(rows, outside, query.account_id, query.metrics)
    query.check_page(ocean, len(days))
    _order(days, query, lambda row, metric: row[metric], lambda row: row["stat_time_day"])
    return _listed("data_list", days, query)


def _listed(name: str, rows: list[dict[str, Any]], query: Query) -> Reply:
    shown, page_info = _page(rows, query)
    return envelope.success({name: shown, "page_info": page_info})


def _rows(ocean: OceanEngine, query: Query, report: str) -> list[Row]:
    """What a report is made of, oldest day first."""
    if not query.filtering.fits:
        return []
    rows = ocean.source.rows(query.account_id, query.start, query.end)
    return [row for row in rows if report not in row.change.missing_from]


def _outside(ocean: OceanEngine, query: Query) -> dict[str, int]:
    """What was spent in 全域推广 by day, in 分. No filter has a value for it, so that any leaves it out."""
    if query.filtering.narrow:
        return {}
    days = ocean.source.days(query.start, query.end)
    spent = {day.isoformat(): ocean.source.outside(query.account_id, day) for day in days}
    return {day: amount for day, amount in spent.items() if amount}


def promotion_row(row: Row, metrics: list[str]) -> dict[str, Any]:
    """Dimensions come by themselves, figures only as asked for; ids are bare numbers."""
    dimensions = {
        "stat_time_day": row.day.isoformat(),
        "project_id": row.promotion.project_id,
        "project_name": row.promotion.project_name,
        "promotion_id": row.promotion.promotion_id,
        "promotion_name": row.promotion.promotion_name,
    }
    return dimensions | {metric: row.shown(metric) for metric in metrics}


def project_totals(rows: list[Row], metrics: list[str]) -> list[dict[str, Any]]:
    """One row per project and day that has data: exact sums in 分, ratios computed from the sums."""
    projects: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        projects.setdefault((row.day.isoformat(), row.promotion.project_id), []).append(row)
    return [
        {"stat_time_day": day, "project_id": project_id, "project_name": of_it[0].promotion.project_name}
        | {metric: totals.total(of_it, metric) for metric in metrics}
        for (day, project_id), of_it in projects.items()
    ]


def day_totals(rows: list[Row], outside: dict[str, int], account_id: int, metrics: list[str]) -> list[dict[str, Any]]:
    """One row per day that has data: exact sums in 分, ratios computed from the sums.

    Args:
        outside: 消耗 in 分 that no row has, by day.
    """
    days: dict[str, list[Row]] = {}
    for row in rows:
        days.setdefault(row.day.isoformat(), []).append(row)
    return [
        {"stat_time_day": day, "local_account_id": account_id}
        | {metric: totals.total(days.get(day, []), metric, outside.get(day, 0)) for metric in metrics}
        for day in sorted({*days, *outside})
    ]


def _order(rows: list[T], query: Query, figure: Callable[[T, str], float], day: Callable[[T], Any]) -> None:
    metric = query.order_field
    rows.sort(key=day if metric is None else lambda row: figure(row, metric), reverse=query.descending)


def _page(rows: list[T], query: Query) -> tuple[list[T], dict[str, int]]:
    first = (query.page - 1) * query.page_size
    page_info = {
        "page": query.page,
        "page_size": query.page_size,
        "total_number": len(rows),
        "total_page": -(-len(rows) // query.page_size),
    }
    return rows[first : first + query.page_size], page_info
