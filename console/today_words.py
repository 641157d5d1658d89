"""Figures against earlier ones, and the states of days, as the first page writes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from console.words import Sign
from pipeline.core.model import ZERO
from pipeline.core.overview.today.figures import Change, CourseDay, Trend
from pipeline.core.overview.today.page import Today
from pipeline.core.overview.today.todo import Place
from pipeline.core.overview.today.verdict import Stage

BAR_MOST = 100  # the length of the longest bar
MANY = 10  # from there on a percentage says nothing any more
_TRENDS: Mapping[Trend, str] = {
    Trend.UP: "+{:,.1%}",
    Trend.DOWN: "−{:,.1%}",
    Trend.LEVEL: "持平",
    Trend.FROM_NOTHING: "此前为 0",
    Trend.UNKNOWN: "无对比",
}
_TASKS = {"laike.daily": "每日同步", "laike.settle": "复核"}
NO_RECORD = Sign("?", "无记录", "calm")
_NOT_YET: Mapping[Stage, Sign] = {  # how the shown day stands while nothing of it is loaded
    Stage.UNKNOWN: NO_RECORD,
    Stage.NOBODY: NO_RECORD,
    Stage.NOT_DUE: Sign("·", "待同步", "calm"),
    Stage.RUNNING: Sign("◌", "进行中", "live"),
}
TABLES: Mapping[Stage, Sign] = {  # how the shown day stands in a further table
    Stage.UNKNOWN: NO_RECORD,
    Stage.NOBODY: NO_RECORD,
    Stage.NOT_DUE: Sign("·", "待同步", "calm"),
    Stage.RUNNING: Sign("◌", "进行中", "live"),
    Stage.LACKING: Sign("✕", "有缺失", "bad"),
    Stage.PROVISIONAL: Sign("○", "初步数据", "calm"),
    Stage.UNSETTLED: Sign("!", "未复核", "warn"),
    Stage.FINAL: Sign("✓", "已复核", "good"),
}
GO: Mapping[Place, str] = {
    Place.AUTHORIZE: "去授权",
    Place.TABLES: "查看数据表",
    Place.COVERAGE: "查看覆盖",
    Place.ACCOUNTS: "查看账户",
    Place.DOCTOR: "去体检",
    Place.SETUP: "去设置",
}


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A day of the course with its sign and the length of its bar, up to `BAR_MOST`."""

    its: CourseDay
    sign: Sign
    length: int


def change(one: Change) -> str:
    """A figure against an earlier one, as in +12.3%; from eleven times on as in 12 倍."""
    if one.trend is Trend.UP and one.share >= MANY:
        return f"{1 + one.share:,.0f} 倍"
    return _TRENDS[one.trend].format(one.share)


def course(told: Today) -> list[CourseRow]:
    """The days of the course, the newest first."""
    most = max((one.figures.cost for one in told.course if one.figures), default=ZERO) or Decimal(1)
    return [
        CourseRow(one, _sign(one, told), round(max(ZERO, one.figures.cost) / most * BAR_MOST) if one.figures else 0)
        for one in reversed(told.course)
    ]


def _sign(one: CourseDay, told: Today) -> Sign:
    if one.day == told.day and not one.figures and (said := _NOT_YET.get(told.verdict.stage)):
        return said
    if one.lacking:
        return Sign("!", f"缺 {one.lacking} 个账户", "warn") if one.figures else Sign("✕", "没有入库", "bad")
    return Sign("✓", "完整", "good") if one.figures else NO_RECORD


def coming(times: Mapping[str, datetime]) -> Iterator[tuple[str, datetime]]:
    """The next readings of yesterday's figures, the soonest first."""
    for task, when in sorted(times.items(), key=lambda one: one[1]):
        if task in _TASKS:
            yield _TASKS[task], when
