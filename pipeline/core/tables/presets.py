"""Columns that have a name of their own in the settings: `columns = "local"`, the metrics that local merchants look at.

Their names are those of the pages of 巨量引擎, with units. What can be computed from sums is: a rate or a cost of the
API has no documented unit, and a quotient of the table's own figures is right after a correction, too.
"""

from collections.abc import Sequence
from typing import Any

from pipeline.core.reports import PROMOTION, Report
from pipeline.core.table.columns import Column, columns_of, metrics_in, usual_columns
from pipeline.core.table.formula import Formula

LOCAL = "local"
_FIGURES: Sequence[dict[str, Any]] = (
    {"name": "消耗(元)", "metric": "stat_cost"},
    {"name": "展示次数", "metric": "show_cnt"},
    {"name": "点击次数", "metric": "click_cnt"},
    {"name": "点击率", "formula": "click_cnt / show_cnt", "round": 4},
    {"name": "总成交金额(元)", "metric": "oto_pay_order_amount"},
    {"name": "总成交订单数", "metric": "oto_pay_order_count"},
    {"name": "订单成本(元)", "formula": "stat_cost / oto_pay_order_count", "round": 2},
    {"name": "总支付ROI", "formula": "oto_pay_order_amount / stat_cost", "round": 2},
    {"name": "浏览商户人数", "metric": "poi_recommend_count"},
    {"name": "团购线索数", "metric": "clue_pay_order_cnt"},
    {"name": "私信留资数", "metric": "clue_message_count"},
    {"name": "表单提交数", "metric": "form_cnt"},
    {"name": "电话拨打数", "metric": "phone_confirm_cnt"},
    {"name": "电话接通数", "metric": "phone_connect_cnt"},
    {"name": "私信咨询数", "metric": "message_action_cnt"},
    {"name": "转化数(计费时间)", "metric": "attribution_convert_cnt"},
    {"name": "转化成本(计费时间)(元)", "metric": "attribution_convert_cost"},
    {"name": "直播间观看次数", "metric": "luban_live_enter_cnt"},
    {"name": "预付定金数(计费时间)", "metric": "attribution_clue_high_intention"},
)


def columns_for(told: object, report: Report = PROMOTION) -> tuple[Column, ...]:
    """Columns of settings: a list as `columns_of` takes it, or the preset `"local"`; `ValueError` as there."""
    if isinstance(told, str) and told != LOCAL:
        msg = f'is neither a list of columns nor "{LOCAL}", the one preset'
        raise ValueError(msg)
    return columns_of(_local(report) if told == LOCAL else told, report)


def _local(report: Report) -> list[dict[str, Any]]:
    """What a row is about as usual, then those of the figures that the report has."""
    dimensions = [{"name": one.name, "metric": one.source} for one in usual_columns(report) if not one.metrics]
    has = {*metrics_in(report)}
    return [*dimensions, *(one for one in _FIGURES if has.issuperset(_metrics(one)))]


def _metrics(figure: dict[str, Any]) -> tuple[str, ...]:
    return Formula(figure["formula"]).names if "formula" in figure else (figure["metric"],)
