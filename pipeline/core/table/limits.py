"""Warn before a limit is reached: the use of a table's capacity and of the month's calls, and when it ends.

Follows Bitable: 多维表格概述 (300 fields, 200 views a table), and 自建应用 API 调用量上限调整说明 (calls a month).
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pipeline.core.model import CHINA

TOLD_FROM = 0.8
FIELDS_MAX = 300
GROWTH_DAYS = 30  # days of growth that the forecast uses
FORETOLD_DAYS = 3650  # no forecast beyond: the calendar ends, too


def nearly_full(used: int, limit: int) -> bool:
    """Whether to warn about the use of a limit; 0 is no limit."""
    return limit > 0 and used >= TOLD_FROM * limit


def calls_warning(used: int, limit: int, now: datetime) -> str | None:
    """A warning about the month's calls to Feishu, if due.

    Args:
        used: Calls since the first of the month, Asia/Shanghai.
        limit: The tenant's calls a month; 0: unknown.
    """
    if not nearly_full(used, limit):
        return None
    # the free edition's 10,000 calls were a million for a while in 2026: the setting is a guess
    says = f"飞书本月接口调用已用 {used:,}/{limit:,} 次（实际额度以飞书管理后台为准）"
    if used >= limit:
        return f"{says}，已超过设置的额度；目前仍照常同步，若飞书开始拒绝，请升级飞书版本或等到下月 1 日。"
    local = now.astimezone(CHINA)
    begun = datetime(local.year, local.month, 1, tzinfo=CHINA)
    used_up = local + (local - begun) * (limit - used) / used
    if (used_up.year, used_up.month) != (local.year, local.month):
        return f"{says}，按目前速度本月够用，下月 1 日重新计数。"
    return f"{says}，按目前速度将于 {used_up.date()} 用完；请升级飞书版本或减少其他应用的调用。"


def rows_warning(
    counts: Mapping[date, int], cap: int, *, successor: date | None = None, rolls_over: bool = False
) -> str | None:
    """A warning about the table's rows, if due; `counts` has them by the day of the count, `cap` is the limit.

    Args:
        successor: The first day of an announced successor.
        rolls_over: Whether the table gets successors.
    """
    if not counts or not nearly_full(used := counts[newest := max(counts)], cap):
        return None
    says = f"表格已有 {used:,} 行，上限 {cap:,} 行，"
    if successor:
        return f"{says}{successor} 起的数据将写入新表，无需归档。"
    says += _full_on(counts, newest, cap)
    if rolls_over and used < cap:
        return f"{says}；系统会在写满前自动换用新表，并提前通知，无需归档。"
    return f"{says}；请归档旧数据或换一张新表。"


def status_warning(counts: Mapping[date, int], cap: int) -> str | None:
    """The same for 同步状态; people need not act."""
    if not counts or not nearly_full(used := counts[newest := max(counts)], cap):
        return None
    return (
        f"同步状态表已有 {used:,} 行，上限 {cap:,} 行，{_full_on(counts, newest, cap)}；写满后，最旧的行改记新的日期，"
        "最近 10 天的行和有人填写过的行保持不变，无需处理。"
    )


def status_left_out(good: int, bad: int) -> list[str]:
    """A warning about days that do not fit into 同步状态: `good` loaded ones, `bad` others."""
    told = [f"已入库的 {good:,} 条"] * bool(good) + [f"未入库的 {bad:,} 条"] * bool(bad)
    if not told:
        return []
    return [f"同步状态表已满，{'和'.join(told)}状态未能写入（数据表不受影响）；请删除同步状态表中不再需要的旧行。"]


def share_warning(what: str, used: int, limit: int) -> str | None:
    """A warning about another count, such as of 列 or 视图, if due."""
    return f"表格的{what}已用 {used} 个（上限 {limit} 个），请删除不用的{what}。" if nearly_full(used, limit) else None


def _full_on(counts: Mapping[date, int], newest: date, cap: int) -> str:
    oldest = min(day for day in counts if newest - day <= timedelta(days=GROWTH_DAYS))
    grown, left = counts[newest] - counts[oldest], cap - counts[newest]
    if left <= 0:
        return "已满"
    if grown <= 0:
        return "写满日期尚无法估计"
    days = (newest - oldest).days * left / grown
    if days > FORETOLD_DAYS:
        return "按目前增长十年内不会写满"
    return f"按目前增长将于 {newest + timedelta(days=days)} 写满"
