"""The card that goes with a report."""

from collections.abc import Collection

from pipeline.core.history import Figures, cost_per_conversion
from pipeline.core.report import Report
from pipeline.render.elements import Element, card, column, markdown, table
from pipeline.render.words import clipped

ACCOUNTS_SHOWN = 30


def report_card(report: Report, where: str) -> dict[str, object]:
    """The main figures, the accounts that spent most, and where the page lies: bots cannot send files."""
    lines = [_figures(report), *_lacking(report), f"完整报告: {clipped(where, 200)}"]
    title = f"投放报告 {report.days.first:%m-%d} 至 {report.days.last:%m-%d}"
    return card(title, "orange" if report.days_not_whole else "blue", [*map(markdown, lines), _accounts(report)])


def _figures(report: Report) -> str:
    total = report.total
    lines = [f"消耗 **{total.cost:,.2f} 元**"]
    if report.sums.conversions:
        lines += [f"转化 **{total.conversions:,.0f}**"]
        paid = cost_per_conversion(total)
        lines += [f"转化成本 **{paid:,.2f} 元**"] if paid else []
    return ", ".join(lines)


def _lacking(report: Report) -> list[str]:
    count = report.days_not_whole
    return [f"**数据不完整**: {count} 个账户日未入库或不完整, 合计不含这些数据"] if count else []


def _accounts(report: Report) -> Element:
    columns = [column("account", "账户"), column("cost", "消耗(元)", "number", precision=2)]
    columns += [column("conversions", "转化", "number")] if report.sums.conversions else []
    names = {str(one["name"]) for one in columns}
    rows = [_row(name, figures, names) for name, figures in report.accounts[:ACCOUNTS_SHOWN]]
    return table(columns, rows, page_size=10)


def _row(name: str, figures: Figures, columns: Collection[str]) -> dict[str, object]:
    row = {"account": clipped(name), "cost": float(figures.cost), "conversions": int(figures.conversions or 0)}
    return {what: value for what, value in row.items() if what in columns}
