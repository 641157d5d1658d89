"""Feishu cards about a run, in Chinese."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.core.coverage.aftermath import Aftermath, aftermath
from pipeline.core.coverage.states import WORDS
from pipeline.core.model import ZERO, AccountDay, grouped
from pipeline.core.outcome import AccountResult, RunState, Summary, outside_words
from pipeline.core.tables.ends import ends, results, said, table_name, troubles_in
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.render.elements import Card, Element, Value, card, column, link_button, markdown, table
from pipeline.render.figures import change, coloured, cost_chart, figures
from pipeline.render.head import TITLES, further_lines, head, in_table, written
from pipeline.render.markdown import Markdown, lines
from pipeline.render.other_tables import others_line
from pipeline.render.told import restatements, troubles
from pipeline.render.words import clipped, moment, named, shown

_TEMPLATES = {RunState.SUCCESS: "green", RunState.PARTIAL: "orange"}
CARD_BYTES = 19_800  # the webhook takes 20 KB, signature and message type included


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a card shows at most: accounts, sentences, alerts, letters of each, and further tables."""

    accounts: int
    lines: int
    alerts: int
    letters: int
    tables: int


# the largest card that fits is sent, and the last one always does: a Chinese letter takes six bytes, an emoji twelve
_SIZES = ((30, 8, 8, 220, 8), (20, 8, 6, 220, 6), (12, 6, 5, 120, 5), (6, 5, 4, 100, 3), (3, 3, 3, 60, 2))
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
    now = beside.now or summary.ended_at
    end, *_ = ends(summary)
    first = head(end, after, now, beside.settle_at)
    if beside.further:
        first = [*in_table(end, first), *further_lines(beside.further, now, beside.settle_at, limits.tables)]
    elements = [
        *map(markdown, [*_recovered(beside), *first, *_outside(summary), *_told(summary, beside, limits)]),
        *map(markdown, others_line(beside.others)),
        *_buttons(summary, beside),
        *_alerts(beside, limits),
        *figures(beside.history, numbers, summary.day),
        *cost_chart(beside.history, numbers, summary.day),
        _account_table(summary, beside, after, limits),
        markdown(_footer(summary, after, beside, limits)),
    ]
    title, template = f"{_subject(summary, beside)} {TITLES[summary.state]}", _TEMPLATES.get(summary.state, "red")
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
    return next((trouble.link for trouble in troubles_in(summary) if trouble.link), None)


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


def _subject(summary: Summary, beside: Background) -> str:
    """The day, and the table where the run is in one of several."""
    alone = not summary.further and (summary.table or beside.several)
    return f"{summary.day} {clipped(table_name(summary.table))}" if alone else f"{summary.day}"


def _recovered(beside: Background) -> list[Markdown]:
    """What is over, with its tables unless it is over in all of them."""
    groups = grouped((over.names, over) for over in beside.recoveries)
    return [
        Markdown("**已恢复**：{}{}，自 {} 起的问题已解决", _place(those, beside), named(names), moment(min(since)))
        for names, those in groups.items()
        if (since := [over.since for over in those])
    ]


def _place(those: Sequence[Recovery], beside: Background) -> str:
    """The tables in which something is over; nothing if it is over in all of them."""
    if len(those) == 1 + len(beside.further):
        return ""
    return f"{''.join(f'“{clipped(table_name(over.table))}”' for over in those)}的"


def _outside(summary: Summary) -> list[Markdown]:
    """What accounts spent outside their promotions, summed: it is in no row of the table."""
    lines = (next((one for one in those if one.outside), None) for those in results(summary).values())
    spent = [account for account in lines if account]
    total = sum((account.outside for account in spent), ZERO)
    return [Markdown("{}：{}", outside_words(total), named([account.name for account in spent]))] if spent else []


def _told(summary: Summary, beside: Background, limits: Limits) -> list[Markdown]:
    """What to do, what was corrected, what people should know; also from earlier runs that sent no card."""
    warnings = said([summary], lambda end: end.warnings)
    news = dict.fromkeys(line for line in said(beside.unheard, lambda end: end.news, [summary]) if line not in warnings)
    views = said([summary], lambda end: end.view_notes)
    told = (*restatements([summary, *beside.unheard]), *warnings, *news, *views)
    sentences = [_sentence(line, limits) for line in told if shown(line)]
    return _first([*troubles(summary, limits.letters), *sentences], limits)


def _sentence(text: str, limits: Limits) -> Markdown:
    return Markdown("{}", clipped(text, limits.letters))


def _alerts(beside: Background, limits: Limits) -> list[Element]:
    told = [Markdown("- {}", clipped(alert, limits.letters)) for alert in beside.alerts[: limits.alerts]]
    more = len(beside.alerts) - limits.alerts
    told += [Markdown("- 另有 {} 条提醒", more)] if more > 0 else []
    return [markdown(lines([Markdown("**异常提醒**"), *told]))] if told else []


def _first(paragraphs: Sequence[Markdown], limits: Limits) -> list[Markdown]:
    more = len(paragraphs) - limits.lines
    hidden = [Markdown("另有 {} 条，见同步状态表", more)] if more > 0 else []
    return [*paragraphs[: limits.lines], *hidden]


def _footer(summary: Summary, after: Aftermath, beside: Background, limits: Limits) -> Markdown:
    hidden = len(summary.accounts) - limits.accounts
    more = f"另有 {hidden} 个账户，见同步状态表；" if hidden > 0 else ""
    whose = f"“{clipped(table_name(summary.table))}”" if beside.further else ""
    return Markdown("{}{}{}", more, whose, written(summary, after))


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
