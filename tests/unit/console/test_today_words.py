"""Changes and days as the first page writes them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from console.today_words import GO, change, coming, course
from pipeline.core.coverage.history import Figures
from pipeline.core.overview.today.figures import Change, CourseDay, Trend
from pipeline.core.overview.today.todo import Place
from pipeline.core.overview.today.verdict import Stage, Tone, Verdict
from tests.unit.pipeline.core.overview.today.mornings import DAY, at
from tests.unit.pipeline.core.overview.today.test_page import REREAD, of

SOME = Figures(1, Decimal(50), Decimal(1))


@pytest.mark.parametrize(
    ("trend", "share", "words"),
    [
        (Trend.UP, "0.1234", "+12.3%"),
        (Trend.DOWN, "0.03", "−3.0%"),
        (Trend.UP, "9.999", "+999.9%"),
        (Trend.UP, "36", "37 倍"),
        (Trend.LEVEL, "0", "持平"),
        (Trend.FROM_NOTHING, "0", "此前为 0"),
        (Trend.UNKNOWN, "0", "无对比"),
    ],
)
def test_a_change_has_a_sign_or_a_word(trend: Trend, share: str, words: str) -> None:
    assert change(Change(trend, Decimal(share))) == words


def days(*of_course: CourseDay, stage: Stage = Stage.FINAL) -> list[tuple[str, int]]:
    told = replace(of(REREAD), course=of_course, verdict=Verdict(stage, Tone.CALM, ""))
    return [(row.sign.word, row.length) for row in course(told)]


def test_days_come_the_newest_first_with_bars_against_the_highest() -> None:
    double = replace(SOME, cost=Decimal(100))
    found = days(CourseDay(DAY - timedelta(days=1), double, 0), CourseDay(DAY, SOME, 2))
    assert found == [("缺 2 个账户", 50), ("完整", 100)]


def test_a_day_without_figures_is_unknown_or_lacking_but_never_zero() -> None:
    before = DAY - timedelta(days=1)
    assert days(CourseDay(before - timedelta(days=1), None, 0), CourseDay(before, None, 3)) == [
        ("没有入库", 0),
        ("无记录", 0),
    ]


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        (Stage.UNKNOWN, "无记录"),
        (Stage.NOT_DUE, "待同步"),
        (Stage.RUNNING, "进行中"),
        (Stage.LACKING, "没有入库"),
    ],
)
def test_the_shown_day_without_figures_says_how_it_stands(stage: Stage, word: str) -> None:
    assert days(CourseDay(DAY, None, 2), stage=stage) == [(word, 0)]


def test_a_day_of_figures_of_zero_has_no_bar_and_is_whole() -> None:
    assert days(CourseDay(DAY, Figures(0, Decimal(0), Decimal(0)), 0)) == [("完整", 0)]


def test_only_the_readings_of_yesterday_are_told_the_soonest_first() -> None:
    times = {"laike.daily": at("07:00", 1), "laike.settle": at("10:35"), "laike.keep_token": at("08:05")}
    assert list(coming(times)) == [("复核", at("10:35")), ("每日同步", at("07:00", 1))]


def test_every_page_where_something_is_done_has_words_for_its_button() -> None:
    assert GO.keys() == set(Place)
