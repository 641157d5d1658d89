"""The local reports: by promotion (获取广告数据), by project (获取项目数据), of the account (获取账户数据).

A project is the sum of its promotions. The account is the sum of all; the setting `roi2` adds its spend in 全域推广,
which belongs to no promotion and no project.
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
    parameters.check_page(ocean, query.page, query.page_size, len(rows))
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
    parameters.check_page(ocean, query.page, query.page_size, len(days))
    _order(days, query, lambda row, metric: row[metric], lambda row: row["stat_time_day"])
    return _listed("project_list", days, query)


def account(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/account/get/."""
    query = parameters.parse(ocean, call, ids=None, default_order="DESC")
    rows, outside = _rows(ocean, query, "account"), _outside(ocean, query)
    if query.whole_span:
        return _listed("data_list", totals.of_account(rows, sum(outside.values()), query), query)
    days = day_totals(rows, outside, query.account_id, query.metrics)
    parameters.check_page(ocean, query.page, query.page_size, len(days))
    _order(days, query, lambda row, metric: row[metric], lambda row: row["stat_time_day"])
    return _listed("data_list", days, query)


def _listed(name: str, rows: list[dict[str, Any]], query: Query) -> Reply:
    shown, page_info = _page(rows, query)
    return envelope.success({name: shown, "page_info": page_info})


def _rows(ocean: OceanEngine, query: Query, report: str) -> list[Row]:
    """The rows of a report, oldest day first."""
    if not query.filtering.fits:
        return []
    rows = ocean.source.rows(query.account_id, query.start, query.end)
    return [row for row in rows if report not in row.change.missing_from]


def _outside(ocean: OceanEngine, query: Query) -> dict[str, int]:
    """Spend in 全域推广 by day, in 分. Any filter leaves it out."""
    if query.filtering.narrow:
        return {}
    days = ocean.source.days(query.start, query.end)
    spent = {day.isoformat(): ocean.source.outside(query.account_id, day) for day in days}
    return {day: amount for day, amount in spent.items() if amount}


def promotion_row(row: Row, metrics: list[str]) -> dict[str, Any]:
    """A row: all dimensions, the requested figures; ids are bare numbers."""
    dimensions = {
        "stat_time_day": row.day.isoformat(),
        "project_id": row.promotion.project_id,
        "project_name": row.promotion.project_name,
        "promotion_id": row.promotion.promotion_id,
        "promotion_name": row.promotion.promotion_name,
    }
    return dimensions | {metric: row.shown(metric) for metric in metrics}


def project_totals(rows: list[Row], metrics: list[str]) -> list[dict[str, Any]]:
    """One row per project and day with data: exact sums, ratios of sums."""
    projects = totals.grouped(rows, lambda row: (row.day.isoformat(), row.promotion.project_id))
    return [
        {"stat_time_day": day, "project_id": project_id, "project_name": of_it[0].promotion.project_name}
        | {metric: totals.total(of_it, metric) for metric in metrics}
        for (day, project_id), of_it in projects.items()
    ]


def day_totals(rows: list[Row], outside: dict[str, int], account_id: int, metrics: list[str]) -> list[dict[str, Any]]:
    """One row per day with data: exact sums, ratios of sums; `outside` is 消耗 of no promotion, in 分, by day."""
    days = totals.grouped(rows, lambda row: row.day.isoformat())
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
    return rows[first : first + query.page_size], parameters.page_info(query.page, query.page_size, len(rows))
