from decimal import Decimal

import pytest

from console.pages.reports import change, one_of_few
from pipeline.core.errors import WrongInput


def test_a_change_has_its_sign() -> None:
    assert [change(one) for one in (Decimal("0.125"), Decimal("-1"), Decimal(12), None)] == [
        "+12.5%",
        "−100.0%",
        "+1,200.0%",
        "—",
    ]


def test_a_third_file_at_the_same_time_is_put_off_and_a_later_one_is_made() -> None:
    with one_of_few(), one_of_few():
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
        with pytest.raises(WrongInput, match="请稍候"), one_of_few():
            raise AssertionError
    with one_of_few(), one_of_few():
        pass
