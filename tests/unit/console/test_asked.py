from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.asked import NEWEST, OLDEST, TEXT_MAX, day_of, page_of, text_of
from pipeline.core.errors import WrongInput


@pytest.mark.parametrize("text", ["", "  "])
def test_no_day_is_none(text: str) -> None:
    assert day_of({"day": text}, "day") is None
    assert day_of({}, "day") is None


def test_a_day_is_taken_as_it_is_written() -> None:
    assert day_of({"day": " 2026-02-11 "}, "day") == date(2026, 2, 11)


@pytest.mark.parametrize("text", ["2026-02-30", "0001-01-01", "9999-12-31", "2015-12-31", "x", "\x00", "2026/02/11"])
def test_what_is_no_day_or_one_without_figures_is_refused_in_chinese(text: str) -> None:
    with pytest.raises(WrongInput, match="不是有效的日期"):
        day_of({"day": text}, "day")


@given(st.text())
def test_whatever_is_written_is_a_day_in_reach_or_refused(text: str) -> None:
    try:
        day = day_of({"day": text}, "day")
    except WrongInput:
        return
    assert day is None or OLDEST <= day <= NEWEST


@pytest.mark.parametrize(
    ("text", "number"), [("", 1), ("1", 1), ("12", 12), ("0", 1), ("-3", 1), ("x", 1), ("9" * 9, 1), ("２", 1)]
)
def test_a_page_is_a_small_number_or_the_first(text: str, number: int) -> None:
    assert page_of({"page": text}) == number
    assert page_of({}) == 1


def test_a_text_is_short_and_has_no_spaces_around_it() -> None:
    assert text_of({"text": f"  {'a' * 500}"}, "text") == "a" * TEXT_MAX
    assert text_of({}, "text") == ""
