"""What people type into addresses and forms."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.inputs import NEWEST, OLDEST, choice_in, day_in, figures_day_in, number_in, page_in, text_in
from pipeline.core.errors import WrongInput
from pipeline.core.outcome import RunState


@pytest.mark.parametrize(
    ("said", "read"),
    [("  城东店 ", "城东店"), ("a\x00b\u202e", "ab"), ("a\nb", "a b"), ("x" * 500, "x" * 100), ("", "")],
)
def test_a_text_is_one_short_line_without_characters_that_act(said: str, read: str) -> None:
    assert text_in({"account": said}, "account") == read
    assert text_in({}, "account") == ""


def test_a_day_is_read_and_none_is_none() -> None:
    assert day_in({"day": "2026-02-11"}, "day") == date(2026, 2, 11)
    assert day_in({"day": " "}, "day") is None


NO_DAYS = ("0000-00-00", "99999-01-01", "2026-02-30", "昨天", "1e9", "2026-02-11T00:00", "\x00")


@pytest.mark.parametrize("said", NO_DAYS)
def test_what_is_no_day_is_refused_in_words(said: str) -> None:
    with pytest.raises(WrongInput, match="日期无效"):
        day_in({"day": said}, "day")


@pytest.mark.parametrize("said", [*NO_DAYS, "0001-01-01", "9999-12-31", "2015-12-31"])
def test_so_is_a_day_that_can_have_no_figures_where_they_are_sought(said: str) -> None:
    with pytest.raises(WrongInput, match="日期无效"):
        figures_day_in({"day": said}, "day")


@given(st.text())
def test_whatever_is_written_is_a_day_in_reach_or_refused(said: str) -> None:
    try:
        day = figures_day_in({"day": said}, "day")
    except WrongInput:
        return
    assert day is None or OLDEST <= day <= NEWEST


@pytest.mark.parametrize(
    ("said", "page"), [("", 1), ("1", 1), ("12", 12), ("0", 1), ("-3", 1), ("x", 1), ("9" * 9, 1), ("２", 1)]
)
def test_a_page_is_a_small_number_or_the_first(said: str, page: int) -> None:
    assert page_in({"page": said}) == page
    assert page_in({}) == 1


def test_a_number_is_read_and_none_is_zero() -> None:
    assert [number_in({"after": said}, "after") for said in ("", "0", "50", "1000000")] == [0, 0, 50, 1_000_000]


@pytest.mark.parametrize("said", ["-1", "1.5", "①", "٣", "9" * 5000, "1000001", "0x1"])
def test_what_is_no_number_of_ours_is_refused(said: str) -> None:
    with pytest.raises(WrongInput, match="页码无效"):
        number_in({"after": said}, "after")


def test_a_choice_is_one_of_the_words_or_none() -> None:
    assert choice_in({"state": "partial"}, "state", RunState) is RunState.PARTIAL
    assert choice_in({}, "state", RunState) is None
    with pytest.raises(WrongInput, match="筛选条件无效"):
        choice_in({"state": "PARTIAL"}, "state", RunState)
