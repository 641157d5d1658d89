"""The preset of columns: which it is for each report, and how its quotients are computed."""

from decimal import Decimal

import pytest

from pipeline.core.reports import MATERIAL, PROMOTION, REPORTS, Report
from pipeline.core.table.columns import DEFAULT_COLUMNS, Kind, columns_of, compulsory, dimensions, metrics_in
from pipeline.core.tables.presets import columns_for

DERIVED = {
    "点击率": "click_cnt / show_cnt",
    "订单成本(元)": "stat_cost / oto_pay_order_count",
    "总支付ROI": "oto_pay_order_amount / stat_cost",
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=[*REPORTS])
def test_the_preset_is_what_a_row_is_about_and_figures_that_the_report_has(report: Report) -> None:
    columns = columns_for("local", report)
    assert {*compulsory(report)} <= {column.source for column in columns}
    assert len({column.name for column in columns}) == len(columns)
    assert {name for column in columns for name in column.metrics} <= {*metrics_in(report)}
    assert [column.source for column in columns if not column.metrics and column.source not in dimensions(report)] == []
    figures = [column for column in columns if column.metrics]
    assert len(figures) == (18 if report is MATERIAL else 19)
    assert ("浏览商户人数" in [column.name for column in figures]) is (report is not MATERIAL)


def test_rates_and_costs_that_sums_give_are_computed_from_them() -> None:
    columns = {column.name: column for column in columns_for("local")}
    assert {name: one.formula.text for name, one in columns.items() if one.formula} == DERIVED
    told = {"click_cnt": 1, "show_cnt": 3, "stat_cost": 100, "oto_pay_order_count": 3, "oto_pay_order_amount": 250}
    figures = {name: Decimal(figure) for name, figure in told.items()}
    assert [columns[name].canonical(columns[name].figure(figures)) for name in DERIVED] == [
        Decimal("0.3333"),
        Decimal("33.33"),
        Decimal("2.50"),
    ]
    nothing = dict.fromkeys(told, Decimal(0))
    assert [columns[name].figure(nothing) for name in DERIVED] == [0, 0, 0]


def test_a_name_that_says_yuan_is_that_of_money_and_no_other_is() -> None:
    for column in columns_for("local"):
        if column.metrics and not column.formula:
            assert ("(元)" in column.name) is (column.kind == Kind.MONEY), column.name


def test_a_table_with_the_usual_columns_keeps_what_it_has_in_common_with_the_preset() -> None:
    by_name = {column.name: column for column in columns_for("local")}
    common = [column for column in DEFAULT_COLUMNS if column.name in by_name]
    assert [column.name for column in common] == [
        "账户名称",
        "时间",
        "单元ID",
        "单元名称",
        "消耗(元)",
        "团购线索数",
    ]
    assert [by_name[column.name] for column in common] == common


def test_a_list_is_taken_as_before_and_another_word_is_refused() -> None:
    told = [{"name": column.name, "metric": column.source} for column in DEFAULT_COLUMNS]
    assert columns_for(told) == columns_of(told, PROMOTION) == DEFAULT_COLUMNS
    with pytest.raises(ValueError, match=r'^is neither a list of columns nor "local", the one preset$'):
        columns_for("Local")
    with pytest.raises(ValueError, match=r"^is no list of columns"):
        columns_for(["local"])
