"""The local reports: 获取广告数据 (promotion), 获取项目数据 (project), 获取素材数据 (material), 获取账户数据 (account).

A project is the sum of its promotions. The account is the sum of all; the setting `roi2` adds its spend in 全域推广,
which belongs to no promotion and no project. Materials have shares of promotions that need not add up to anything.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from emulator.oceanengine import envelope, kinds, lines, parameters
from emulator.oceanengine.figures import Row
from emulator.oceanengine.kinds import Kind
from emulator.oceanengine.lines import Line
from emulator.oceanengine.materials import shares
from emulator.oceanengine.parameters import Query
from emulator.oceanengine.state import OceanEngine
from emulator.shared.wire import Call, Refusal, Reply

T = TypeVar("T")


def promotion(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/promotion/get/."""
    query = parameters.parse(ocean, call, kinds.PROMOTION)
    rows = _rows(ocean, query, kinds.PROMOTION)
    if query.whole_span:
        return _listed(ocean, query, kinds.PROMOTION, lines.promotions(rows, query))
    parameters.check_page(ocean, query.page, query.page_size, len(rows))
    _order(rows, query, lambda row, metric: row.shown(metric), lambda row: row.day)
    shown, page_info = _page(rows, query)
    listed = [lines.promotion(row, query.metrics) for row in shown]
    return envelope.success({kinds.PROMOTION.rows: listed, "page_info": page_info})


def project(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/project/get/: a project without data on a day has no row."""
    query = parameters.parse(ocean, call, kinds.PROJECT)
    return _listed(ocean, query, kinds.PROJECT, _projects(ocean, query))


def account(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/account/get/."""
    query = parameters.parse(ocean, call, kinds.ACCOUNT)
    return _listed(ocean, query, kinds.ACCOUNT, _account(ocean, query))


def material(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/report/material/get/: nothing in a row says which promotion or account it is of."""
    query = parameters.parse(ocean, call, kinds.MATERIAL)
    found = _materials(ocean, query)
    if not found and ocean.unsure.holds("no_materials", "refused"):
        raise Refusal(envelope.NOT_ACCEPTABLE, "没有素材数据")
    return _listed(ocean, query, kinds.MATERIAL, found)


def _promotions(ocean: OceanEngine, query: Query) -> list[Line]:
    return [lines.promotion(row, query.metrics) for row in _rows(ocean, query, kinds.PROMOTION)]


def _projects(ocean: OceanEngine, query: Query) -> list[Line]:
    return lines.projects(_rows(ocean, query, kinds.PROJECT), query)


def _account(ocean: OceanEngine, query: Query) -> list[Line]:
    return lines.of_account(_rows(ocean, query, kinds.ACCOUNT), _outside(ocean, query), query)


def _materials(ocean: OceanEngine, query: Query) -> list[Line]:
    wanted = query.filtering
    found = [
        share
        for share in shares(ocean.source.accounts[query.account_id], _rows(ocean, query, kinds.MATERIAL))
        if wanted.wants(kinds.MATERIAL_IDS, share.material.material_id)
        and wanted.material_type in (None, share.material.material_type)
    ]
    return lines.materials(found, query)


# by the name of a report: all its lines, oldest day first
LINES: Mapping[str, Callable[[OceanEngine, Query], list[Line]]] = {
    "promotion": _promotions,
    "project": _projects,
    "account": _account,
    "material": _materials,
}


def _listed(ocean: OceanEngine, query: Query, kind: Kind, found: list[Line]) -> Reply:
    parameters.check_page(ocean, query.page, query.page_size, len(found))
    _order(found, query, lambda line, metric: line[metric], lambda line: line.get("stat_time_day", ""))
    shown, page_info = _page(found, query)
    return envelope.success({kind.rows: shown, "page_info": page_info})


def _rows(ocean: OceanEngine, query: Query, kind: Kind) -> list[Row]:
    """The rows that a report counts, oldest day first."""
    if not query.filtering.fits:
        return []
    rows = ocean.source.rows(query.account_id, query.start, query.end)
    return [row for row in rows if kind.name not in row.change.missing_from and query.filtering.takes(row.promotion)]


def _outside(ocean: OceanEngine, query: Query) -> dict[str, int]:
    """Spend in 全域推广 by day, in 分. Any filter leaves it out."""
    if query.filtering.narrow:
        return {}
    days = ocean.source.days(query.start, query.end)
    spent = {day.isoformat(): ocean.source.outside(query.account_id, day) for day in days}
    return {day: amount for day, amount in spent.items() if amount}


def _order(rows: list[T], query: Query, figure: Callable[[T, str], float | None], day: Callable[[T], Any]) -> None:
    metric = query.order_field
    rows.sort(key=day if metric is None else lambda row: figure(row, metric) or 0, reverse=query.descending)


def _page(rows: list[T], query: Query) -> tuple[list[T], dict[str, int]]:
    first = (query.page - 1) * query.page_size
    return rows[first : first + query.page_size], parameters.page_info(query.page, query.page_size, len(rows))
