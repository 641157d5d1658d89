"""The report as one HTML file in Chinese: works offline, prints well. Charts are SVG of pygal, without scripts."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pygal.style import Style

from pipeline.core.history import cost_per_conversion
from pipeline.core.model import CHINA
from pipeline.core.outcome import DayState
from pipeline.core.report import PROMOTIONS_SHOWN, WORTH_A_LOOK, Report

ACCOUNTS_DRAWN = 7  # more colours nobody tells apart: the others are one
STATES = {
    DayState.LOADED: "已入库",
    DayState.EMPTY: "无数据",
    DayState.INCOMPLETE: "不完整",
    DayState.FAILED: "失败",
    DayState.MISSING: "缺失",
    DayState.PARKED: "已停用",
    DayState.OPEN: "未结束",
}
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_FONTS = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    font_family=_FONTS,
    opacity=".9",
    guide_stroke_color="#dee0e3",
    major_guide_stroke_color="#dee0e3",
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=13,
    title_font_size=15,
    colors=("#3370ff", "#14c0ff", "#34c724", "#ffc60a", "#ff8800", "#f54a45", "#7f3bf5", "#8f959e"),
)


def report_page(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("pipeline.render"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"yuan": _yuan, "count": _count, "short": _short, "per_conversion": cost_per_conversion}
    return environment.get_template("report.html").render(
        report=report,
        made_at=f"{report.made_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        charts=list(_charts(report)),
        states=STATES,
        promotions_shown=PROMOTIONS_SHOWN,
        worth_a_look=WORTH_A_LOOK,
    )


def _charts(report: Report) -> Iterable[Markup]:
    days = list(report.days)
    by_day = [report.sums.by_day.get(day) for day in days]
    labels = _labels(days)
    yield _drawn(pygal.StackedBar, "每日消耗 (元), 按账户", labels, _by_account(report, days))
    if report.sums.conversions:
        yield _drawn(pygal.Bar, "每日转化", labels, [("转化", [one.conversions if one else None for one in by_day])])
        costs = [cost_per_conversion(one) if one else None for one in by_day]
        yield _drawn(pygal.Line, "每日转化成本 (元)", labels, [("转化成本", costs)])
    yield _drawn(pygal.Bar, "各星期日均消耗 (元)", _WEEKDAYS, [("日均消耗", report.weekdays)])


def _by_account(report: Report, days: Sequence[date]) -> list[tuple[str, Sequence[Decimal | None]]]:
    names = [name for name, _ in report.accounts]
    figures = report.sums.by_account_day

    def costs(of: Sequence[str]) -> list[Decimal | None]:
        found = [[figures[name, day].cost for name in of if (name, day) in figures] for day in days]
        return [sum(one, Decimal(0)) if one else None for one in found]

    drawn: list[tuple[str, Sequence[Decimal | None]]] = [(name, costs([name])) for name in names[:ACCOUNTS_DRAWN]]
    others = names[ACCOUNTS_DRAWN:]
    return [*drawn, (f"其他 {len(others)} 个账户", costs(others))] if others else drawn


def _drawn(
    kind: Any,  # noqa: ANN401 pygal has no types
    title: str,
    labels: Sequence[str],
    series: Iterable[tuple[str, Sequence[Decimal | None]]],
) -> Markup:
    every = list(series)
    chart = kind(
        style=_STYLE,
        title=title,
        js=(),
        width=900,
        height=320,
        disable_xml_declaration=True,
        show_legend=len(every) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=4,
        no_data_text="没有数据",
        truncate_legend=14,
        truncate_label=-1,
        x_label_rotation=0,
    )
    chart.add_xml_filter(_without_scripts)
    chart.x_labels = labels
    for name, values in every:
        chart.add(name, [None if value is None else float(value) for value in values])
    return Markup(chart.render(is_unicode=True))  # noqa: S704 pygal escapes the texts that it is given


def _without_scripts(root: Element) -> Element:
    """A page that is read and printed needs nothing that follows the mouse, and without scripts it can be sent on."""
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).endswith("script"):
                parent.remove(child)
    return root


def _labels(days: Sequence[date]) -> list[str]:
    """A date for about fifteen of the days, and nothing for the others."""
    step = max(1, round(len(days) / 15))
    return [f"{day:%m-%d}" if n % step == 0 else "" for n, day in enumerate(days)]


def _yuan(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:,.2f}"


def _count(value: Decimal | int | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _short(day: date) -> str:
    return f"{day:%m-%d}"
