"""Read the daily reports of 本地推: a row for each item and day, its sums by day, the account's totals.

Follows the pages of 巨量引擎 Marketing API that `core.reports` names.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.values import day_in, figure_in, id_in, name_in
from pipeline.core.errors import BadResponse
from pipeline.core.model import ZERO, DayRange, ReportRow, Totals
from pipeline.core.reports import ACCOUNT, Report
from pipeline.core.table.columns import COSTS, RATIOS

TOTALS = ("stat_cost", "convert_cnt")
DENOMINATORS = {"conversion_cost": "convert_cnt", "conversion_rate": "click_cnt", "ctr": "show_cnt"}


def read_report(
    api: OceanEngine, report: Report, account_id: str, days: DayRange, metrics: Sequence[str]
) -> list[ReportRow]:
    """The figures of each item of a report on each of `days`; an item without data on a day has no row.

    Raises:
        BadResponse: A row lacks its item, its day or a compulsory metric, has an unusable name, or lies outside `days`.
    """
    identity = ("stat_time_day",) if report.about_account else (report.id_field, "stat_time_day")
    rows = api.pages(report.path, _params(account_id, days, metrics), report.rows, identity)
    return [_report_row(report, account_id, row, days, metrics) for row in rows]


def report_rows(api: OceanEngine, report: Report, account_id: str, days: DayRange) -> int:
    """Count the rows of a report."""
    return api.count(report.path, _params(account_id, days, ["stat_cost"]), report.rows)


def daily_costs(rows: Iterable[ReportRow]) -> dict[date, Decimal]:
    """The sum of 消耗 (元) by day; a day without rows is absent."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.day] += row.cost
    return dict(sums)


def account_totals(api: OceanEngine, account_id: str, days: DayRange) -> dict[date, Totals]:
    """The account's 消耗 (元) and 转化数 by day; a day without data is absent. Raises as `read_report` does."""
    return totals_of(read_report(api, ACCOUNT, account_id, days, TOTALS))


def totals_of(rows: Iterable[ReportRow]) -> dict[date, Totals]:
    """The same from the rows of the account report."""
    return {row.day: Totals(*(row.metrics[name] for name in TOTALS)) for row in rows}


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


def _report_row(
    report: Report, account_id: str, row: Mapping[str, Any], days: DayRange, metrics: Sequence[str]
) -> ReportRow:
    if report.about_account:
        return ReportRow(account_id, day_in(row, days), account_id, "", _metrics(row, metrics))
    item_id, name = id_in(report.path, row, report.id_field), name_in(row, report.name_field)
    owner = account_id if report.within_account else ""
    return ReportRow(account_id, day_in(row, days), item_id, name, _metrics(row, metrics), owner)


def _metrics(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Decimal]:
    figures = {name: _figure(row, name) for name in names}
    for name, denominator in DENOMINATORS.items():
        if name in figures and row.get(name) is None and figures.get(denominator):
            raise BadResponse(f"a report row has {denominator} {figures[denominator]} but no {name}")
    return figures


def _figure(row: Mapping[str, Any], name: str) -> Decimal:
    return ZERO if row.get(name) is None and is_ratio(name) else figure_in(row, name)
