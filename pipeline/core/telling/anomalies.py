"""What is out of the ordinary in the figures of a day; it never changes a run's state.

A figure is compared with the median of the same weekdays of the last weeks, as a ratio: twice as much is as far off as
half as much. The usual range follows from the changes between the same weekdays of two weeks, so that an account that
always jumps is not reported each day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import exp, log, sqrt
from statistics import median

from pipeline.core.coverage.history import Figures, History, added
from pipeline.core.model import ZERO, Account, ReportRow, by_account, grouped
from pipeline.core.outcome import Shift
from pipeline.core.telling.thresholds import Thresholds

TOTAL = Account("total", "合计")
SPREAD, UNSURE = 4, 2  # standard deviations that a figure may be off: 4 × (1 + 2 / n) with n weekdays
DEVIATION = 1.4826 / sqrt(2)  # standard deviation from the median change: 1.4826 for a normal one, √2 for two days
COUNTING = 3  # a count of n varies by √n anyway: three times that is no anomaly
SELDOM = 4  # an account without 消耗 on one of four days comes and goes
SINCE_DAYS = 14  # how far back the first day of an anomaly is sought
USUAL_DAYS = 7  # of 消耗 before an account fell silent
SHOWN_TOGETHER = 4  # anomalies of one account in one sentence

Series = Mapping[date, Figures]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One event: the name under which it is told once, whose it is, what happened, and since when."""

    event: str
    who: str
    what: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class _Off:
    """A figure outside its usual range."""

    figure: Decimal
    low: Decimal
    high: Decimal

    @property
    def up(self) -> bool:
        return self.figure > self.high


def out_of_range(history: History, accounts: Sequence[Account], day: date, by: Thresholds) -> list[Anomaly]:
    """Accounts that fell silent, or whose rows, 消耗 or 转化 are outside the usual range for that weekday."""
    found: list[Anomaly] = []
    for account, series in _series(history, accounts):
        quiet = _silent(account, series, day, by)
        found += [quiet] if quiet else _levels(account, series, day, by)
    return found


def total_out_of_range(history: History, accounts: Sequence[Account], day: date, by: Thresholds) -> list[Anomaly]:
    """The same for all accounts together, over days that every account that had begun by then has."""
    series = [one for _, one in _series(history, accounts) if one]
    days = {one for its in series for one in its}
    begun = {one: [its for its in series if min(its) <= one] for one in days}
    whole = {
        one: added([its[one] for its in those]) for one, those in begun.items() if all(one in its for its in those)
    }
    return _levels(TOTAL, whole, day, by)


def idle_promotions(rows: Iterable[ReportRow], account: Account, day: date, by: Thresholds) -> list[Anomaly]:
    """Promotions that spent without 转化 on each of the last days; rows without 转化数 are skipped."""
    by_promotion: dict[str, dict[date, ReportRow]] = defaultdict(dict)
    for row in rows:
        if "convert_cnt" in row.metrics:
            by_promotion[row.item_id][row.day] = row
    spells = [(spell, spell[-1:] == [its[min(its)]]) for its in by_promotion.values() if (spell := _idle(its, day))]
    told = [one for one in spells if len(one[0]) >= by.idle_days and _cost(one[0]) >= by.idle_cost]
    return [
        Anomaly(
            f"idle:{account.id}:{spell[0].item_id}",
            account.name,
            f"单元“{spell[0].item_name}”连续{'至少' * from_the_first} {len(spell)} 天"
            f"有消耗（共 {_cost(spell):,.2f} 元）但无转化",
            spell[-1].day,
        )
        for spell, from_the_first in sorted(told, key=lambda one: _cost(one[0]), reverse=True)
    ]


def large_restatements(shifts: Iterable[Shift], accounts: Mapping[str, str], by: Thresholds) -> list[Anomaly]:
    """Days with a large correction of 消耗; `accounts` has names by id."""
    return [
        Anomaly(
            f"restated:{one.account_id}:{one.day}:{one.after.normalize():f}",
            accounts[one.account_id],
            f"{one.day:%m-%d} 消耗由 {one.before:,.2f} 元修正为 {one.after:,.2f} 元",
        )
        for one in shifts
        if abs(one.after - one.before) >= max(by.restated_cost, by.restated_share * one.before)
    ]


def sentences(anomalies: Sequence[Anomaly]) -> tuple[str, ...]:
    """A sentence for each account and first day; of many anomalies the first few are named."""
    groups = grouped(((one.who, one.since), one.what) for one in anomalies)
    return tuple(f"{who}：{_list(things)}{_from(since)}" for (who, since), things in groups.items())


def _from(since: date | None) -> str:
    return f"，自 {since:%m-%d} 起" if since else ""


def _list(things: Sequence[str]) -> str:
    more = len(things) - SHOWN_TOGETHER
    return "；".join(things[:SHOWN_TOGETHER]) + (f"；另有 {more} 项" if more > 0 else "")


def _series(history: History, accounts: Sequence[Account]) -> Iterable[tuple[Account, Series]]:
    series = by_account(history)
    return ((account, series.get(account.id, {})) for account in accounts)


def _levels(account: Account, series: Series, day: date, by: Thresholds) -> list[Anomaly]:
    found = []
    for measure, word in (("cost", "消耗"), ("conversions", "转化"), ("rows", "行数")):
        if off := _off(series, day, measure, by):
            event = f"{'high' if off.up else 'low'}:{measure}:{account.id}"
            since = _since(series, day, measure, by, up=off.up)
            found.append(Anomaly(event, account.name, f"{word} {_range(off, measure)}", since))
    return found


def _off(series: Series, day: date, measure: str, by: Thresholds) -> _Off | None:
    """A day's figure if it is outside its usual range."""
    figure = _figure(series, day, measure)
    weekdays = (_figure(series, day - timedelta(weeks=ago), measure) for ago in range(1, by.weeks + 1))
    past = [one for one in weekdays if one is not None]
    if figure is None or len(past) < by.weekdays or _comes_and_goes(past):
        return None
    usual = median(past)
    if max(figure, usual) < getattr(by, measure):
        return None
    spread = SPREAD * (1 + UNSURE / len(past)) * _deviation(series, day, measure, by)
    times = exp(max(log(1 + by.share), spread, _counting(usual, measure)))
    off = _Off(figure, _scaled(usual, 1 / times), _scaled(usual, times))
    return None if off.low <= figure <= off.high else off


def _deviation(series: Series, day: date, measure: str, by: Thresholds) -> float:
    """How much a figure varies, as the logarithm of a ratio, by its changes from week to week."""
    days = (day - timedelta(days=ago) for ago in range(1, 7 * by.weeks - 6))
    pairs = ((_figure(series, one, measure), _figure(series, one - timedelta(weeks=1), measure)) for one in days)
    changes = [abs(log((now + 1) / (then + 1))) for now, then in pairs if now and then]
    return DEVIATION * median(changes) if changes else 0.0


def _counting(usual: Decimal, measure: str) -> float:
    return 0.0 if measure == "cost" else COUNTING / sqrt(max(usual, Decimal(1)))


def _scaled(figure: Decimal, times: float) -> Decimal:
    """A figure times `times`; + 1 widens the range of small ones, since 0 and 1 are close."""
    return max(ZERO, (figure + 1) * Decimal(times) - 1)


def _since(series: Series, day: date, measure: str, by: Thresholds, *, up: bool) -> date:
    for ago in range(1, SINCE_DAYS):
        off = _off(series, day - timedelta(days=ago), measure, by)
        if off is None or off.up != up:
            return day - timedelta(days=ago - 1)
    return day - timedelta(days=SINCE_DAYS - 1)


def _silent(account: Account, series: Series, day: date, by: Thresholds) -> Anomaly | None:
    """An account that spent day after day and then stopped."""
    if day not in series or series[day].cost:
        return None
    since = day
    while (before := since - timedelta(days=1)) in series and not series[before].cost:
        since = before
    spent = [its.cost for one, its in sorted(series.items(), reverse=True) if one < since]
    lately = [_figure(series, since - timedelta(days=ago), "cost") for ago in range(1, by.silent_days + 1)]
    if not all(lately) or _comes_and_goes(spent):
        return None
    usual = spent[:USUAL_DAYS]
    what = f"无消耗（此前 {len(usual)} 天每日消耗 {min(usual):,.2f}～{max(usual):,.2f} 元）"
    return Anomaly(f"silent:{account.id}", account.name, what, since)


def _comes_and_goes(costs: Sequence[Decimal]) -> bool:
    return SELDOM * sum(not one for one in costs) >= len(costs)


def _idle(its: Mapping[date, ReportRow], day: date) -> list[ReportRow]:
    """A promotion's rows from a day backwards while each spent without 转化."""
    spell: list[ReportRow] = []
    while (row := its.get(day - timedelta(days=len(spell)))) and row.cost and not row.metrics["convert_cnt"]:
        spell.append(row)
    return spell


def _cost(rows: Iterable[ReportRow]) -> Decimal:
    return sum((row.cost for row in rows), ZERO)


def _figure(series: Series, day: date, measure: str) -> Decimal | None:
    figures = series.get(day)
    value = getattr(figures, measure) if figures else None
    return None if value is None else Decimal(value)


def _range(off: _Off, measure: str) -> str:
    """A figure and its range in whole numbers, rounded inwards, so that the figure is outside of what is shown."""
    form, unit = (",.2f", " 元") if measure == "cost" else (",.0f", "")
    low = off.low.to_integral_value(ROUND_CEILING)
    high = max(low, off.high.to_integral_value(ROUND_FLOOR))
    word = "高" if off.up else "低"
    return f"{off.figure:{form}}{unit}，{word}于正常范围（{low:,.0f}～{high:,.0f}{unit}）"
