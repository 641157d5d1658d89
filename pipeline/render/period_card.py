"""Cards about a report, and about last week against the week before."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.coverage.history import Figures, cost_per_conversion
from pipeline.core.telling.report import Report, Sums
from pipeline.core.telling.week import WEEK, AccountWeek, Week
from pipeline.render.elements import Card, Element, Value, card, column, markdown, table
from pipeline.render.figures import change, coloured
from pipeline.render.markdown import Markdown, lines
from pipeline.render.other_tables import others_line
from pipeline.render.words import clipped, moment

DAYS_SHOWN, ACCOUNTS_SHOWN = 8, 30


def report_card(report: Report) -> Card:
    """The main figures of a report."""
    sums, days = report.tally.total, report.days
    found = _as_figures(sums, report)
    named = ((name, one) for name, one in report.tally.accounts.items() if one.cost or one.conversions)
    accounts = sorted(named, key=lambda one: (-one[1].cost, one[0]))
    rows = [_row(name, _as_figures(one, report)) for name, one in accounts[:ACCOUNTS_SHOWN]]
    texts = [*_lacking(report.lacking), *_parked(list(report.parked)), _figures(found, report.as_of)]
    texts += others_line(report.others)
    texts += [Markdown("完整报告保存在运行同步的服务器上，可向维护人员索取。")]
    lacks = report.lacking or report.parked
    of_table = f"（{_short(report.table)}）" if report.table else ""
    title = f"投放报告{of_table} {days.first} 至 {days.last}"
    elements = [*map(markdown, texts), _table(rows, []), *_hidden(len(accounts))]
    return card(title, "red" if lacks else "blue", elements)


def weekly_card(week: Week) -> Card:
    """Last week against the week before, in sum and by account."""
    accounts = sorted(week.accounts, key=lambda one: (-one.last.cost, one.name))
    rows = [_row(one.name, one.last) | {"change": _grown(one)} for one in accounts[:ACCOUNTS_SHOWN]]
    columns = [column("change", "消耗较前一周", "markdown")]
    texts = [*_lacking(week.lacking), _figures(week.last, week.as_of), _compared(week)]
    title = f"周报 {week.days.first} 至 {week.days.last}"
    elements = [*map(markdown, texts), _table(rows, columns), *_hidden(len(accounts))]
    return card(title, "orange" if week.lacking else "blue", elements)


def _parked(names: Sequence[str]) -> list[Markdown]:
    return [Markdown("已停用，停用期间没有数据：{}", "、".join(map(_short, names[:DAYS_SHOWN])))] if names else []


def _lacking(days: Mapping[date, Sequence[str]]) -> list[Markdown]:
    if not days:
        return []
    told = [
        f"{day:%m-%d}（{_short(names[0])}{f' 等 {len(names)} 个账户' if len(names) > 1 else ''}）"
        for day, names in days.items()
    ]
    more = f" 等 {len(days)} 天" if len(days) > DAYS_SHOWN else ""
    named = "、".join(told[:DAYS_SHOWN])
    return [Markdown("**{} 天数据不完整，合计可能低于实际**：{}{}", len(days), named, more)]


def _figures(found: Figures, as_of: datetime | None) -> Markdown:
    known = f"，数据截至 {moment(as_of)}" if as_of else ""
    conversions, unit_cost = _count(found.conversions), _money(cost_per_conversion(found))
    return Markdown("消耗 **{:,.2f}** 元，转化 **{}**，转化成本 **{}** 元{}", found.cost, conversions, unit_cost, known)


def _compared(week: Week) -> Markdown:
    """Last week against the one before, over the days that are whole in both."""
    both, of = week.compared, WEEK * len(week.accounts)
    if not both.days:
        return Markdown("无法与前一周对比：没有任何一天的数据在两周都完整")
    now, then = both.last, both.before
    measures = (
        ("消耗", now.cost, then.cost, ",.2f"),
        ("转化", now.conversions, then.conversions, ",.0f"),
        ("转化成本", cost_per_conversion(now), cost_per_conversion(then), ",.2f"),
    )
    only = "" if week.comparable else f"（只对比两周数据都完整的日期，各账户合计 {both.days}/{of} 天）"
    return lines([Markdown("**较前一周**{}", only), *(_moved(*measure) for measure in measures)])


def _moved(word: str, now: Decimal | None, then: Decimal | None, form: str) -> Markdown:
    if now is None or then is None:
        return Markdown("- {}无对比", word)
    moved = f"{then:{form}} → {now:{form}}"
    if not then:
        return Markdown("- {}（{}）", word, moved)
    return Markdown("- {} {}（{}）", word, coloured(change(now, then)), moved)


def _row(name: str, found: Figures) -> dict[str, Value]:
    return {
        "account": _short(name),
        "cost": float(found.cost),
        "conversions": _count(found.conversions),
        "unit_cost": _money(cost_per_conversion(found)),
    }


def _as_figures(sums: Sums, report: Report) -> Figures:
    return Figures(sums.rows, sums.cost, sums.conversions if report.tally.has_conversions else None)


def _table(rows: Sequence[Mapping[str, Value]], more: Sequence[Element]) -> Element:
    columns = [column("account", "账户"), column("cost", "消耗（元）", "number", precision=2), *more]
    columns += [column("conversions", "转化数"), column("unit_cost", "转化成本（元）")]
    return table(columns, rows, page_size=10)


def _hidden(accounts: int) -> list[Element]:
    more = accounts - ACCOUNTS_SHOWN
    return [markdown(Markdown("另有 {} 个账户未列出", more))] if more > 0 else []


def _grown(one: AccountWeek) -> Markdown:
    both = one.compared
    grown = change(both.last.cost, both.before.cost if both.days else None)
    days = "" if both.days in (0, WEEK) else f"（{both.days} 天）"
    lacking = f"，缺 {len(one.lacking)} 天" if one.lacking else ""
    return Markdown("{}{}{}", coloured(grown), days, lacking)


def _money(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _count(value: Decimal | None) -> str:
    return "未知" if value is None else f"{value:,.0f}"


def _short(name: str) -> str:
    return clipped(name)
