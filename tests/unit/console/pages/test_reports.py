from datetime import date, timedelta
from decimal import Decimal

import pytest

from console.pages.reports import change, one_of_few, usual
from pipeline.core.errors import WrongInput
from pipeline.core.model import DayRange


def test_a_change_has_its_sign() -> None:
    assert [change(one) for one in (Decimal("0.125"), Decimal("-1"), Decimal(12), None)] == [
        "+12.5%",
        "−100.0%",
        "+1,200.0%",
        "—",
    ]


@pytest.mark.parametrize("today", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 800, 13)])
def test_usual_ranges_end_yesterday_or_before_and_are_whole_weeks_and_months(today: date) -> None:
    found, newest = dict(usual(today)), today - timedelta(days=1)
    assert all(days.last <= newest for days in found.values())
    assert found["昨日"] == DayRange(newest, newest)
    assert (len(found["最近 7 天"]), len(found["最近 30 天"])) == (7, 30)
    assert (len(found["上周"]), found["上周"].first.weekday()) == (7, 0)
    assert found["上月"].first.day == 1
    assert (found["上月"].last + timedelta(days=1)).day == 1


def test_weeks_and_months_are_those_of_the_day_on_which_people_look() -> None:
    wednesday, monday, new_year = date(2026, 11, 4), date(2026, 11, 30), date(2027, 1, 1)
    assert dict(usual(wednesday)) | {
        "本周": DayRange(date(2026, 11, 2), date(2026, 11, 3)),
        "上周": DayRange(date(2026, 10, 26), date(2026, 11, 1)),
        "本月": DayRange(date(2026, 11, 1), date(2026, 11, 3)),
        "上月": DayRange(date(2026, 10, 1), date(2026, 10, 31)),
    } == dict(usual(wednesday))
    assert dict(usual(monday))["上周"] == DayRange(date(2026, 11, 23), date(2026, 11, 29))
    assert dict(usual(new_year))["上月"] == DayRange(date(2026, 12, 1), date(2026, 12, 31))
    assert "本周" not in dict(usual(monday))  # no day of it is over
    assert "本月" not in dict(usual(new_year))


def test_a_third_file_at_the_same_time_is_put_off_and_a_later_one_is_made() -> None:
    with one_of_few(), one_of_few():
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
    with one_of_few(), one_of_few():
        pass
