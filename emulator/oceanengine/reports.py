"""The local promotion report (获取广告数据) and the account report that must add up to it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.oceanengine import envelope, parameters, totals
from emulator.oceanengine.figures import Row, as_number
from emulator.oceanengine.metrics import RATIOS, quotient
from emulator.oceanengine.parameters import Query
from emulator.wire import Call, Reply

if TYPE_CHECKING:
    from emulator.world import World

T = TypeVar("T")


def promotion(world: "World", call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/promotion/get/."""
    query = parameters.parse(world, call, with_ids=True, default_order="ASC")
    rows = wanted_rows(world, query)
    if query.whole_span:
        return _listed("promotion_list", totals.by_promotion(rows, query), query)
    query.check_page(world, len(rows))
    _order(rows, query, lambda row, metric: row.shown(metric) or 0, lambda row: row.day)
    shown, page_info = _page(rows, query)
    listed = [promotion_row(row, query.metrics) for row in shown]
    return envelope.success({"promotion_list": listed, "page_info": page_info})


def account(world: "World", call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/account/get/."""
    query = parameters.parse(world, call, with_ids=False, default_order="DESC")
    rows = wanted_rows(world, query)
    if query.whole_span:
        return _listed("data_list", totals.of_account(rows, query), query)
    days = day_totals(rows, query.account_id, query.metrics)
    query.check_page(world, len(days))
    _order(days, query, lambda row, metric: row[metric], lambda row: row["stat_time_day"])
    return _listed("data_list", days, query)


def _listed(name: str, rows: list[dict[str, Any]], query: Query) -> Reply:
    shown, page_info = _page(rows, query)
    return envelope.success({name: shown, "page_info": page_info})


def wanted_rows(world: "World", query: Query) -> list[Row]:
    """The source rows of a query, oldest day first."""
    if not query.filtering.fits:
        return []
    rows = world.source.rows(query.account_id, query.start, query.end)
    ids = query.filtering.promotion_ids
    return [row for row in rows if ids is None or row.promotion.promotion_id in ids]


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


def day_totals(rows: list[Row], account_id: int, metrics: list[str]) -> list[dict[str, Any]]:
    """One row per day that has data: exact sums in 分, ratios computed from the sums."""
    days: dict[str, list[Row]] = {}
    for row in rows:
        days.setdefault(row.day.isoformat(), []).append(row)
    return [
        {"stat_time_day": day, "local_account_id": account_id} | {metric: _total(of_day, metric) for metric in metrics}
        for day, of_day in days.items()
    ]


def _total(rows: list[Row], metric: str) -> float | int:
    if metric in RATIOS:
        top, bottom = (sum(row.whole(part) for row in rows) for part in RATIOS[metric][:2])
        return quotient(metric, top, bottom) or 0
    return as_number(metric, sum(row.whole(metric) for row in rows))


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
