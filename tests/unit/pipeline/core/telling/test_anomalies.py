"""What is out of the ordinary is found, and what is not, is not."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.history import Figures
from pipeline.core.model import Account, AccountDay, ReportRow
from pipeline.core.outcome import Shift
from pipeline.core.telling.anomalies import (
    Anomaly,
    idle_promotions,
    large_restatements,
    out_of_range,
    sentences,
    total_out_of_range,
)
from pipeline.core.telling.thresholds import Thresholds
from tests.year import BEGINS, DAYS, PLANTED, Year

DAY = date(2026, 2, 11)
BY = Thresholds()
EAST, WEST = Account("1", "城东店"), Account("2", "城西店")


def steady(account: Account, days: int = 57, cost: int = 1000, count: int = 50) -> dict[AccountDay, Figures]:
    """Every day the same."""
    return {
        AccountDay(account.id, DAY - timedelta(days=ago)): Figures(30, Decimal(cost), Decimal(count))
        for ago in range(days)
    }


def on(account: Account, ago: int, figures: Figures) -> dict[AccountDay, Figures]:
    return {AccountDay(account.id, DAY - timedelta(days=ago)): figures}


USUAL = Figures(30, Decimal(1000), Decimal(50))


def events(found: list[Anomaly]) -> list[str]:
    return [one.event for one in found]


def test_a_steady_account_is_no_news() -> None:
    assert out_of_range(steady(EAST), [EAST], DAY, BY) == []


def test_cost_beyond_its_range_is_told_with_the_range_and_since_when() -> None:
    high = replace(USUAL, cost=Decimal(1600))
    history = steady(EAST) | on(EAST, 0, high) | on(EAST, 1, high) | on(EAST, 3, high)
    [found] = out_of_range(history, [EAST], DAY, BY)
    what = "消耗 1,600.00 元，高于正常范围（667～1,500 元）"  # from 1001 / 1.5 - 1 to 1001 * 1.5 - 1
    assert found == Anomaly("high:cost:1", "城东店", what, DAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("figures", "event"),
    [
        (replace(USUAL, cost=Decimal(666)), ["low:cost:1"]),
        (replace(USUAL, cost=Decimal(667)), []),
        (replace(USUAL, conversions=Decimal(32)), ["low:conversions:1"]),  # 51 / e^(3 / root of 50) - 1 = 32.4
        (replace(USUAL, conversions=Decimal(33)), []),
        (replace(USUAL, conversions=Decimal(77)), ["high:conversions:1"]),
        (replace(USUAL, conversions=None), []),
        (replace(USUAL, rows=16), ["low:rows:1"]),  # 31 / e^(3 / root of 30) - 1 = 16.9
        (replace(USUAL, rows=17), []),
    ],
)
def test_each_measure_has_its_range(figures: Figures, event: list[str]) -> None:
    assert events(out_of_range(steady(EAST) | on(EAST, 0, figures), [EAST], DAY, BY)) == event


def test_little_money_is_no_news_whatever_it_does() -> None:
    small = {at: replace(one, cost=one.cost / 10, conversions=Decimal(3)) for at, one in steady(EAST).items()}
    assert out_of_range(small | on(EAST, 0, Figures(30, Decimal(199), Decimal(9))), [EAST], DAY, BY) == []


def test_with_fewer_than_three_of_the_weekdays_nothing_is_usual() -> None:
    high = on(EAST, 0, replace(USUAL, cost=Decimal(9000)))
    assert out_of_range(steady(EAST, 15) | high, [EAST], DAY, BY) == []  # 7 and 14 days ago
    assert events(out_of_range(steady(EAST, 22) | high, [EAST], DAY, BY)) == ["high:cost:1"]


def test_a_day_that_is_not_known_is_not_judged() -> None:
    history = {at: one for at, one in steady(EAST).items() if at.day != DAY}
    assert out_of_range(history, [EAST], DAY, BY) == []


def test_an_account_that_always_jumps_about_has_a_wide_range() -> None:
    jumping = steady(EAST) | {
        at: replace(USUAL, cost=Decimal(1000 + 700 * (-1) ** (at.day.toordinal() // 7))) for at in steady(EAST)
    }
    assert out_of_range(jumping | on(EAST, 0, replace(USUAL, cost=Decimal(2600))), [EAST], DAY, BY) == []


def test_an_account_that_fell_silent_is_told_once_for_all_its_measures() -> None:
    history = (
        steady(EAST) | on(EAST, 0, Figures(0, Decimal(0), Decimal(0))) | on(EAST, 1, Figures(2, Decimal(0), Decimal(1)))
    )
    [found] = out_of_range(history, [EAST], DAY, BY)
    assert found == Anomaly(
        "silent:1", "城东店", "无消耗（此前 7 天每日消耗 1,000.00～1,000.00 元）", DAY - timedelta(days=1)
    )


@pytest.mark.parametrize("spending", [3, 2])
def test_silence_is_news_after_three_days_of_cost(spending: int) -> None:
    history = steady(EAST, 1 + spending) | on(EAST, 0, Figures(0, Decimal(0), Decimal(0)))
    assert len(out_of_range(history, [EAST], DAY, BY)) == (spending == 3)


def test_an_account_that_comes_and_goes_is_no_news_when_it_goes() -> None:
    week = {at: replace(one, cost=one.cost * (at.day.weekday() < 4)) for at, one in steady(EAST).items()}
    for ago in range(7):
        assert out_of_range(week, [EAST], DAY - timedelta(days=ago), BY) == []


def test_all_accounts_together_are_judged_on_days_that_are_wholly_known() -> None:
    history = steady(EAST) | steady(WEST, 10)  # it began ten days ago
    high = on(EAST, 0, replace(USUAL, cost=Decimal(3000)))
    assert events(total_out_of_range(history | high, [EAST, WEST], DAY, BY)) == [
        "high:cost:total",
        "high:conversions:total",
        "high:rows:total",
    ]
    unknown = {at: one for at, one in (history | high).items() if at != AccountDay(WEST.id, DAY)}
    assert total_out_of_range(unknown, [EAST, WEST], DAY, BY) == []


def spends(*conversions: int, cost: int = 100, first_ago: int = 0) -> list[ReportRow]:
    """A promotion's rows, the newest first."""
    return [
        ReportRow(
            "1",
            DAY - timedelta(days=ago + first_ago),
            "76",
            "午市",
            {"stat_cost": Decimal(cost), "convert_cnt": Decimal(one)},
        )
        for ago, one in enumerate(conversions)
    ]


def test_a_promotion_that_spends_for_five_days_without_a_conversion_is_told() -> None:
    [found] = idle_promotions(spends(0, 0, 0, 0, 0, 7, 7), EAST, DAY, BY)
    assert found.event == "idle:1:76"
    assert found.what == "单元“午市”连续 5 天有消耗（共 500.00 元）但无转化"
    assert found.since == DAY - timedelta(days=4)


def test_where_the_rows_end_it_may_be_longer() -> None:
    [found] = idle_promotions(spends(0, 0, 0, 0, 0, 0, 0), EAST, DAY, BY)
    assert "连续至少 7 天" in found.what


@pytest.mark.parametrize(
    "rows",
    [
        spends(0, 0, 0, 0, 1),
        spends(0, 0, 0, 0, 0, cost=59),  # 295 元
        spends(0, 0, 0, 0, 0, first_ago=1),  # nothing on the day itself
        [replace(row, metrics={"stat_cost": Decimal(100)}) for row in spends(0, 0, 0, 0, 0)],
        [],
    ],
)
def test_what_is_shorter_cheaper_over_or_unknown_is_not(rows: list[ReportRow]) -> None:
    assert idle_promotions(rows, EAST, DAY, BY) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(1000, 1200, True), (1000, 1199, False), (100, 190, False), (0, 100, True), (500, 0, True)],
)
def test_a_large_correction_is_told(before: int, after: int, told: bool) -> None:  # noqa: FBT001
    shift = Shift(account_id="1", day=DAY, before=Decimal(before), after=Decimal(after))
    assert bool(large_restatements([shift], {"1": "城东店"}, BY)) == told


def test_what_is_so_of_one_account_since_one_day_is_one_sentence() -> None:
    found = [Anomaly(str(n), "城东店", f"事{n}", DAY) for n in range(6)] + [Anomaly("x", "城西店", "修正")]
    assert sentences(found) == ("城东店：事0；事1；事2；事3；另有 2 项，自 02-11 起", "城西店：修正")


@pytest.mark.parametrize("seed", range(11, 17))
def test_of_sixty_days_the_six_things_are_found_and_at_most_one_quiet_day_is_not(seed: int) -> None:
    accounts = [Account(str(n), f"店{n}") for n in range(7)]
    year, told = Year([one.id for one in accounts], seed), Counter[str]()
    days_told: dict[str, list[int]] = {}
    for number, day in enumerate(year.days):
        history = {at: one for at, one in year.figures.items() if at.day <= day}
        found = out_of_range(history, accounts, day, BY) + total_out_of_range(history, accounts, day, BY)
        for place, account in enumerate(accounts):
            found += idle_promotions(year.rows(place, number), account, day, BY)
        found += large_restatements(year.shifts(number), {one.id: one.name for one in accounts}, BY)
        for one in found:
            told[one.event] += 1
            days_told.setdefault(one.event, []).append(number)
    named = {
        "cost": "high:cost:0", "silent": "silent:1", "conversions": "low:conversions:3", "rows": "low:rows:6",
        "idle": "idle:4:760000000000000004",
    }  # fmt: skip
    for name, event in named.items():
        assert days_told[event][0] == BEGINS[name], (event, days_told)
    assert sum(event.startswith("restated:5") for event in told) == 1
    planted = {
        day for name, begins in BEGINS.items() for day in range(begins, begins + 9 if name == "idle" else begins + 4)
    }
    false = [event for event, days in days_told.items() if not set(days) <= planted and event not in named.values()]
    assert len(false) <= 1, (false, days_told)
    assert len(PLANTED) == 6
    assert max(planted) <= DAYS
