from datetime import date, timedelta

import pytest

from console.ranges import usual
from pipeline.core.model import DayRange

MONDAY, FIRST = date(2026, 11, 30), date(2026, 12, 1)


@pytest.mark.parametrize("today", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 800, 13)])
def test_usual_ranges_end_yesterday_or_before_and_are_whole_weeks_and_months(today: date) -> None:
    found, newest = dict(usual(today)), today - timedelta(days=1)
    assert all(days.last <= newest for days in found.values())
    assert found["昨日"] == DayRange(newest, newest)
    assert (len(found["最近 7 天"]), len(found["最近 30 天"])) == (7, 30)
    assert (len(found["上周"]), found["上周"].first.weekday()) == (7, 0)
    assert 0 < (today - found["上周"].last).days <= 7
    assert found["上月"].first.day == 1
    assert found["上月"].last == today.replace(day=1) - timedelta(days=1)


def test_on_a_monday_last_week_is_the_one_that_ended_yesterday() -> None:
    found = dict(usual(MONDAY))
    assert found["上周"] == DayRange(date(2026, 11, 23), date(2026, 11, 29))
    assert "本周" not in found
    assert dict(usual(MONDAY + timedelta(days=1)))["本周"] == DayRange(MONDAY, MONDAY)


def test_on_the_first_last_month_is_the_one_that_ended_yesterday() -> None:
    found = dict(usual(FIRST))
    assert found["上月"] == DayRange(date(2026, 11, 1), date(2026, 11, 30))
    assert "本月" not in found
    assert dict(usual(FIRST + timedelta(days=1)))["本月"] == DayRange(FIRST, FIRST)
