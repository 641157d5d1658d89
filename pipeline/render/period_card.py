"""Cards about a period: that a report was made, and last week beside the week before."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from pipeline.core.history import Figures, cost_per_conversion
from pipeline.core.report import Report, Sums
from pipeline.core.week import AccountWeek, Week, change
from pipeline.render.elements import Card, Element, card, column, markdown, table
from pipeline.render.words import clipped

DAYS_SHOWN, ACCOUNTS_SHOWN = 8, 30


def report_card(report: Report, file: str) -> Card:
    """The main figures of a report, and where its file lies."""
    sums, days = report.tally.total, report.days
    found = _as_figures(sums, report)
    named = ((name, one) for name, one in report.tally.accounts.items() if one.cost or one.conversions)
    accounts = sorted(named, key=lambda one: (-one[1].cost, one[0]))
    rows = [_row(name, _as_figures(one, report)) for name, one in accounts[:ACCOUNTS_SHOWN]]
    parked = (
        [f"已停用, 停用期间没有数据: {'、'.join(map(_short, list(report.parked)[:DAYS_SHOWN]))}"]
        if report.parked
        else []
    )
    texts = [*_lacking(report.lacking), *parked, _figures(found), f"报告文件在运行 laike 的机器上: {_plain(file)}"]
    lacks = report.lacking or report.parked
    title = f"投放报告 {days.first} 至 {days.last}"
    elements = [*map(markdown, texts), _table(rows, []), *_hidden(len(accounts))]
    return card(title, "red" if lacks else "blue", elements)


def weekly_card(week: Week) -> Card:
    """Last week against the week before, in sum and by account."""
    last, before = week.last, week.before
    accounts = sorted(week.accounts, key=lambda one: (-one.last.cost, one.name))
    compared = f"{_figures(last)}\n前一周: {_figures(before)}"
    moved = ", ".join(
        f"{word} {_percent(change(now, then))}"
        for word, now, then in (
            ("消耗", last.cost, before.cost),
            ("转化", last.conversions, before.conversions),
            ("转化成本", cost_per_conversion(last), cost_per_conversion(before)),
        )
    )
    rows = [_row(one.name, one.last) | {"change": _grown(one)} for one in accounts[:ACCOUNTS_SHOWN]]
    columns = [column("change", "消耗变化")]
    texts = [*_lacking(week.lacking), compared, f"变化: {moved}"]
    title = f"周报 {week.days.first} 至 {week.days.last}"
    elements = [*map(markdown, texts), _table(rows, columns), *_hidden(len(accounts))]
    return card(title, "orange" if week.lacking else "blue", elements)


def _lacking(days: Mapping[date, Sequence[str]]) -> list[str]:
    if not days:
        return []
    shown = [
        f"{day:%m-%d} ({_short(names[0])}{f' 等 {len(names)} 个' if len(names) > 1 else ''})"
        for day, names in days.items()
    ]
    more = f" 等 {len(days)} 天" if len(days) > DAYS_SHOWN else ""
    return [f"**{len(days)} 天数据不完整, 合计低于实际**: {'、'.join(shown[:DAYS_SHOWN])}{more}"]


def _figures(found: Figures) -> str:
    converted = f"转化 **{_count(found.conversions)}**, 转化成本 **{_money(cost_per_conversion(found))}** 元"
    return f"消耗 **{found.cost:,.2f}** 元, {converted}"


def _row(name: str, found: Figures) -> Element:
    return {
        "account": _short(name),
        "cost": float(found.cost),
        "conversions": _count(found.conversions),
        "unit_cost": _money(cost_per_conversion(found)),
    }


def _as_figures(sums: Sums, report: Report) -> Figures:
    return Figures(sums.rows, sums.cost, sums.conversions if report.tally.has_conversions else None)


def _table(rows: Sequence[Element], more: Sequence[Element]) -> Element:
    columns = [column("account", "账户"), column("cost", "消耗(元)", "number", precision=2)]
    columns += [column("conversions", "转化数"), column("unit_cost", "转化成本(元)")]
    return table([*columns, *more], rows, page_size=10)


def _hidden(accounts: int) -> list[Element]:
    more = accounts - ACCOUNTS_SHOWN
    return [markdown(f"另有 {more} 个账户未列出")] if more > 0 else []


def _grown(one: AccountWeek) -> str:
    return f"{_percent(change(one.last.cost, one.before.cost))}{', 缺数据' if one.lacking else ''}"


def _percent(part: Decimal | None) -> str:
    return "-" if part is None else f"{part:+.1%}"


def _money(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _count(value: Decimal | None) -> str:
    return "未知" if value is None else f"{value:,.0f}"


def _short(name: str) -> str:
    return clipped(name)


def _plain(text: str) -> str:
    """A path in a markdown text."""
    return f"`{text.replace('`', '')}`"
