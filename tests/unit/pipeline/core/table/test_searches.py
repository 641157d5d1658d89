import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import DayRange
from pipeline.core.table import layout as table
from pipeline.core.table.record import Record
from tests.unit.pipeline.core.tables import DAY, layout


def test_a_date_column_is_searched_as_a_range_one_day_wider_on_each_side() -> None:
    (search,) = layout().day_filters(DayRange(date(2026, 1, 26), DAY))
    assert search == {
        "conjunction": "and",
        "conditions": [
            {"field_name": "时间", "operator": "isGreater", "value": ["ExactDate", "1769270400000"]},  # 25 January
            {"field_name": "时间", "operator": "isLess", "value": ["ExactDate", "1769961600000"]},  # 2 February
        ],
    }


def searches(days: int) -> list[dict[str, Any]]:
    last = DAY + timedelta(days=days - 1)
    return [dict(one) for one in layout(typed=False).day_filters(DayRange(DAY, last))]


def asked_for(days: int) -> list[str]:
    """What the searches of a text column ask for; each condition in the one shape."""
    conditions = [condition for search in searches(days) for condition in search["conditions"]]
    assert {(one["field_name"], one["operator"], len(one["value"])) for one in conditions} == {("时间", "contains", 1)}
    return [one["value"][0] for one in conditions]


def test_a_text_column_is_searched_for_our_spelling_by_the_day_and_for_those_of_people_by_the_month() -> None:
    by_month = ["2026/2/", "2026.2.", "2026年2月", "2026/02/", "2026.02.", "2026年02月", "2026-2-"]
    assert asked_for(2) == ["2026-02-01", "2026-02-02", *by_month]


def spelled(day: date) -> list[str]:
    """A day in the ways in which people write it."""
    texts = [f"{day.year}{sign}{day.month}{sign}{day.day}" for sign in "-/."]
    texts += [f"{day:%Y/%m/%d}", f"{day:%Y.%m.%d}", day.isoformat(), f"{day.year}年{day.month}月{day.day}日"]
    return [*texts, f"{day:%Y年%m月%d日}", *(f"{text} 08:00" for text in texts)]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_whatever_way_a_day_is_written_it_is_found_and_read(first: date, more: int) -> None:
    at, days = layout(typed=False), DayRange(first, first + timedelta(days=more))
    found: list[dict[str, Any]] = [dict(search) for search in at.day_filters(days)]
    asked = [condition["value"][0] for search in found for condition in search["conditions"]]
    for text in spelled(days.last):
        assert any(part in text for part in asked), text
        assert at.decode(Record("r", {"时间": text})).day == days.last


@given(st.integers(1, 400))
def test_the_searches_of_a_text_column_ask_for_each_day_once_within_the_limits(days: int) -> None:
    asked = asked_for(days)
    assert len(asked) == len(set(asked))
    assert {(DAY + timedelta(days=n)).isoformat() for n in range(days)} <= set(asked)
    for search in searches(days):
        assert 1 <= len(search["conditions"]) <= 50
        assert len(json.dumps(search, ensure_ascii=False)) <= 1900


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_week_is_searched_in_one_request(first: date) -> None:
    at = layout(typed=False)
    assert len(list(at.day_filters(DayRange(first, first + timedelta(days=6))))) == 1


def test_no_month_of_our_own_spelling_is_asked_for() -> None:
    (found,) = layout(typed=False).day_filters(DayRange(date(2026, 10, 5), date(2026, 10, 12)))
    search: dict[str, Any] = dict(found)
    asked = [condition["value"][0] for condition in search["conditions"]]
    assert [text for text in asked if "2026-10-20".startswith(text)] == []


def test_no_search_has_more_than_fifty_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "FILTER_CHARACTERS_MAX", 10**6)
    assert [len(search["conditions"]) for search in searches(120)] == [50, 50, 48]  # 120 days, 7 spellings of 4 months
