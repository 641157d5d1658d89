"""Figures, times and states as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from console import words
from pipeline.core.outcome import DayState, RunState
from pipeline.core.run_kind import RunKind

NOW = datetime(2026, 2, 11, 2, 35, tzinfo=UTC)


def test_every_state_and_kind_has_a_word_and_each_state_a_sign_of_its_own() -> None:
    assert set(words.RUNS) == set(RunState)
    assert set(words.DAYS) == set(DayState)
    assert set(words.KINDS) == set(RunKind)
    for signs in (words.RUNS, words.DAYS):
        assert len({one.sign for one in signs.values()}) == len({one.word for one in signs.values()}) == len(signs)


def test_amounts_and_numbers_have_separators_and_the_unknown_is_a_dash() -> None:
    assert words.money(Decimal("48881.295")) == "48,881.30"
    assert words.money(None) == words.number(None) == words.duration(None) == words.moment(None) == "—"
    assert words.number(12380) == "12,380"
    assert words.number(Decimal("1863.0")) == "1,863"
    assert words.number(Decimal("0.5")) == "0.5"


def test_a_day_has_its_weekday_and_a_time_is_that_of_shanghai() -> None:
    assert words.day(date(2026, 2, 11)) == '<time datetime="2026-02-11">2月11日 周三</time>'
    assert words.moment(NOW) == '<time datetime="2026-02-11T10:35:00+08:00">02-11 10:35</time>'


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4.62, "4.6 秒"),
        (60, "1 分"),
        (200, "3 分 20 秒"),
        (7500, "2 小时 5 分"),
        (86_400, "1 天"),
        (90_000, "1 天 1 小时"),
    ],
)
def test_a_length_of_time_has_at_most_two_units(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "不到 1 分钟"),
        (59.9, "不到 1 分钟"),
        (60, "1 分钟"),
        (61, "2 分钟"),
        (3539, "59 分钟"),
        (3600, "1 小时"),
        (None, "—"),
    ],
)
def test_a_length_that_is_estimated_is_told_in_whole_minutes(seconds: float | None, said: str) -> None:
    assert words.roughly(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "刚刚"),
        (59, "刚刚"),
        (180, "3 分钟前"),
        (7200, "2 小时前"),
        (47 * 3600, "47 小时前"),
        (49 * 3600, "2 天前"),
    ],
)
def test_how_long_ago_a_time_was(seconds: float, said: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == said
