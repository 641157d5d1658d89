"""Figures, times and states as the pages write them, in Chinese; the filters of the templates.

Times are in Asia/Shanghai; a page says so once.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from markupsafe import Markup

from pipeline.core.coverage.states import WORDS
from pipeline.core.model import CHINA
from pipeline.core.outcome import DayState, RunState
from pipeline.core.run_kind import RunKind
from pipeline.render.reasons import cure, why
from pipeline.render.words import clipped, days_words, named, seen

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
UNKNOWN = "—"
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Sign:
    """How a state is shown: a sign and a word, and a tone, which is the name of a class in console.css."""

    sign: str
    word: str
    tone: str


RUNS: Mapping[RunState, Sign] = {
    RunState.RUNNING: Sign("◌", "进行中", "live"),
    RunState.SUCCESS: Sign("✓", "成功", "good"),
    RunState.PARTIAL: Sign("!", "部分完成", "warn"),
    RunState.FAILED: Sign("✕", "失败", "bad"),
    RunState.INTERRUPTED: Sign("■", "已中断", "warn"),
}
WAITS = Sign("◌", "等待中：同步程序没有运行", "warn")
_DAYS: Mapping[DayState, tuple[str, str]] = {
    DayState.LOADED: ("✓", "good"),
    DayState.EMPTY: ("0", "calm"),
    DayState.INCOMPLETE: ("!", "warn"),
    DayState.FAILED: ("✕", "bad"),
    DayState.MISSING: ("?", "bad"),
    DayState.PARKED: ("P", "calm"),
    DayState.OPEN: ("·", "calm"),
}
DAYS: Mapping[DayState, Sign] = {state: Sign(sign, WORDS[state], tone) for state, (sign, tone) in _DAYS.items()}
KINDS: Mapping[RunKind, str] = {
    RunKind.DAILY: "每日同步",
    RunKind.SETTLE: "复核",
    RunKind.CATCH_UP: "自动补数",
    RunKind.BACKFILL: "补数",
    RunKind.MANUAL: "手动同步",
}


def run_sign(state: RunState, unattended: object = False) -> Sign:  # noqa: FBT002 a filter's argument
    """How the state of a run is shown; `unattended`: no worker is there to go on with it."""
    return WAITS if unattended and state is RunState.RUNNING else RUNS[state]


def day_sign(state: DayState) -> Sign:
    """How the state of an account's day is shown."""
    return DAYS[state]


def money(value: Decimal | None) -> str:
    """An amount in 元 with separators; a dash where it is unknown."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def number(value: Decimal | int | None) -> str:
    """A number with separators; a dash where it is unknown."""
    if value is None:
        return UNKNOWN
    return f"{value.normalize():,f}" if isinstance(value, Decimal) else f"{value:,}"


def day(value: date) -> Markup:
    """A business day, as in 2月11日 周三."""
    said = f"{value.month}月{value.day}日 周{WEEKDAYS[value.weekday()]}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), said)


def moment(value: datetime | None) -> Markup | str:
    """A time, as in 02-11 10:35, in Asia/Shanghai."""
    if value is None:
        return UNKNOWN
    local = value.astimezone(CHINA)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(timespec="seconds"), f"{local:%m-%d %H:%M}")


def duration(seconds: float | None) -> str:
    """A length of time, as in 4.6 秒, 3 分 20 秒, 2 小时 5 分, 3 天."""
    if seconds is None:
        return UNKNOWN
    if seconds < MINUTE_S:
        return f"{seconds:.1f} 秒"
    whole = round(seconds)
    if whole < HOUR_S:
        return _two(whole, MINUTE_S, "分", "秒", 1)
    if whole < DAY_S:
        return _two(whole, HOUR_S, "小时", "分", MINUTE_S)
    return _two(whole, DAY_S, "天", "小时", HOUR_S)


def roughly(seconds: float | None) -> str:
    """A length of time that is only estimated, in whole minutes: 不到 1 分钟, 4 分钟, 2 小时 5 分."""
    if seconds is None or seconds >= HOUR_S - MINUTE_S:
        return duration(seconds)
    return f"{math.ceil(seconds / MINUTE_S)} 分钟" if seconds >= MINUTE_S else "不到 1 分钟"


def _two(seconds: int, unit: int, word: str, rest: str, rest_unit: int) -> str:
    left = seconds % unit // rest_unit
    return f"{seconds // unit} {word} {left} {rest}" if left else f"{seconds // unit} {word}"


def ago(value: datetime | None, now: datetime) -> str:
    """How long ago a time was, as in 3 分钟前."""
    if value is None:
        return UNKNOWN
    seconds = max(0.0, (now - value).total_seconds())
    if seconds < MINUTE_S:
        return "刚刚"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S:.0f} 分钟前"
    return f"{seconds // HOUR_S:.0f} 小时前" if seconds < 2 * DAY_S else f"{seconds // DAY_S:.0f} 天前"


def kind(value: RunKind) -> str:
    """Why a run was begun."""
    return KINDS[value]


FILTERS: Mapping[str, Callable[..., object]] = {
    "run_sign": run_sign,
    "day_sign": day_sign,
    "money": money,
    "number": number,
    "day": day,
    "moment": moment,
    "duration": duration,
    "roughly": roughly,
    "ago": ago,
    "kind": kind,
    "seen": seen,
    "clipped": clipped,
    "named": named,
    "days": days_words,
    "why": why,
    "cure": cure,
}
