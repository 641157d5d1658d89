"""Feishu cards about a run, in Chinese. Follows 飞书卡片 JSON 2.0."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter

from pipeline.core.model import CHINA, ZERO
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.trend import CHART_DAYS, Compared, Figures, Trend
from pipeline.render.elements import (
    Element,
    authorize_button,
    bars,
    button,
    card,
    clipped,
    markdown,
    shortened,
    table,
)

_TEMPLATES = {RunState.SUCCESS: "green", RunState.PARTIAL: "orange"}
_TITLES = {
    RunState.SUCCESS: "同步成功",
    RunState.PARTIAL: "部分完成",
    RunState.FAILED: "同步失败",
    RunState.INTERRUPTED: "同步中断",
    RunState.RUNNING: "同步中",
}
_STATES = {
    DayState.LOADED: "已入库",
    DayState.EMPTY: "无数据",
    DayState.INCOMPLETE: "不完整",
    DayState.FAILED: "失败",
    DayState.MISSING: "未取到",
    DayState.PARKED: "已停用",
    DayState.OPEN: "未结束",
}
_COLUMNS = {"account": "账户", "state": "状态", "rows": "行数", "cost": "消耗(元)"}
ACCOUNTS_SHOWN, NAME_LETTERS = 30, 30
NAMES_TOGETHER = 3
DAYS_TO_DRAW = 2  # fewer are no course of time
_EVEN_PERCENT = Decimal("0.05")  # less is 0.0 % when it is rounded
_MEASURES: tuple[tuple[str, str, Callable[[Figures], Decimal | None]], ...] = (
    ("消耗", "元", attrgetter("cost")),
    ("转化", "", attrgetter("conversions")),
    ("转化成本", "元", attrgetter("conversion_cost")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a card tells besides the run: its figures against earlier days, and where to look.

    `settles_at`: when the day is read once more, if that is still to come; `settled`: this run has just done so;
    `troubled_since`: since which day runs were no success, if this one is the first that is.
    """

    trend: Trend | None = None
    table_link: str | None = None
    settles_at: time | None = None
    settled: bool = False
    troubled_since: date | None = None


def run_card(summary: Summary, around: Around | None = None) -> dict[str, object]:
    """The card that tells how a run ended."""
    beside = around or Around()
    link = authorize_link_in(summary)
    told = [*_troubles(summary), *_restatements(summary), *summary.warnings, *summary.view_notes]
    elements = [
        *map(markdown, [*_recovered(beside), _totals(summary), *_figures(beside.trend), *shortened(told)]),
        *_buttons(link, beside.table_link),
        *_chart(beside.trend),
        _account_table(summary.accounts, beside.trend),
        markdown(_footer(summary, beside)),
    ]
    return card(f"{summary.day} {_TITLES[summary.state]}", _TEMPLATES.get(summary.state, "red"), elements)


def trouble_card(title: str, lines: Sequence[str], link: str) -> dict[str, object]:
    """The card about a trouble outside of runs that a new authorization ends."""
    return card(title, "red", [*map(markdown, shortened(lines)), authorize_button(link)])


def greeting_card(now: datetime) -> dict[str, object]:
    """A card that only says that cards arrive."""
    text = f"收到这条消息, 说明运行结果会发到本群。发送时间 {now.astimezone(CHINA):%m-%d %H:%M}"
    return card("同步通知测试", "blue", [markdown(text)])


def authorize_link_in(summary: Summary) -> str | None:
    """Where a person must authorize again, if that is what the run lacked."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    return next((trouble.link for trouble in troubles if trouble and trouble.link), None)


def seconds_to_wait(now: datetime) -> float:
    """How long to wait before a card is sent: full and half hours are crowded, and the service refuses then."""
    since = (now.minute % 30) * 60 + now.second
    return float(20 - since) if since < 20 else 0.0  # noqa: PLR2004 the seconds of the sentence above


def _buttons(authorize: str | None, table_link: str | None) -> list[Element]:
    made = [authorize_button(authorize)] if authorize else []
    return [*made, button("打开多维表格", table_link, "default")] if table_link else made


def _recovered(beside: Around) -> list[str]:
    since = beside.troubled_since
    return [f"✅ **已恢复正常**: {since:%m-%d} 起的异常已结束"] if since else []


def _totals(summary: Summary) -> str:
    rows = sum(account.rows for account in summary.accounts)
    cost = sum((account.cost for account in summary.accounts), ZERO)
    good = sum(account.state.good for account in summary.accounts)
    return f"**{good}/{len(summary.accounts)} 个账户**, {rows} 行, 消耗 {cost:.2f} 元"


def _figures(seen: Trend | None) -> list[str]:
    """消耗, 转化 and 转化成本 of the day, each against the day before and the same weekday of the week before."""
    if seen is None or not seen.by_account:
        return []
    lines = []
    for name, unit, of in _MEASURES:
        value = of(seen.day)
        shown = "—" if value is None else f"{value:.2f} {unit}" if unit else f"{value:.0f}"
        against = (("较前一日", seen.day_before), ("较上周同日", seen.week_before))
        moves = ", ".join(f"{words} {_move(compared, of)}" for words, compared in against)
        lines.append(f"{name} **{shown}** ({moves})")
    return ["\n".join(lines)]


def _move(compared: Compared | None, of: Callable[[Figures], Decimal | None]) -> str:
    now, then = (of(compared.now), of(compared.then)) if compared else (None, None)
    if now is None or not then:
        return "无对比"
    percent = (now - then) / then * 100
    return "持平" if abs(percent) < _EVEN_PERCENT else f"{'▲' if percent > 0 else '▼'}{abs(percent):.1f}%"


def _chart(seen: Trend | None) -> list[Element]:
    if seen is None or len(seen.costs) < DAYS_TO_DRAW:
        return []
    values = [(f"{day:%m-%d}", float(cost)) for day, cost in seen.costs]
    return [bars(f"近 {CHART_DAYS} 天消耗 (元)", values)]


def _troubles(summary: Summary) -> list[str]:
    """What to do, each once, with the names of the accounts; what befell the whole run is not told of each again."""
    befallen: dict[str, list[str]] = {}
    for one in summary.accounts:
        told_weekly = one.state == DayState.PARKED  # by a warning of its own
        if one.trouble and one.trouble != summary.trouble and not told_weekly:
            befallen.setdefault(one.trouble.what_to_do, []).append(clipped(one.name, NAME_LETTERS))
    lines = [f"**{_together(names)}**: {advice}" for advice, names in befallen.items()]
    return [summary.trouble.what_to_do, *lines] if summary.trouble else lines


def _restatements(summary: Summary) -> list[str]:
    """Days before the newest whose figures the source corrected, by account."""
    names = {account.id: clipped(account.name, NAME_LETTERS) for account in summary.accounts}
    days: dict[str, list[str]] = {}
    for at in summary.restatements:
        days.setdefault(names[at.account_id], []).append(f"{at.day:%m-%d}")
    told = "; ".join(f"{name} {'、'.join(of)}" for name, of in days.items())
    return [f"数据源修正了历史数据, 已更新: {told}"] if told else []


def _together(names: Sequence[str]) -> str:
    shown = "、".join(names[:NAMES_TOGETHER])
    return f"{shown} 等 {len(names)} 个账户" if len(names) > NAMES_TOGETHER else shown


def _footer(summary: Summary, beside: Around) -> str:
    written = f"新增 {summary.created} 行, 更新 {summary.updated} 行, 未变 {summary.unchanged} 行"
    checked = "已回读核对" if summary.verified else "未能核对"
    moment = summary.ended_at.astimezone(CHINA)
    hidden = len(summary.accounts) - ACCOUNTS_SHOWN
    more = f"另有 {hidden} 个账户, 见同步状态表; " if hidden > 0 else ""
    again = f", {beside.settles_at:%H:%M} 复核" if beside.settles_at else ", 已复核" if beside.settled else ""
    return f"{more}{written}; {checked}; 数据截至 {moment:%m-%d %H:%M}{again}"


def _account_table(accounts: Sequence[AccountResult], seen: Trend | None) -> Element:
    """Those in trouble first; 转化 where it is known."""
    shown = sorted(accounts, key=lambda one: one.state.good)[:ACCOUNTS_SHOWN]
    known = seen.by_account if seen else {}
    columns = _COLUMNS | ({"conversions": "转化"} if known else {})
    return table(columns, [_account_row(one, known.get(one.id) if known else None) for one in shown])


def _account_row(one: AccountResult, figures: Figures | None) -> dict[str, str | int | float]:
    row: dict[str, str | int | float] = {
        "account": clipped(one.name, NAME_LETTERS),
        "state": _STATES[one.state],
        "rows": one.rows,
        "cost": float(one.cost),
    }
    return row | ({"conversions": int(figures.conversions)} if figures else {})
