"""A day against the days before, from what was loaded."""

from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.model import AccountDay
from pipeline.core.trend import Figures, chart_days, total, trend

DAY = date(2026, 2, 11)


def back(days: int, account: str = "1") -> AccountDay:
    return AccountDay(account, DAY - timedelta(days=days))


def figures(cost: str, conversions: int = 0, rows: int = 1) -> Figures:
    return Figures(rows, Decimal(cost), Decimal(conversions))


def test_a_day_is_compared_over_the_accounts_of_which_both_days_are_loaded() -> None:
    seen = trend(
        {
            back(0): figures("30.00", 3),
            back(0, "2"): figures("5.00"),
            back(1): figures("20.00", 4),
            back(7): figures("10.00", 1),
            back(7, "2"): figures("15.00", 1),
        },
        DAY,
    )
    assert seen.day == figures("35.00", 3, rows=2)
    assert seen.day_before
    assert (seen.day_before.now, seen.day_before.then, seen.day_before.accounts) == (
        figures("30.00", 3),
        figures("20.00", 4),
        1,
    )
    assert seen.week_before
    assert (seen.week_before.then, seen.week_before.accounts) == (figures("25.00", 2, rows=2), 2)


def test_without_an_earlier_day_there_is_nothing_to_compare_with() -> None:
    seen = trend({back(0): figures("1.00"), back(1, "2"): figures("1.00")}, DAY)
    assert (seen.day_before, seen.week_before) == (None, None)


def test_the_course_leaves_out_days_of_which_nothing_is_loaded_and_days_that_are_too_old() -> None:
    seen = trend(
        {back(0): figures("3.00"), back(2): figures("0"), back(13): figures("1.00"), back(14): figures("9")}, DAY
    )
    assert seen.costs == (
        (back(13).day, Decimal("1.00")),
        (back(2).day, Decimal(0)),
        (DAY, Decimal("3.00")),
    )
    assert (chart_days(DAY).first, chart_days(DAY).last) == (back(13).day, DAY)


def test_a_conversion_cost_needs_a_conversion() -> None:
    assert figures("30.00", 4).conversion_cost == Decimal("7.5")
    assert total([figures("30.00"), figures("1.00")]).conversion_cost is None
