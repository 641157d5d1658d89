from datetime import date, timedelta
from decimal import Decimal

import pytest

from pipeline.core.history import Figures
from pipeline.core.model import DayRange
from pipeline.core.week import AccountWeek, Week, change, figures, weeks

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


@pytest.mark.parametrize(
    ("now", "before", "grown"),
    [("150", "100", "0.5"), ("50", "100", "-0.5"), ("1", "0", None), ("1", None, None), (None, "1", None)],
)
def test_a_change_needs_both_and_something_to_grow_from(now: str | None, before: str | None, grown: str | None) -> None:
    one, other, wanted = (None if text is None else Decimal(text) for text in (now, before, grown))
    assert change(one, other) == wanted


def test_a_day_that_is_not_whole_is_told_with_its_accounts() -> None:
    week = Week(LAST, (AccountWeek("甲", of("1"), of("2"), (MONDAY,)), AccountWeek("乙", of("4"), of("8"), (MONDAY,))))
    assert week.lacking == {MONDAY: ["甲", "乙"]}
    assert (week.last, week.before) == (of("5", "2"), of("10", "2"))
