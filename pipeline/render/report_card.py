"""The card that goes with a report."""

from pipeline.core.report import Report
from pipeline.core.trend import Figures
from pipeline.render.cards import ACCOUNTS_SHOWN, NAME_LETTERS
from pipeline.render.elements import Element, card, clipped, markdown, table


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
        lines += [f"转化成本 **{total.conversion_cost:,.2f} 元**"] if total.conversion_cost else []
    return ", ".join(lines)


def _lacking(report: Report) -> list[str]:
    count = report.days_not_whole
    return [f"**数据不完整**: {count} 个账户日未入库或不完整, 合计不含这些数据"] if count else []


def _accounts(report: Report) -> Element:
    columns = {"account": "账户", "cost": "消耗(元)"} | ({"conversions": "转化"} if report.sums.conversions else {})
    rows = [_row(name, figures, columns) for name, figures in report.accounts[:ACCOUNTS_SHOWN]]
    return table(columns, rows)


def _row(name: str, figures: Figures, columns: dict[str, str]) -> dict[str, str | int | float]:
    row: dict[str, str | int | float] = {"account": clipped(name, NAME_LETTERS), "cost": float(figures.cost)}
    return row | ({"conversions": int(figures.conversions)} if "conversions" in columns else {})
