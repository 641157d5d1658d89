from datetime import date, timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.history import Figures
from pipeline.core.model import DayRange
from pipeline.core.telling.week import Compared, Week, account_week, figures, weeks

MONDAY = date(2026, 2, 2)
LAST = DayRange(MONDAY, MONDAY + timedelta(days=6))


def of(cost: str, conversions: str | None = "1") -> Figures:
    return Figures(0, Decimal(cost), None if conversions is None else Decimal(conversions))


@pytest.mark.parametrize("later", range(7))
def test_last_week_is_the_one_that_ended_on_the_newest_sunday(later: int) -> None:
    assert weeks(date(2026, 2, 9) + timedelta(days=later)) == (
        LAST,
        DayRange(MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)),
    )


def test_only_days_of_the_week_count() -> None:
    loaded = {MONDAY - timedelta(days=1): of("1"), MONDAY: of("2"), LAST.last: of("4"), date(2026, 2, 9): of("8")}
    assert figures(loaded, LAST) == of("6", "2")


def test_conversions_that_are_not_known_of_one_day_are_not_known_of_the_week() -> None:
    found = figures({MONDAY: of("2"), LAST.last: of("4", None)}, LAST)
    assert (found.cost, found.conversions) == (Decimal(6), None)


def days(*numbers: int) -> list[date]:
    return [MONDAY + timedelta(days=number) for number in numbers]


def test_only_days_that_are_whole_in_both_weeks_are_compared() -> None:
    loaded = {day: of("10") for day in days(*range(-7, 7))}
    whole = days(*range(-7, -2), *range(1, 7))  # neither the Saturday and Sunday before nor this Monday
    one = account_week("甲", loaded, whole, days(-2, -1, 0), LAST)
    assert one.compared == Compared(4, of("40", "4"), of("40", "4"))  # Tuesday to Friday
    assert one.last == of("70", "7")


def test_a_day_that_is_whole_but_of_unknown_figures_is_not_compared() -> None:
    loaded = {day: of("10") for day in days(-6, 0, 1)}
    assert account_week("甲", loaded, days(*range(-7, 7)), [], LAST).compared.days == 1


def test_only_days_of_its_own_week_are_named() -> None:
    one, two = (account_week(name, {}, [], days(-7, -1, 0), LAST) for name in "甲乙")
    week = Week(LAST, (one, two))
    assert week.lacking == {MONDAY: ["甲", "乙"]}
    assert one.lacking == (MONDAY,)


def test_a_week_is_compared_as_a_whole_only_where_each_day_of_each_account_is() -> None:
    loaded = {day: of("10") for day in days(*range(-7, 7))}
    full = account_week("甲", loaded, loaded, [], LAST)
    short = account_week("乙", loaded, days(*range(-6, 7)), days(-7), LAST)
    assert Week(LAST, (full, full)).comparable
    assert not Week(LAST, (full, short)).comparable
    assert Week(LAST, (full, short)).compared == Compared(13, of("130", "13"), of("130", "13"))
    assert Week(LAST, (full, short)).last == of("140", "14")
