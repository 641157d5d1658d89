from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.reports import ACCOUNT, MATERIAL, PROJECT, PROMOTION, REPORTS, Report
from pipeline.core.table.columns import (
    COSTS,
    DEFAULT_COLUMNS,
    METRICS,
    RATIOS,
    Column,
    Kind,
    columns_of,
    compulsory,
    dimensions,
    metrics_in,
    metrics_of,
    name_column,
    usual_columns,
)

NEEDED: list[dict[str, Any]] = [
    {"name": "日期", "metric": "day"},
    {"name": "单元", "metric": "promotion_id"},
    {"name": "门店", "metric": "account_name"},
    {"name": "花费", "metric": "stat_cost"},
]


def problems(*more: dict[str, Any], without: str = "") -> list[str]:
    """What is wrong with the needed columns and some more."""
    with pytest.raises(ValueError, match=r".") as caught:
        columns_of([*(one for one in NEEDED if one["metric"] != without), *more])
    return str(caught.value).splitlines()


def test_the_report_has_72_metrics_each_of_one_kind() -> None:
    assert len(METRICS) == 72
    assert {METRICS[name] for name in COSTS} == {Kind.MONEY}
    assert {METRICS[name] for name in RATIOS} == {Kind.RATIO}


@pytest.mark.parametrize("figure", [Decimal("1e30"), Decimal("NaN"), Decimal("Infinity")])
def test_a_figure_that_no_cell_holds_is_left_as_it_is_for_the_load_to_name(figure: Decimal) -> None:
    assert str(Column("花费", "stat_cost", Kind.MONEY).canonical(figure)) == str(figure)


def test_columns_are_as_they_are_described() -> None:
    made = columns_of([*NEEDED, {"name": " 点击率 ", "formula": "click_cnt / show_cnt", "round": 3}])
    assert made[0] == Column("日期", "day", Kind.DAY)
    assert made[3] == Column("花费", "stat_cost", Kind.MONEY)
    assert (made[4].name, made[4].digits) == ("点击率", 3)  # the service trims names
    figures = {"click_cnt": Decimal(1), "show_cnt": Decimal(3)}
    assert made[4].canonical(made[4].figure(figures)) == Decimal("0.333")


def test_the_metrics_to_fetch_follow_from_the_columns() -> None:
    made = columns_of(
        [*NEEDED, {"name": "成本", "formula": "stat_cost / form_cnt"}, {"name": "表单", "metric": "form_cnt"}]
    )
    assert metrics_of(made) == ("stat_cost", "form_cnt")
    assert metrics_of(DEFAULT_COLUMNS) == ("stat_cost", "convert_cnt", "conversion_cost", "clue_pay_order_cnt")


def test_half_a_cent_is_rounded_up_as_the_reports_do() -> None:
    column = Column("成本", "stat_cost / convert_cnt", Kind.RATIO, 2)
    assert column.canonical(Decimal("2.345")) == Decimal("2.35")


def test_a_figure_of_the_columns_precision_is_not_made_anew() -> None:
    figure = Decimal("2.35")
    assert Column("花费", "stat_cost", Kind.MONEY, 2).canonical(figure) is figure


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"name": "x", "metric": "clik_cnt"}, "column 5 (x): the report has no 'clik_cnt'; the nearest is 'click_cnt'"),
        (
            {"name": "x", "formula": "show_cnt / shown"},
            "column 5 (x): the report has no 'shown'; the nearest is 'show_cnt'",
        ),
        ({"name": "x", "formula": "day / 2"}, "column 5 (x): the report has no 'day'"),
        ({"name": "x", "formula": "show_cnt **"}, "is no formula"),
        ({"name": "x", "formula": "1 + 1"}, "has no metric in it"),
        ({"name": "x", "formula": 1}, "formula is not a text"),
        ({"metric": "show_cnt"}, "column 5: has no name"),
        ({"name": "  ", "metric": "show_cnt"}, "has no name"),
        ({"name": "x"}, "needs a metric or a formula"),
        ({"name": "x", "metric": "show_cnt", "formula": "show_cnt"}, "has both a metric and a formula"),
        ({"name": "x", "metric": "show_cnt", "digits": 2}, "'digits' is not known"),
        ({"name": "x", "metric": "show_cnt", "round": -1}, "round is -1"),
        ({"name": "x", "metric": "show_cnt", "round": True}, "round is True"),
        ({"name": "x", "metric": "account_id", "round": 2}, "account_id is no figure"),
        ({"name": "花费", "metric": "show_cnt"}, "花费 stands there 2 times"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(entry: dict[str, Any], says: str) -> None:
    (line,) = problems(entry)
    assert says in line


@pytest.mark.parametrize("metric", ["day", "promotion_id", "account_name", "stat_cost"])
def test_a_column_without_which_no_row_can_be_compared_is_needed(metric: str) -> None:
    (line,) = problems(without=metric)
    assert f"no column has the metric {metric}" in line


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems({"name": "x", "metric": "nix"}, {"formula": "("}, without="day")) == 4


@pytest.mark.parametrize("entries", [None, "show_cnt", {}, ["show_cnt"]])
def test_what_is_no_list_of_columns_is_refused(entries: object) -> None:
    with pytest.raises(ValueError, match="is no list of columns"):
        columns_of(entries)


@pytest.mark.parametrize(("digits", "formatter"), [(None, "0.0000"), (0, "0"), (2, "0.00"), (8, "0.0000")])
def test_a_missing_column_is_made_with_its_digits_as_far_as_the_grid_shows_them(
    digits: int | None, formatter: str
) -> None:
    made = Column("率", "ctr", Kind.RATIO, digits).new_field
    assert made == {"field_name": "率", "type": 2, "property": {"formatter": formatter}}


def test_a_metric_that_is_no_text_is_told() -> None:
    assert "column 5 (a): metric is not a text" in problems({"name": "a", "metric": ["day"], "round": 1})


@pytest.mark.parametrize(
    ("report", "names"),
    [
        (PROMOTION, ["账户名称", "时间", "单元ID", "单元名称"]),
        (PROJECT, ["账户名称", "时间", "项目ID", "项目名称"]),
        (MATERIAL, ["账户名称", "时间", "账户ID", "素材ID", "素材名称"]),
        (ACCOUNT, ["账户名称", "时间", "账户ID"]),
    ],
)
def test_the_usual_columns_of_a_report_say_what_a_row_is_about_and_its_figures(
    report: Report, names: list[str]
) -> None:
    columns = usual_columns(report)
    assert [column.name for column in columns] == [*names, "消耗(元)", "转化数", "转化成本(元)", "团购线索数"]
    assert {*compulsory(report)} <= {column.source for column in columns}
    told = [{"name": column.name, "metric": column.source} for column in columns]
    assert columns_of(told, report) == columns


@pytest.mark.parametrize("report", REPORTS.values(), ids=[*REPORTS])
def test_columns_are_checked_against_what_the_report_has(report: Report) -> None:
    others = {one for other in REPORTS.values() for one in dimensions(other)} - {*dimensions(report)}
    usual = [{"name": column.name, "metric": column.source} for column in usual_columns(report)]
    for source in sorted(others | report.lacks):
        with pytest.raises(ValueError, match=rf"^column {len(usual) + 1} \(b\): the report has no '{source}'"):
            columns_of([*usual, {"name": "b", "metric": source}], report)
    for source in metrics_in(report):
        assert columns_of([*usual, {"name": "b", "metric": source}], report)[-1].metrics == (source,)


@pytest.mark.parametrize("report", REPORTS.values(), ids=[*REPORTS])
def test_each_column_that_rows_are_found_by_is_missed(report: Report) -> None:
    usual = [{"name": column.name, "metric": column.source} for column in usual_columns(report)]
    for source in compulsory(report):
        with pytest.raises(ValueError, match=rf"^no column has the metric {source} \(such as "):
            columns_of([one for one in usual if one["metric"] != source], report)


def test_the_column_that_names_the_item_is_not_the_accounts() -> None:
    named = {name: name_column(usual_columns(report)) for name, report in REPORTS.items()}
    assert named == {"promotion": "单元名称", "project": "项目名称", "material": "素材名称", "account": None}
