from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.coverage.history import Figures
from pipeline.core.model import Account, DayRange, Totals
from pipeline.core.outcome import DayState
from pipeline.core.telling.week import Compared, Week, account_week, figures, week_of, weeks

MONDAY = date(2026, 2, 2)
LAST = DayRange(MONDAY, MONDAY + timedelta(days=6))


def of(cost: str, conversions: str | None = "1") -> Figures:
    return Figures(0, Decimal(cost), None if conversions is None else Decimal(conversions))


@pytest.mark.parametrize("later", range(7))
def test_last_week_is_the_one_that_ended_on_the_newest_sunday(later: int) -> None:
    assert weeks(date(2026, 2, 9) + timedelta(days=later)) == (
        LAST,
        DayRange(MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)),
    )


def test_only_days_of_the_week_count() -> None:
    loaded = {MONDAY - timedelta(days=1): of("1"), MONDAY: of("2"), LAST.last: of("4"), date(2026, 2, 9): of("8")}
    assert figures(loaded, LAST) == of("6", "2")


def test_conversions_that_are_not_known_of_one_day_are_not_known_of_the_week() -> None:
    found = figures({MONDAY: of("2"), LAST.last: of("4", None)}, LAST)
    assert (found.cost, found.conversions) == (Decimal(6), None)


def days(*numbers: int) -> list[date]:
    return [MONDAY + timedelta(days=number) for number in numbers]


READ = datetime(2026, 2, 9, 2, 35, tzinfo=UTC)
LOADED = Loaded(0, "10", "c", READ, Totals(Decimal(10), Decimal(1)))
SHORT, GOOD = (LastOutcome(state=state, written=False) for state in (DayState.INCOMPLETE, DayState.LOADED))
WHOLE = {day: DayCoverage(LOADED) for day in days(*range(-7, 7))}


def account(name: str, changed: Mapping[date, DayCoverage] | None = None) -> AccountCoverage:
    """An account of which every day of both weeks is loaded, but for some."""
    return AccountCoverage(Account(name, name), {**WHOLE, **(changed or {})})


def test_only_days_that_are_whole_in_both_weeks_are_compared() -> None:
    # neither the Saturday and Sunday before nor this Monday
    one = account_week(account("甲", dict.fromkeys(days(-2, -1, 0), DayCoverage(LOADED, SHORT))), LAST)
    assert one.compared == Compared(4, of("40", "4"), of("40", "4"))  # Tuesday to Friday
    assert one.last == of("70", "7")


def test_a_day_that_is_whole_but_of_unknown_figures_is_not_compared() -> None:
    assert account_week(account("甲", {MONDAY: DayCoverage(last=GOOD)}), LAST).compared.days == 6


def test_only_days_of_its_own_week_are_named() -> None:
    lacking = dict.fromkeys(days(-7, -1, 0), DayCoverage(last=SHORT))
    one, two = (account_week(account(name, lacking), LAST) for name in "甲乙")
    assert Week(LAST, (one, two)).lacking == {MONDAY: ["甲", "乙"]}
    assert one.lacking == (MONDAY,)


def test_a_week_is_compared_as_a_whole_only_where_each_day_of_each_account_is() -> None:
    full = account_week(account("甲"), LAST)
    short = account_week(account("乙", dict.fromkeys(days(-7), DayCoverage(LOADED, SHORT))), LAST)
    assert Week(LAST, (full, full)).comparable
    assert not Week(LAST, (full, short)).comparable
    assert Week(LAST, (full, short)).compared == Compared(13, of("130", "13"), of("130", "13"))
    assert Week(LAST, (full, short)).last == of("140", "14")


def test_a_week_is_that_of_the_days_that_stand_and_as_old_as_the_earliest_account() -> None:
    doubt = replace(SHORT, written=True)
    earlier = {LAST.last: DayCoverage(replace(LOADED, as_of=READ - timedelta(hours=1)))}
    week = week_of(LAST, [account("甲", {MONDAY: DayCoverage(LOADED, doubt)}), account("乙", earlier)])
    assert (week.last.cost, week.as_of) == (Decimal(130), READ - timedelta(hours=1))
    assert week.lacking == {MONDAY: ["甲"]}
    assert week.compared.days == 13
