"""Which days of which account are owed, and when they are tried."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.coverage.day import LastOutcome
from pipeline.core.coverage.owed import (
    catch_up_id,
    due_groups,
    groups,
    may_be_caught_up,
    may_try,
    newest_owed,
    next_id,
    owed_by_account,
    owed_days,
    tries,
    without_closed,
    worth_reading,
)
from pipeline.core.errors import TableFull
from pipeline.core.model import CHINA, Account, AccountDay, DayRange
from pipeline.core.outcome import DayState, Run
from pipeline.core.unforeseen import Unforeseen
from tests.chains import chained, only

NEWEST = date(2026, 2, 11)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=CHINA)


def ago(*days: int) -> tuple[date, ...]:
    """Days so long before the newest one."""
    return tuple(NEWEST - timedelta(days=day) for day in days)


@pytest.mark.parametrize(
    ("covered", "bad", "owed"),
    [
        ((), (), (6, 5, 4, 3, 2, 1, 0)),  # never loaded: the look-back
        ((), (3, 0), (6, 5, 4, 3, 2, 1, 0)),  # never loaded, though tried
        ((0,), (), ()),
        ((1,), (), (0,)),
        ((9,), (), (8, 7, 6, 5, 4, 3, 2, 1, 0)),  # nine days offline
        ((200,), (), tuple(range(29, -1, -1))),  # 30 at most
        ((9, 8, 0), (), (7, 6, 5, 4, 3, 2, 1)),  # a day loaded alone hides nothing
        ((3, 1, 0), (2,), (2,)),  # a hole
        ((3, 2, 1, 0), (2,), (2,)),  # loaded once, not good since
        ((40, *range(30)), (), ()),  # a hole beyond the horizon
    ],
)
def test_owed_is_what_was_never_loaded_since_the_first_loaded_day_and_what_is_bad(
    covered: tuple[int, ...], bad: tuple[int, ...], owed: tuple[int, ...]
) -> None:
    assert owed_days(set(ago(*covered)), set(ago(*bad)), NEWEST, 7, 30) == ago(*owed)


def test_each_account_owes_by_its_own_days() -> None:
    loaded, bad = set(ago(6, 5, 4, 3, 2, 1, 0)), LastOutcome(state=DayState.INCOMPLETE)
    outcomes = {AccountDay("2", ago(3)[0]): bad, AccountDay("1", ago(0)[0]): LastOutcome(state=DayState.EMPTY)}
    assert owed_by_account({"1": loaded, "2": loaded}, outcomes, NEWEST, 7, 30) == {"2": ago(3)}


def test_an_account_that_was_promised_another_reading_owes_from_then_on() -> None:
    waiting = {AccountDay("1", ago(9)[0]): LastOutcome(state=DayState.INCOMPLETE, again_at=SEVEN)}
    assert owed_by_account({"1": set()}, waiting, NEWEST, 7, 30)["1"][0] == ago(9)[0]


def test_a_day_that_only_waits_for_a_later_reading_is_not_worth_one_before() -> None:
    owed, waiting = {"1": ago(2, 1, 0), "2": ago(1)}, LastOutcome(state=DayState.INCOMPLETE, again_at=SEVEN)
    outcomes = {AccountDay("1", ago(1)[0]): waiting, AccountDay("2", ago(1)[0]): waiting}
    assert worth_reading(owed, outcomes, SEVEN - timedelta(seconds=1)) == {"1": ago(2, 0)}
    assert worth_reading(owed, outcomes, SEVEN) == owed


def test_a_look_back_longer_than_what_may_be_owed_is_cut() -> None:
    assert owed_days((), (), NEWEST, 7, 3) == ago(2, 1, 0)


def test_days_after_the_newest_that_may_be_owed_are_not() -> None:
    assert owed_days({NEWEST + timedelta(days=1)}, (), NEWEST, 7, 30) == ()


some_days = st.sets(st.integers(-1, 60).map(lambda day: NEWEST - timedelta(days=day)), max_size=40)


@given(some_days, some_days, st.integers(1, 90), st.integers(1, 90))
def test_after_what_was_owed_is_covered_nothing_is_owed(
    covered: set[date], bad: set[date], lookback: int, at_most: int
) -> None:
    owed = owed_days(covered, bad, NEWEST, lookback, at_most)
    assert owed_days(covered | set(owed), bad - set(owed), NEWEST, lookback, at_most) == ()


@given(some_days, some_days, st.integers(1, 90), st.integers(1, 90))
def test_what_is_owed_is_over_recent_and_in_order(
    covered: set[date], bad: set[date], lookback: int, at_most: int
) -> None:
    owed = owed_days(covered, bad, NEWEST, lookback, at_most)
    assert list(owed) == sorted(set(owed))
    assert all(NEWEST - timedelta(days=at_most) < day <= NEWEST for day in owed)
    assert all(day not in covered or day in bad for day in owed)


@pytest.mark.parametrize(
    ("clock", "newest"),
    [(time(0, 20), 1), (time(7, 0), 1), (time(7, 4, 59), 1), (time(7, 5), 0), (time(23, 59), 0)],
)
def test_yesterday_is_owed_from_seven_and_the_deadline_on(clock: time, newest: int) -> None:
    now = datetime.combine(NEWEST + timedelta(days=1), clock, CHINA)
    assert newest_owed(now, time(7, 0), 300) == ago(newest)[0]


def a_run(hours_ago: float, first: int = 6, last: int = 0, *accounts: str) -> Run:
    """A run that began so many hours before seven, over days so long before the newest."""
    days = DayRange(*ago(first, last))
    began = SEVEN - timedelta(hours=hours_ago)
    known = tuple(Account(number, f"店{number}") for number in accounts or ("1", "2"))
    return Run(run_id=f"r{hours_ago}", day=days.last, days=days, accounts=known, started_at=began, deadline=began)


@pytest.mark.parametrize(
    ("hours", "may"),
    [
        *[((), True), ((0.5,), False), ((1,), True), ((3, 1), False), ((5, 2), True), ((9, 8, 3), False)],
        ((-26,), True),  # it began before the clock stepped back
        ((5, 2, -26), True),
    ],
)
def test_a_failure_is_tried_again_after_1_2_4_hours(hours: tuple[float, ...], may: bool) -> None:  # noqa: FBT001
    runs = [a_run(one) for one in hours]
    assert may_try(runs, "1", ago(1, 0), SEVEN, unavailable=False) is may


def test_only_runs_of_the_account_and_of_its_newest_owed_day_count() -> None:
    others = [a_run(0.5, 6, 0, "2"), a_run(0.5, 6, 1, "1")]
    assert may_try(others, "1", ago(1, 0), SEVEN, unavailable=False)
    assert not may_try(others, "1", ago(3, 1), SEVEN, unavailable=False)


def test_after_a_hundred_tries_there_is_still_a_next_one() -> None:
    runs = [a_run(2000 + one) for one in range(100)]
    assert may_try(runs, "1", ago(0), SEVEN, unavailable=False)


@pytest.mark.parametrize(
    ("hours", "may"), [((), True), ((2,), False), ((23.9,), False), ((24,), True), ((30, 24), True), ((-2,), True)]
)
def test_an_account_that_cannot_be_read_is_tried_once_a_day(hours: tuple[float, ...], may: bool) -> None:  # noqa: FBT001
    runs = [a_run(one) for one in hours]
    assert may_try(runs, "1", ago(1, 0), SEVEN, unavailable=True) is may


def test_accounts_that_owe_the_same_range_go_together() -> None:
    owed: Mapping[str, tuple[date, ...]] = {"1": ago(3, 0), "2": ago(0), "3": ago(3, 2, 1, 0), "4": ago(0)}
    assert groups(owed) == {DayRange(*ago(3, 0)): ["1", "3"], DayRange(*ago(0, 0)): ["2", "4"]}


def test_accounts_are_not_tried_while_an_open_run_has_such_a_day() -> None:
    owed = {"1": ago(3), "2": ago(3), "3": ago(9)}
    day = DayRange(*ago(3, 3))
    assert due_groups(owed, [], [a_run(0.1, 6, 0, "1")], [], SEVEN) == {day: ["2"], DayRange(*ago(9, 9)): ["3"]}
    assert due_groups(owed, [a_run(0.1, 6, 0, "1")], [], [], SEVEN)[day] == ["2"]  # tried a moment ago
    assert due_groups(owed, [a_run(2, 6, 0, "1", "2")], [], ["1"], SEVEN)[day] == ["2"]  # 1 cannot be read


def test_what_failed_before_an_authorization_does_not_delay_the_next_try() -> None:
    runs, authorized = [a_run(5), a_run(2), a_run(0.5)], SEVEN - timedelta(hours=1)
    assert tries(runs, authorized, SEVEN) == [a_run(0.5)]
    assert tries(runs, SEVEN - timedelta(hours=2), SEVEN) == [a_run(2), a_run(0.5)]  # begun with the new one
    assert tries(runs, None, SEVEN) == runs
    assert tries(runs, SEVEN + timedelta(hours=1), SEVEN) == runs  # the clock stepped back since


def test_a_catch_up_run_is_named_by_its_days_and_how_many_there_were() -> None:
    yesterday, gap = DayRange(NEWEST, NEWEST), DayRange(*ago(9, 1))
    assert catch_up_id(NEWEST, yesterday, []) == "catch-up-2026-02-11-1"
    assert catch_up_id(NEWEST, gap, []) == "catch-up-2026-02-11-0202-0210-1"
    earlier = [
        replace(a_run(1, 0, 0), run_id="catch-up-2026-02-11-1"),
        replace(a_run(1, 9, 1), run_id="catch-up-2026-02-11-0202-0210-1"),
    ]
    assert catch_up_id(NEWEST, yesterday, earlier) == "catch-up-2026-02-11-2"
    assert catch_up_id(NEWEST, gap, earlier) == "catch-up-2026-02-11-0202-0210-2"


def test_what_broke_for_a_reason_that_nobody_foresaw_is_not_caught_up() -> None:
    owed = {"1": ago(2, 1, 0), "2": ago(1, 0), "3": ago(0)}
    places = [AccountDay("1", ago(1)[0]), *(AccountDay("2", day) for day in ago(1, 0))]
    broken = dict.fromkeys(places, LastOutcome(state=DayState.FAILED, reason=Unforeseen.reason))
    assert may_be_caught_up(owed, broken, [], []) == {"1": ago(2, 0), "3": ago(0)}


def test_days_are_left_alone_whose_newest_run_broke_at_its_end() -> None:
    owed = {"1": ago(2, 1, 0)}
    older, newer = replace(a_run(5, 6, 0), run_id="older"), replace(a_run(1, 1, 0), run_id="newer")
    assert may_be_caught_up(owed, {}, [newer, older], ["newer"]) == {"1": ago(2)}
    assert may_be_caught_up(owed, {}, [newer, older], ["older"]) == {"1": ago(1, 0)}
    assert may_be_caught_up(owed, {}, [newer, older], []) == owed


def test_the_name_after_a_name_has_the_next_number() -> None:
    assert next_id("catch-up-2026-02-11-0202-0210-9") == "catch-up-2026-02-11-0202-0210-10"


def test_a_day_that_does_not_fit_into_a_table_with_a_successor_is_owed_no_more() -> None:
    before, behind = AccountDay("1", ago(3)[0]), AccountDay("1", ago(1)[0])
    full = LastOutcome(state=DayState.FAILED, reason=TableFull.reason)
    other = LastOutcome(state=DayState.FAILED, reason="feishu_unreachable")
    outcomes = {before: full, behind: full, AccountDay("2", before.day): other}
    rolled = chained(("tblA", None), ("tblB", ago(2)[0]))
    assert without_closed(outcomes, rolled) == {behind: full, AccountDay("2", before.day): other}
    assert without_closed(outcomes, only("tblA")()) == outcomes
