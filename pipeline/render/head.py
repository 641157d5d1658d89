"""The first lines of a run's card: what the run brought and what the table has of the day, each with its time.

Where there are several tables, each of these lines names its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from pipeline.core.coverage.aftermath import Aftermath, Standing, TableEnd, summed
from pipeline.core.model import CHINA, ZERO, DayRange
from pipeline.core.outcome import AccountResult, RunState, Summary
from pipeline.core.run_kind import RunKind
from pipeline.core.tables.ends import table_name
from pipeline.render.markdown import Markdown, joined, link
from pipeline.render.words import clipped, moment, money, span

TITLES = {
    RunState.SUCCESS: "同步成功",
    RunState.PARTIAL: "部分完成",
    RunState.FAILED: "同步失败",
    RunState.INTERRUPTED: "同步中断",
    RunState.RUNNING: "同步中",
}


def head(summary: Summary, after: Aftermath, now: datetime, settle_at: time) -> list[Markdown]:
    """The first lines of a card.

    Args:
        now: When the card is made; by it a reading is of 今日 or 昨日.
        settle_at: When the figures of the day before are read again, Asia/Shanghai.
    """
    if not after.waited_for:
        return [Markdown("**{} 个账户均已停用**", len(after.parked))] if after.parked else []
    if not after.synced:
        return [Markdown("**{}**", _nothing_synced(after, now))]
    return [_synced(summary, after, settle_at), *_table(after, now), *_besides(summary, after)]


def in_table(end: Summary, lines: Sequence[Markdown]) -> list[Markdown]:
    """The same lines, the first of them with the table's name and how the run ended there."""
    return [_named(end, Markdown("{}", clipped(table_name(end.table))), lines[:1]), *lines[1:]]


def further_lines(tables: Sequence[TableEnd], now: datetime, settle_at: time, most: int) -> list[Markdown]:
    """A line for each further table, those in trouble first; at most so many.

    Args:
        now, settle_at: As of `head`.
    """
    ranked = sorted(tables, key=lambda one: one.end.state == RunState.SUCCESS)
    hidden = len(ranked) - most
    more = [Markdown("另有 {} 张数据表，见同步状态表", hidden)] if hidden > 0 else []
    return [*(_further(one, now, settle_at) for one in ranked[:most]), *more]


def _further(one: TableEnd, now: datetime, settle_at: time) -> Markdown:
    name = clipped(table_name(one.end.table))
    whole = replace(one.end, days=DayRange(one.end.day, one.end.day))  # its other days are left to the first table
    said = [*head(whole, one.after, now, settle_at), Markdown("{}", written(one.end, one.after))]
    return _named(one.end, link(name, one.link) if one.link else Markdown("{}", name), said)


def _named(end: Summary, name: Markdown, said: Sequence[Markdown]) -> Markdown:
    return Markdown("“{}”{}{}{}", name, TITLES[end.state], "，" if said else "", joined("；", said))


def written(summary: Summary, after: Aftermath) -> str:
    """What this run wrote, and whether it was verified."""
    counts = {"新增 {:,} 行": summary.created, "更新 {:,} 行": summary.updated, "{:,} 行无变化": summary.unchanged}
    said = "，".join(words.format(count) for words, count in counts.items() if count) or "没有需要写入的数据"
    changed = f"本次{said}" if summary.created + summary.updated else said
    if summary.verified:
        return f"{changed}，已核对一致"
    if after.unsure and not summary.created + summary.updated:  # a load that broke off does not say how far it got
        return "本次写入结果未能核对"
    return f"{changed}，未能全部核对" if after.synced or after.unsure else "本次未写入"


def _synced(summary: Summary, after: Aftermath, settle_at: time) -> Markdown:
    """What this run brought of its day."""
    count, of = len(after.synced), after.waited_for
    who = f"本次同步 {count}/{of} 个账户" if count < of else f"{count} 个账户{'均' * (of > 1)}已同步"
    return Markdown("**{}**：{}，{}", who, _amount(after.of(after.synced)), _as_of(summary, after, settle_at))


def _besides(summary: Summary, after: Aftermath) -> list[Markdown]:
    """What this run brought of all its days, and who is not among the accounts that were synced."""
    late = sum(one.bad_days > 0 for one in after.synced)
    said = [_window(summary)] if len(summary.days) > 1 else []
    said += [f"{late} 个账户的较早日期未完成"] if late else []
    said += [f"另有 {len(after.parked)} 个账户已停用"] if after.parked else []
    return [Markdown("{}", "；".join(said))] if said else []


def _window(summary: Summary) -> str:
    rows = sum(account.window_rows for account in summary.accounts)
    cost = sum((account.window_cost for account in summary.accounts), ZERO)
    read = "" if summary.state == RunState.SUCCESS else "读到"
    days = f"{summary.days.first:%m-%d} 至 {summary.days.last:%m-%d}"
    return f"{days} 共{read} {rows:,} 行，消耗 {money(cost)}"


def _as_of(summary: Summary, after: Aftermath, settle_at: time) -> str:
    """When the figures were read, and whether they are read again."""
    known = f"数据截至 {moment(min(one.as_of for one in after.of(after.synced)))}"
    settles = datetime.combine(summary.day + timedelta(days=1), settle_at, CHINA)
    if summary.kind is RunKind.SETTLE:
        return f"{known}，已复核" if summary.state == RunState.SUCCESS else known
    return f"{known}，{settle_at:%H:%M} 复核" if summary.started_at < settles else known


def _table(after: Aftermath, now: datetime) -> list[Markdown]:
    """What the table has, where it differs from what this run brought."""
    said = []
    if after.kept:
        there, kept = after.of([*after.synced, *after.kept]), after.of(after.kept)
        said.append(f"表格现有 {len(there)} 个账户的数据：{_amount(there)}，其中 {_kept(kept, now)}")
    if after.unsure:
        said.append(f"{len(after.unsure)} 个账户的数据不完整或未能核对，未计入")
    if after.lacking and after.remembered:
        said.append(f"{len(after.lacking)} 个账户在表格中尚无该日已核对的数据")
    return [Markdown("{}", "；".join(said))] if said else []


def _kept(kept: Sequence[Standing], now: datetime) -> str:
    return f"{len(kept)} 个账户仍为{span([one.as_of for one in kept], now)} 的数据"


def _nothing_synced(after: Aftermath, now: datetime) -> str:
    """The first line where no account was synced."""
    count = after.waited_for
    who = f"{count} 个账户{'均' * (count > 1)}未同步"
    brought = _brought([*after.kept, *after.unsure, *after.lacking], after)
    return f"{who}，{brought}；{_left(after, now)}" if after.remembered else f"{who}，{brought}"


def _brought(accounts: Sequence[AccountResult], after: Aftermath) -> str:
    read = [one for one in accounts if one.fetched]
    if not read:
        return "本次未取到数据"
    return f"本次读到 {_amount(read)}，{'不完整或未能核对' if after.unsure else '未写入表格'}"


def _left(after: Aftermath, now: datetime) -> str:
    """What the table has although this run brought nothing."""
    kept = after.of(after.kept)
    if not kept:
        return "表格中的该日数据请暂勿使用" if after.unsure else "表格中尚无该日已核对的数据"
    when, cost = span([one.as_of for one in kept], now), money(summed(kept)[1])
    if len(kept) == after.waited_for:
        return f"表格仍为{when} 的数据（{cost}）"
    return f"表格中 {len(kept)} 个账户仍为{when} 的数据（{cost}），其余账户尚无已核对的数据"


def _amount(those: Sequence[Standing] | Sequence[AccountResult]) -> str:
    rows, cost = summed(those)
    return f"{rows:,} 行，消耗 {money(cost)}"
