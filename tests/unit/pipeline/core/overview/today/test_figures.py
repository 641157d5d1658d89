"""Figures of the first page: against earlier days, and the course of two weeks."""

from datetime import timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.coverage.history import Figures
from pipeline.core.model import ZERO, AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.core.overview.today.figures import Change, Trend, bases, change, line_of, measures, past_of, worst_first
from tests.unit.pipeline.core.overview.today.mornings import DAY, EAST, at, bad, loaded

BEFORE, WEEK = DAY - timedelta(days=1), DAY - timedelta(days=7)
DAYS = DayRange(DAY - timedelta(days=13), BEFORE)


def figures(cost: str, conversions: str | None = "5") -> Figures:
    return Figures(1, Decimal(cost), None if conversions is None else Decimal(conversions))


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        ("112.3", "100", Change(Trend.UP, Decimal("0.123"))),
        ("97", "100", Change(Trend.DOWN, Decimal("0.03"))),
        ("100.04", "100", Change(Trend.LEVEL)),
        ("0", "100", Change(Trend.DOWN, Decimal(1))),
        ("5", "0", Change(Trend.FROM_NOTHING)),
        ("0", "0", Change(Trend.LEVEL)),
        ("5", "-1", Change(Trend.UNKNOWN)),  # a correction by the source; no share of it says anything
        (None, "1", Change(Trend.UNKNOWN)),
        ("1", None, Change(Trend.UNKNOWN)),
    ],
)
def test_a_figure_against_an_earlier_one(now: str | None, then: str | None, expected: Change) -> None:
    assert change(*(None if one is None else Decimal(one) for one in (now, then))) == expected


def test_a_day_is_compared_with_the_day_before_and_the_same_weekday() -> None:
    history = {
        AccountDay("1", DAY): figures("120", "6"),
        AccountDay("1", BEFORE): figures("100", "10"),
        AccountDay("1", WEEK): figures("120", "6"),
    }
    found = measures(history, ["1"], DAY)
    assert bases(DAY) == (BEFORE, WEEK)
    assert (found.cost.value, found.cost.day_before) == (Decimal(120), Change(Trend.UP, Decimal("0.2")))
    assert found.conversions.day_before == Change(Trend.DOWN, Decimal("0.4"))
    assert (found.unit_cost.value, found.unit_cost.day_before) == (Decimal(20), Change(Trend.UP, Decimal(1)))
    assert found.cost.week_before == Change(Trend.LEVEL)


def test_the_total_is_compared_over_accounts_that_have_both_days() -> None:
    history = {
        AccountDay("1", DAY): figures("100"),
        AccountDay("2", DAY): figures("900"),
        AccountDay("1", BEFORE): figures("100"),
    }
    found = measures(history, ["1", "2"], DAY)
    assert (found.cost.value, found.cost.day_before.trend) == (Decimal(1000), Trend.LEVEL)
    assert found.cost.week_before.trend is Trend.UNKNOWN


def test_what_was_never_remembered_is_unknown_and_not_zero() -> None:
    found = measures({AccountDay("1", DAY): figures("100", None)}, ["1"], DAY)
    assert (found.conversions.value, found.unit_cost.value) == (None, None)
    nothing = measures({}, ["1"], DAY)
    assert (nothing.cost.value, nothing.cost.day_before.trend) == (None, Trend.UNKNOWN)


def test_without_conversions_there_is_no_cost_of_one() -> None:
    assert measures({AccountDay("1", DAY): figures("100", "0")}, ["1"], DAY).unit_cost.value is None


def test_the_worst_account_comes_first_then_by_cost_and_parked_ones_last() -> None:
    days = {"1": loaded("10"), "2": loaded("20"), "3": bad(), "4": bad(DayState.INCOMPLETE), "5": bad()}
    accounts = [type(EAST)(str(n), f"店{n}") for n in range(1, 7)]
    assert [one.id for one in worst_first(accounts, days, {"5"})] == ["3", "6", "4", "2", "1", "5"]


def test_a_parked_account_that_can_be_read_again_is_no_longer_told_as_parked() -> None:
    assert line_of(EAST, loaded(), {}, DAY, parked=True).state is DayState.LOADED
    assert line_of(EAST, bad(), {}, DAY, parked=True).state is DayState.PARKED
    assert line_of(EAST, DayCoverage(), {}, DAY, parked=False).state is DayState.MISSING


def test_a_line_says_why_it_is_not_good_and_what_was_spent_outside() -> None:
    line = line_of(EAST, bad(what_to_do="请检查。"), {}, DAY, parked=False)
    assert (line.note, line.as_of) == ("请检查。", None)
    outside = DayCoverage(loaded().loaded, LastOutcome(state=DayState.LOADED, outside="12.5"))
    good = line_of(EAST, outside, {}, DAY, parked=False)
    assert (good.note, good.outside, good.as_of) == (None, Decimal("12.5"), at("07:02"))


def test_days_before_are_summed_over_what_the_table_is_sure_to_hold() -> None:
    doubtful = DayCoverage(loaded("999").loaded, LastOutcome(state=DayState.INCOMPLETE, written=True))
    book = {
        AccountDay("1", BEFORE): loaded("100"),
        AccountDay("2", BEFORE): loaded("50"),
        AccountDay("1", WEEK): loaded("70"),
        AccountDay("2", WEEK): doubtful,
    }
    past = past_of(sorted(book.items()), DAYS)
    by_day = {one.day: one for one in past.course}
    assert len(past.course) == 13
    assert by_day[BEFORE].figures == Figures(4, Decimal(150), Decimal(10))
    assert by_day[BEFORE].lacking == 0
    week = by_day[WEEK].figures
    assert week is not None
    assert (week.cost, by_day[WEEK].lacking) == (Decimal(70), 1)
    assert past.history.keys() == book.keys() - {AccountDay("2", WEEK)}


def test_a_gap_between_two_days_is_lacking_and_days_before_the_first_are_not() -> None:
    book = {AccountDay("1", WEEK): loaded(), AccountDay("1", BEFORE): loaded()}
    lacking = {one.day: one.lacking for one in past_of(book.items(), DAYS).course}
    assert lacking[WEEK - timedelta(days=1)] == 0
    assert lacking[WEEK + timedelta(days=1)] == 1


def test_nobody_waits_for_the_days_of_a_parked_account() -> None:
    book = {AccountDay("3", BEFORE): bad(DayState.PARKED)}
    past = past_of(book.items(), DAYS)
    assert past.course[-1].lacking == 0
    assert past.course[-1].figures is None


def test_an_emptied_redis_leaves_days_unknown_and_not_zero() -> None:
    past = past_of([], DAYS)
    assert not past.known
    assert {(one.figures, one.lacking) for one in past.course} == {(None, 0)}
    assert ZERO not in {one.figures and one.figures.cost for one in past.course}
