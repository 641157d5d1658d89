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


@pytest.mark.parametrize("newest", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 800, 13)])
def test_usual_ranges_end_yesterday_or_before_and_are_whole_weeks_and_months(newest: date) -> None:
    found = dict(usual(newest))
    assert all(days.last <= newest for days in found.values())
    assert found["昨日"] == DayRange(newest, newest)
    assert (len(found["最近 7 天"]), len(found["最近 30 天"])) == (7, 30)
    assert (len(found["上周"]), found["上周"].first.weekday()) == (7, 0)
    assert found["本周"].first == found["上周"].last + timedelta(days=1)
    assert found["上月"].first.day == 1
    assert found["本月"].first == found["上月"].last + timedelta(days=1)


def test_a_third_file_at_the_same_time_is_put_off_and_a_later_one_is_made() -> None:
    with one_of_few(), one_of_few():
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
    with one_of_few(), one_of_few():
        pass
