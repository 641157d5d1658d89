"""The 本地推 reports: a row for each promotion and day, the projects' sum by day, the account's totals.

Follows 巨量引擎 Marketing API: 获取广告数据 (local/report/promotion/get), 获取项目数据 (local/report/project/get) and
获取账户数据 (local/report/account/get).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.values import day_in, figure_in, id_in, name_in
from pipeline.core.errors import BadResponse
from pipeline.core.model import ZERO, DayRange, ReportRow, Totals
from pipeline.core.table.columns import COSTS, RATIOS

PROMOTION_REPORT = "/open_api/v3.0/local/report/promotion/get/"
PROJECT_REPORT = "/open_api/v3.0/local/report/project/get/"
ACCOUNT_REPORT = "/open_api/v3.0/local/report/account/get/"
TOTALS = ("stat_cost", "convert_cnt")
DENOMINATORS = {"conversion_cost": "convert_cnt", "conversion_rate": "click_cnt", "ctr": "show_cnt"}


def promotion_report(api: OceanEngine, account_id: str, days: DayRange, metrics: Sequence[str]) -> list[ReportRow]:
    """Every promotion's figures on each of `days`; a promotion without data has no row.

    Raises:
        BadResponse: A row lacks promotion, day or a compulsory metric, has an unusable name, or lies outside `days`.
    """
    rows = api.pages(
        PROMOTION_REPORT, _params(account_id, days, metrics), "promotion_list", ("promotion_id", "stat_time_day")
    )
    return [_report_row(account_id, row, days, metrics) for row in rows]


def promotion_rows(api: OceanEngine, account_id: str, days: DayRange) -> int:
    """Count the rows of the promotion report."""
    return api.count(PROMOTION_REPORT, _params(account_id, days, ["stat_cost"]), "promotion_list")


def project_report(api: OceanEngine, account_id: str, days: DayRange) -> dict[date, Decimal]:
    """The projects' 消耗 (元) by day; a day without data is absent. Raises as `promotion_report` does."""
    rows = api.pages(
        PROJECT_REPORT, _params(account_id, days, ["stat_cost"]), "project_list", ("project_id", "stat_time_day")
    )
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        id_in(PROJECT_REPORT, row, "project_id")
        sums[day_in(row, days)] += figure_in(row, "stat_cost")
    return dict(sums)


def account_totals(api: OceanEngine, account_id: str, days: DayRange) -> dict[date, Totals]:
    """The account's 消耗 (元) and 转化数 by day; a day without data is absent. Raises as `promotion_report` does."""
    rows = api.pages(ACCOUNT_REPORT, _params(account_id, days, TOTALS), "data_list", ("stat_time_day",))
    return {day_in(row, days): Totals(*_metrics(row, TOTALS).values()) for row in rows}


def is_ratio(metric: str) -> bool:
    """Whether a metric is a quotient, absent when its denominator is 0."""
    return metric in COSTS or metric in RATIOS


def _params(account_id: str, days: DayRange, metrics: Sequence[str]) -> dict[str, object]:
    return {
        "local_account_id": account_id,
        "start_date": days.first,
        "end_date": days.last,
        "time_granularity": "TIME_GRANULARITY_DAILY",
        "metrics": list(metrics),
        "order_field": "stat_cost",
        "order_type": "DESC",
    }


def _report_row(account_id: str, row: Mapping[str, Any], days: DayRange, metrics: Sequence[str]) -> ReportRow:
    promotion_id, name = id_in(PROMOTION_REPORT, row, "promotion_id"), name_in(row, "promotion_name")
    return ReportRow(account_id, day_in(row, days), promotion_id, name, _metrics(row, metrics))


def _metrics(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Decimal]:
    figures = {name: _figure(row, name) for name in names}
    for name, denominator in DENOMINATORS.items():
        if name in figures and row.get(name) is None and figures.get(denominator):
            raise BadResponse(f"a report row has {denominator} {figures[denominator]} but no {name}")
    return figures


def _figure(row: Mapping[str, Any], name: str) -> Decimal:
    return ZERO if row.get(name) is None and is_ratio(name) else figure_in(row, name)
