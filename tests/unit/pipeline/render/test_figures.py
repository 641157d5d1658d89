"""The day against others, like with like."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.coverage.history import Figures, History
from pipeline.core.model import AccountDay
from pipeline.render.figures import change, coloured, cost_chart, figures

DAY = date(2026, 2, 11)
EAST, WEST = "1", "2"


def days(number: str, *figures: tuple[int, str, int | None]) -> dict[AccountDay, Figures]:
    """An account's figures (days ago, cost, conversions)."""
    return {
        AccountDay(number, DAY - timedelta(days=ago)): Figures(
            2, Decimal(cost), None if count is None else Decimal(count)
        )
        for ago, cost, count in figures
    }


def plain(cell: str) -> str:
    """A change without its colour."""
    return re.sub("<.*?>", "", cell)


def lines(history: History, *numbers: str) -> dict[str, tuple[str, ...]]:
    """What the table says, by measure."""
    made: Any = figures(history, numbers, DAY)
    return {row["what"]: (row["now"], plain(row["ago1"]), plain(row["ago7"])) for row in made[0]["rows"]}


def test_each_measure_is_told_against_the_day_before_and_the_same_weekday() -> None:
    history = days(EAST, (0, "1100.5", 11), (1, "1000", 10), (7, "2201", 11))
    assert lines(history, EAST) == {
        "消耗（元）": ("1,100.50", "▲ 10.0%", "▼ 50.0%"),  # 100.5 / 1000; 1100.5 / 2201
        "转化": ("11", "▲ 10.0%", "持平"),
        "转化成本（元）": ("100.05", "持平", "▼ 50.0%"),  # 100.045 against 100 is 0.045 %
        "行数": ("2", "持平", "持平"),
    }


def test_what_is_not_known_is_not_compared() -> None:
    history = days(EAST, (0, "100", None), (1, "50", 5))
    assert lines(history, EAST) == {
        "消耗（元）": ("100.00", "▲ 100.0%", "无对比"),
        "转化": ("-", "无对比", "无对比"),
        "转化成本（元）": ("-", "无对比", "无对比"),
        "行数": ("2", "持平", "无对比"),
    }


def test_accounts_that_are_not_known_on_both_days_are_left_out_of_the_comparison_and_that_is_said() -> None:
    history = {**days(EAST, (0, "100", 1), (1, "80", 1)), **days(WEST, (0, "900", 9))}
    assert lines(history, EAST, WEST)["消耗（元）"] == ("1,000.00", "▲ 25.0%", "无对比")  # 100 against 80
    said: Any = figures(history, [EAST, WEST], DAY)[1]
    assert said["content"] == "较前一日只比较两日都有数据的 1 个账户（共 2 个）"


def test_a_day_of_which_nothing_was_loaded_has_no_figures() -> None:
    assert figures(days(EAST, (1, "80", 1)), [EAST], DAY) == []


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [(0, 0, "持平"), (5, 0, "▲（前为 0）"), (0, 5, "▼ 100.0%"), (10004, 10000, "持平"), (10006, 10000, "▲ 0.1%")],
)
def test_a_change_is_an_arrow_and_a_percentage(now: int, then: int, said: str) -> None:
    assert change(Decimal(now), Decimal(then)) == said


def test_up_is_red_and_down_is_green_and_neither_has_no_colour() -> None:
    assert coloured("▲ 5.0%").text == "<font color='red'>▲ 5.0%</font>"
    assert coloured("▼ 5.0%").text == "<font color='green'>▼ 5.0%</font>"
    assert [coloured(words).text for words in ("持平", "无对比")] == ["持平", "无对比"]


def test_the_chart_has_two_weeks_and_a_gap_where_nothing_is_known() -> None:
    history = {**days(EAST, (0, "10.5", 1), (1, "20", 1)), **days(WEST, (0, "1", 0), (14, "99", 1))}
    [chart] = cost_chart(history, [EAST, WEST], DAY)
    spec: Any = chart["chart_spec"]
    values = spec["data"]["values"]
    assert [one["day"] for one in values][::13] == ["01-29", "02-11"]
    assert [one["cost"] for one in values] == [*[None] * 12, 20.0, 11.5]


def test_one_day_is_no_course() -> None:
    assert cost_chart(days(EAST, (0, "10.5", 1)), [EAST], DAY) == []


def test_a_bar_that_lacks_an_account_which_had_begun_is_named() -> None:
    history = {**days(EAST, (0, "10", 1), (1, "20", 1), (2, "30", 1)), **days(WEST, (1, "1", 0))}
    chart, note = cost_chart(history, [EAST, WEST], DAY)
    assert chart["tag"] == "chart"
    assert note["content"] == "图中 02-11 缺少部分账户的数据"  # on the 9th it had not begun
