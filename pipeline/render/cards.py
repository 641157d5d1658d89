"""Feishu cards about a run, in Chinese."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.core.coverage.aftermath import Aftermath, aftermath
from pipeline.core.coverage.states import WORDS
from pipeline.core.model import ZERO, AccountDay
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary, outside_words
from pipeline.core.telling.background import Background
from pipeline.render.elements import Card, Element, Value, card, column, link_button, markdown, table
from pipeline.render.figures import change, coloured, cost_chart, figures
from pipeline.render.head import head
from pipeline.render.markdown import Markdown, lines
from pipeline.render.other_tables import others_line
from pipeline.render.reasons import cure, why
from pipeline.render.words import clipped, moment, named, shown

_TEMPLATES = {RunState.SUCCESS: "green", RunState.PARTIAL: "orange"}
_TITLES = {
    RunState.SUCCESS: "同步成功",
    RunState.PARTIAL: "部分完成",
    RunState.FAILED: "同步失败",
    RunState.INTERRUPTED: "同步中断",
    RunState.RUNNING: "同步中",
}
CARD_BYTES = 19_800  # the webhook takes 20 KB, signature and message type included


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a card shows at most: lines of the account table, sentences, alerts, and letters of each."""

    accounts: int
    lines: int
    alerts: int
    letters: int


# the largest card that fits is sent, and the last one always does: a Chinese letter takes six bytes, an emoji twelve
_SIZES = ((30, 8, 8, 220), (20, 8, 6, 220), (12, 6, 5, 120), (6, 5, 4, 100), (3, 3, 3, 60))
LIMITS = tuple(Limits(*size) for size in _SIZES)


def run_card(summary: Summary, beside: Background | None = None) -> Card:
    """The card about a run's end: the largest that the webhook takes; `beside` is what else was figures then."""
    background = beside or Background()
    made = (_run_card(summary, background, limits) for limits in LIMITS)
    return next((one for one in made if size(one) <= CARD_BYTES), _run_card(summary, background, LIMITS[-1]))


def size(made: Card) -> int:
    """Bytes of a card as it is sent."""
    return len(json.dumps({"msg_type": "interactive", "card": made}))


def _run_card(summary: Summary, beside: Background, limits: Limits) -> Card:
    numbers = [account.id for account in summary.accounts]
    offset, after = beside.clock_offset_s, beside.after or aftermath(summary, None)
    first = head(summary, after, beside.now or summary.ended_at, beside.settle_at)
    elements = [
        *map(markdown, [*_recovery(beside), *first, *_outside(summary), *_told(summary, beside, limits)]),
        *map(markdown, others_line(beside.others)),
        *_buttons(summary, beside),
        *_alerts(beside, limits),
        *figures(beside.history, numbers, summary.day),
        *cost_chart(beside.history, numbers, summary.day),
        _account_table(summary, beside, after, limits),
        markdown(_footer(summary, after, limits)),
    ]
    title, template = f"{summary.day} {_TITLES[summary.state]}", _TEMPLATES.get(summary.state, "red")
    return card(title, template, elements, f"时钟偏移 {offset:+.0f} 秒" if offset else None)


def trouble_card(title: str, words: Sequence[str], link: str | None) -> Card:
    """The card about a trouble outside of runs, with a button where a person can authorize at `link`."""
    texts = [markdown(_sentence(line, LIMITS[0])) for line in words[: LIMITS[0].lines] if shown(line)]
    return card(title, "red", [*texts, *([_authorize_button(link)] if link else [])])


def greeting_card(now: datetime) -> Card:
    """A card that proves that cards arrive."""
    words = Markdown("收到本消息，说明今后的同步结果会发到本群。发送时间：{}", moment(now))
    return card("同步通知测试", "blue", [markdown(words)])


def authorize_link_in(summary: Summary) -> str | None:
    """Where a person must authorize again, if the run failed for that."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    return next((trouble.link for trouble in troubles if trouble and trouble.link), None)


def seconds_to_wait(now: datetime) -> float:
    """How long to wait with a card: at full and half hours the service refuses many."""
    since = (now.minute % 30) * 60 + now.second
    return float(20 - since) if since < 20 else 0.0  # noqa: PLR2004 the seconds of the sentence above


def _buttons(summary: Summary, beside: Background) -> list[Element]:
    link = authorize_link_in(summary)
    made = [_authorize_button(link)] if link else []
    return [*made, link_button("打开多维表格", beside.table_url)] if beside.table_url else made


def _authorize_button(link: str) -> Element:
    return link_button("重新授权", link, "primary")


def _recovery(beside: Background) -> list[Markdown]:
    over = beside.recovery
    if over is None:
        return []
    return [Markdown("**已恢复**：{}，自 {} 起的问题已解决", named(over.names), moment(over.since))]


def _outside(summary: Summary) -> list[Markdown]:
    """What accounts spent outside their promotions, summed: it is in no row of the table."""
    spent = [account for account in summary.accounts if account.outside]
    total = sum((account.outside for account in spent), ZERO)
    return [Markdown("{}：{}", outside_words(total), named([account.name for account in spent]))] if spent else []


def _told(summary: Summary, beside: Background, limits: Limits) -> list[Markdown]:
    """What to do, what was corrected, what people should know; also from earlier runs that sent no card."""
    news = dict.fromkeys(line for run in beside.unheard for line in run.news if line not in summary.warnings)
    told = (*_restatements([summary, *beside.unheard]), *summary.warnings, *news, *summary.view_notes)
    return _first([*_troubles(summary, limits), *(_sentence(line, limits) for line in told if shown(line))], limits)


def _sentence(text: str, limits: Limits) -> Markdown:
    return Markdown("{}", clipped(text, limits.letters))


def _troubles(summary: Summary, limits: Limits) -> list[Markdown]:
    """Each reason and cure once, with its accounts; what stopped the whole run is not repeated for each account."""
    befallen: dict[tuple[str, str], list[str]] = {}
    for one in summary.accounts:
        told_weekly = one.state == DayState.PARKED  # by a warning of its own
        if one.trouble and one.trouble != summary.trouble and not told_weekly:
            befallen.setdefault((why(one.trouble), cure(one.trouble)), []).append(one.name)
    of_accounts = [
        Markdown("**{}**（{}）：{}", named(who), reason, _sentence(advice, limits))
        for (reason, advice), who in befallen.items()
    ]
    whole = summary.trouble
    if whole is None:
        return of_accounts
    return [Markdown("**{}**：{}", why(whole), _sentence(cure(whole), limits)), *of_accounts]


def _restatements(runs: Sequence[Summary]) -> list[str]:
    """Days before the newest whose figures the source corrected, by account."""
    names = {account.id: clipped(account.name) for run in runs for account in run.accounts}
    days: dict[str, list[str]] = {}
    for at in sorted({at for run in runs for at in run.restatements}):
        days.setdefault(names[at.account_id], []).append(f"{at.day:%m-%d}")
    told = "；".join(f"{name} {'、'.join(of)}" for name, of in days.items())
    return [f"数据源修正了历史数据，已更新：{told}"] if told else []


def _alerts(beside: Background, limits: Limits) -> list[Element]:
    told = [Markdown("- {}", clipped(alert, limits.letters)) for alert in beside.alerts[: limits.alerts]]
    more = len(beside.alerts) - limits.alerts
    told += [Markdown("- 另有 {} 条提醒", more)] if more > 0 else []
    return [markdown(lines([Markdown("**异常提醒**"), *told]))] if told else []


def _first(paragraphs: Sequence[Markdown], limits: Limits) -> list[Markdown]:
    more = len(paragraphs) - limits.lines
    hidden = [Markdown("另有 {} 条，见同步状态表", more)] if more > 0 else []
    return [*paragraphs[: limits.lines], *hidden]


def _footer(summary: Summary, after: Aftermath, limits: Limits) -> Markdown:
    hidden = len(summary.accounts) - limits.accounts
    more = f"另有 {hidden} 个账户，见同步状态表；" if hidden > 0 else ""
    return Markdown("{}{}", more, _written(summary, after))


def _written(summary: Summary, after: Aftermath) -> str:
    """What this run wrote, and whether it was verified."""
    counts = {"新增 {:,} 行": summary.created, "更新 {:,} 行": summary.updated, "{:,} 行无变化": summary.unchanged}
    said = "，".join(words.format(count) for words, count in counts.items() if count) or "没有需要写入的数据"
    changed = f"本次{said}" if summary.created + summary.updated else said
    if summary.verified:
        return f"{changed}，已核对一致"
    if after.unsure and not summary.created + summary.updated:  # a load that broke off does not say how far it got
        return "本次写入结果未能核对"
    return f"{changed}，未能全部核对" if after.synced or after.unsure else "本次未写入"


def _account_table(summary: Summary, beside: Background, after: Aftermath, limits: Limits) -> Element:
    """The accounts: those in trouble first, then by 消耗."""
    ranked = sorted(summary.accounts, key=lambda one: (one.state.good, -one.cost))
    columns = [column("account", "账户"), column("state", "状态"), column("as_of", "数据截至")]
    columns += [column("cost", "消耗（元）", "number", precision=2), column("change", "较前一日", "markdown")]
    columns += [column("conversions", "转化", "number"), column("rows", "行数", "number")]
    rows = [_account_row(one, summary, beside, after) for one in ranked[: limits.accounts]]
    filled: Collection[str] = {name for row in rows for name in row}
    return table([one for one in columns if one["name"] in filled or not rows], rows, page_size=10)


def _account_row(one: AccountResult, summary: Summary, beside: Background, after: Aftermath) -> dict[str, Value]:
    row: dict[str, Value] = {"account": clipped(one.name), "state": _state(one, after)}
    there = after.standing.get(one.id)
    if there is None:
        read: dict[str, Value] = {
            "rows": one.rows,
            "cost": float(one.cost),
            "as_of": "未核对" if one in after.unsure else "未入库",
        }
        return row | read if one.fetched else row
    row |= {"rows": there.rows, "cost": float(there.cost)}
    if len(after.synced) < after.waited_for:  # else the card's first line has the one time of all
        row["as_of"] = moment(there.as_of)
    figures = beside.history.get(AccountDay(one.id, summary.day))
    before = beside.history.get(AccountDay(one.id, summary.day - timedelta(days=1)))
    if figures and figures.conversions is not None:
        row["conversions"] = int(figures.conversions)
    return {**row, "change": coloured(change(figures.cost, before.cost if before else None))} if figures else row


def _state(one: AccountResult, after: Aftermath) -> str:
    """The word of 同步状态, or 未更新 where nothing was read and the table keeps what it had."""
    if one.id in after.standing and not one.of_day.good and not one.fetched:
        return "未更新"
    late = f"，{one.bad_days} 天未完成" if one.bad_days and one.of_day.good else ""
    return f"{WORDS[one.of_day]}{late}"
