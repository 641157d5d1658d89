import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import WrongInput
from pipeline.core.model import Account, AccountDay, DayRange, china_day
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.plan import (
    batches_deadline_s,
    catch_up_due,
    choose_accounts,
    closed_day,
    daily_is_late,
    deadline_s,
    follows_on,
    fullest,
    is_attempt_at,
    manual_suffix,
    over,
    owed_from,
    parts,
    state_of_open,
    window,
    yesterday,
)

SEVEN = datetime(2026, 2, 1, 23, 0, tzinfo=UTC)  # 07:00 of 2 February in Shanghai
A, B, C = "1800000000001111", "1800000000002222", "1800000000003333"
KNOWN = {A: "青岛店", B: "济南店", C: "烟台店"}

moments = st.datetimes(
    datetime(2021, 1, 1),  # noqa: DTZ001 the zone is given below
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11))]),
)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (SEVEN, date(2026, 2, 1)),  # 2 February - 1
        (datetime(2026, 2, 1, 15, 59, tzinfo=UTC), date(2026, 1, 31)),  # 23:59 of 1 February - 1
        (datetime(2026, 2, 1, 16, 0, tzinfo=UTC), date(2026, 2, 1)),  # 00:00 of 2 February - 1
        (datetime(2024, 2, 29, 17, 0, tzinfo=UTC), date(2024, 2, 29)),  # 01:00 of 1 March - 1
    ],
)
def test_yesterday_is_the_newest_day_that_is_over_in_shanghai(now: datetime, day: date) -> None:
    assert yesterday(now) == day


@pytest.mark.parametrize(
    ("lookback", "first"),
    [
        (1, date(2026, 2, 1)),  # 1 - (1 - 1)
        (7, date(2026, 1, 26)),  # 32 - (7 - 1) = 26 January
        (30, date(2026, 1, 3)),  # 32 - (30 - 1) = 3 January
    ],
)
def test_the_window_ends_yesterday_and_has_as_many_days_as_are_looked_back(lookback: int, first: date) -> None:
    assert window(SEVEN, lookback) == DayRange(first, date(2026, 2, 1))


@given(moments, st.integers(1, 60))
def test_a_window_never_holds_a_day_that_is_not_over(now: datetime, lookback: int) -> None:
    days = window(now, lookback)
    assert len(days) == lookback
    assert days.last == yesterday(now)
    assert china_day(now) not in days


def test_a_window_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        window(SEVEN, 0)


def test_a_day_that_is_over_is_a_range_of_itself() -> None:
    assert closed_day(date(2026, 1, 15), SEVEN) == DayRange(date(2026, 1, 15), date(2026, 1, 15))


def test_yesterday_can_be_loaded() -> None:
    assert closed_day(date(2026, 2, 1), SEVEN).last == date(2026, 2, 1)


@pytest.mark.parametrize("day", [date(2026, 2, 2), date(2026, 2, 3), date(2027, 1, 1)])
def test_today_and_later_cannot_be_loaded(day: date) -> None:
    with pytest.raises(WrongInput, match=re.escape(str(day))):
        closed_day(day, SEVEN)


def test_a_day_becomes_loadable_at_midnight_in_shanghai() -> None:
    day = date(2026, 2, 1)
    assert closed_day(day, datetime(2026, 2, 1, 16, 0, tzinfo=UTC)).last == day
    with pytest.raises(WrongInput):
        closed_day(day, datetime(2026, 2, 1, 15, 59, 59, tzinfo=UTC))


def test_the_oldest_day_that_the_api_serves_can_be_loaded() -> None:
    assert closed_day(date(2025, 2, 2), SEVEN).first == date(2025, 2, 2)  # 2 February 2026 - 365


def test_a_day_older_than_the_api_serves_cannot_be_loaded() -> None:
    with pytest.raises(WrongInput):
        closed_day(date(2025, 2, 1), SEVEN)


def test_the_refusal_of_a_day_names_the_days_that_are_allowed() -> None:
    with pytest.raises(WrongInput, match="2025-02-02 to 2026-02-01"):
        closed_day(date(2020, 1, 1), SEVEN)


@given(moments, st.integers(-400, 400))
def test_a_day_is_loadable_exactly_when_it_is_over_and_within_a_year(now: datetime, ago: int) -> None:
    day = china_day(now) - timedelta(days=ago)
    if 1 <= ago <= 365:
        assert list(closed_day(day, now)) == [day]
    else:
        with pytest.raises(WrongInput):
            closed_day(day, now)


def test_without_a_choice_all_known_accounts_are_loaded() -> None:
    assert choose_accounts(KNOWN, []) == (Account(A, "青岛店"), Account(B, "济南店"), Account(C, "烟台店"))


def test_only_the_chosen_accounts_are_loaded() -> None:
    assert choose_accounts(KNOWN, [C, A]) == (Account(A, "青岛店"), Account(C, "烟台店"))


def test_an_account_chosen_twice_is_loaded_once() -> None:
    assert choose_accounts(KNOWN, [B, B]) == (Account(B, "济南店"),)


def test_an_unknown_account_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(WrongInput, match="unknown account 99, 98") as caught:
        choose_accounts(KNOWN, [A, "99", "98"])
    assert f"{B} (济南店)" in caught.value.message


def test_an_account_is_not_chosen_by_its_name() -> None:
    with pytest.raises(WrongInput):
        choose_accounts(KNOWN, ["青岛店"])


def test_accounts_of_one_name_get_the_last_four_digits_of_their_id() -> None:
    same = {A: "旗舰店", B: "济南店", C: "旗舰店"}
    assert [one.name for one in choose_accounts(same, [])] == ["旗舰店 (1111)", "济南店", "旗舰店 (3333)"]


def test_an_account_is_written_under_the_same_name_when_it_is_chosen_alone() -> None:
    same = {A: "旗舰店", B: "济南店", C: "旗舰店"}
    assert choose_accounts(same, [C]) == (Account(C, "旗舰店 (3333)"),)


def test_accounts_of_one_name_and_one_ending_are_still_told_apart() -> None:
    same = {"1800000000001111": "旗舰店", "1900000000001111": "旗舰店"}
    first, second = choose_accounts(same, [])
    assert first.name != second.name


@given(st.dictionaries(st.integers(1000, 9999).map(str), st.sampled_from(["店", "旗舰店", ""]), max_size=8), st.data())
def test_a_choice_never_changes_names_and_never_adds_accounts(known: Mapping[str, str], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1)) if known else []
    every = {one.id: one for one in choose_accounts(known, [])}
    assert list(every) == list(known)
    picked = choose_accounts(known, chosen)
    assert {one.id for one in picked} == set(chosen)
    assert all(every[one.id] == one for one in picked)
    assert len({one.name for one in every.values()}) == len(known)


@pytest.mark.parametrize(
    ("accounts", "days", "rate", "seconds"),
    [
        (7, 7, 5, 300),  # 2 * 7 * 1 / 5 = 2.8 < 300
        (1000, 7, 5, 400),  # 2 * 1000 * 1 / 5
        (750, 100, 5, 300),  # 2 * 750 * 1 / 5
        (750, 101, 5, 600),  # 2 * 750 * 2 / 5
        (100, 365, 2, 400),  # 2 * 100 * 4 / 2
        (0, 7, 5, 300),  # nothing to do has the floor too
    ],
)
def test_a_run_may_take_300_seconds_or_twice_its_calls(accounts: int, days: int, rate: float, seconds: float) -> None:
    assert deadline_s(accounts, days, rate, None) == seconds


@pytest.mark.parametrize("wanted", [0, 20, 7200])
def test_a_deadline_that_is_set_is_taken_as_it_is(wanted: float) -> None:
    assert deadline_s(1000, 365, 5, wanted) == wanted


def test_a_manual_run_is_named_by_the_moment_in_shanghai() -> None:
    assert manual_suffix(SEVEN.replace(second=9, microsecond=45678)) == "0202070009045"


@given(moments, st.integers(1, 1000))
def test_manual_runs_a_millisecond_apart_have_different_names(now: datetime, later: int) -> None:
    assert len({manual_suffix(now + timedelta(milliseconds=ms)) for ms in (0, later)}) == 2


def a_run(accounts: int, days: int) -> Run:
    """A run of so many accounts and days up to 1 February."""
    last = date(2026, 2, 1)
    return Run(
        run_id="run1",
        day=last,
        days=DayRange(last - timedelta(days=days - 1), last),
        accounts=tuple(Account(str(number), f"店{number}") for number in range(accounts)),
        started_at=SEVEN,
        deadline=SEVEN,
    )


@pytest.mark.parametrize(
    ("accounts", "days", "batches"),
    [(7, 7, 1), (7, 30, 1), (7, 31, 2), (200, 1, 1), (201, 1, 2), (77, 365, 21), (1000, 7, 5), (1000, 60, 45)],
)
def test_a_run_is_cut_into_batches_of_200_accounts_and_30_days(accounts: int, days: int, batches: int) -> None:
    cut = parts(a_run(accounts, days))
    assert [part.batch for part in cut] == list(range(batches))
    assert all(len(part.accounts) <= 200 and len(part.days) <= 30 for part in cut)
    assert all(len(part.accounts) * len(part.days) <= 1400 for part in cut)


def test_a_batch_has_rather_fewer_days_than_fewer_accounts_since_the_table_is_searched_by_days() -> None:
    assert {len(part.accounts) for part in parts(a_run(77, 125))} == {77}
    assert [len(part.days) for part in parts(a_run(77, 125))] == [*[18] * 6, 17]


@pytest.mark.parametrize(
    ("rows_a_day", "days"),
    [(0, [30, 30, 10]), (233, [30, 30, 10]), (350, [20, 20, 20, 10]), (7000, [1] * 70), (99_999, [1] * 70)],
)
def test_a_batch_of_full_accounts_has_fewer_days_and_the_last_one_the_fewest(rows_a_day: int, days: list[int]) -> None:
    cut = parts(replace(a_run(7, 70), rows_a_day=rows_a_day))
    assert [len(part.days) for part in cut] == days
    assert {len(part.accounts) for part in cut} == {7}


def test_a_batch_counts_the_rows_of_its_own_accounts_only() -> None:
    cut = parts(replace(a_run(400, 4), rows_a_day=7000))
    assert {(len(part.accounts), len(part.days)) for part in cut} == {(200, 2)}


@given(st.integers(1, 450), st.integers(1, 100))
def test_the_batches_together_are_the_run_and_nothing_twice(accounts: int, days: int) -> None:
    run = a_run(accounts, days)
    cells = [(account, day) for part in parts(run) for account in part.accounts for day in part.days]
    assert len(cells) == len(set(cells)) == accounts * days
    assert set(cells) == {(account, day) for account in run.accounts for day in run.days}


def test_days_older_than_the_run_are_looked_at_by_the_batches_of_its_oldest_days_only() -> None:
    cut = parts(replace(a_run(400, 10), restatements=True))  # 7 and 3 days of 200 accounts
    assert [part.restatements for part in cut] == [True, True, False, False]
    assert not any(part.restatements for part in parts(a_run(400, 10)))


def test_a_backfill_may_take_what_each_of_its_batches_may() -> None:
    batches = parts(a_run(7, 62))  # 30 + 30 + 2 days
    assert batches_deadline_s(batches, 5, None) == 3 * 300
    assert batches_deadline_s(batches, 5, 60) == 3 * 60


@pytest.mark.parametrize(
    ("hours", "due"),
    [([], True), ([1], True), ([0.5], False), ([3, 1], False), ([5, 2], True), ([9, 8, 3], False), ([9, 8, 4], True)],
)
def test_a_day_that_is_still_owed_is_tried_again_after_1_2_4_hours(hours: list[float], due: bool) -> None:  # noqa: FBT001
    assert catch_up_due([SEVEN - timedelta(hours=ago) for ago in hours], SEVEN) is due


@pytest.mark.parametrize(
    ("seconds", "late"),
    [(-60, False), (0, False), (11, False), (12, True), (299, True), (300, False)],  # 12 s of patience, 300 of deadline
)
def test_a_daily_run_is_late_until_yesterday_is_owed(seconds: int, late: bool) -> None:  # noqa: FBT001
    now = SEVEN + timedelta(seconds=seconds)
    assert daily_is_late(now, time(7, 0), 12, 300) is late
    assert (owed_from(now, time(7, 0), 300) <= now) is (seconds >= 300)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (0, RunState.RUNNING),
        (300, RunState.RUNNING),  # the deadline
        (360, RunState.RUNNING),  # 300 + 60 for its ending
        (361, RunState.INTERRUPTED),
    ],
)
def test_a_run_without_an_end_is_interrupted_a_minute_past_its_deadline(seconds: int, state: RunState) -> None:
    run = replace(a_run(1, 1), deadline=SEVEN + timedelta(seconds=300))
    assert state_of_open(run, SEVEN + timedelta(seconds=seconds), alive=False) == state


def test_a_run_that_gives_signs_of_life_is_running_long_past_its_deadline() -> None:
    run = replace(a_run(1, 1), deadline=SEVEN + timedelta(seconds=300))
    assert state_of_open(run, SEVEN + timedelta(days=1), alive=True) == RunState.RUNNING


def test_a_batch_of_the_days_of_the_one_before_is_read_with_that() -> None:
    agency, year = a_run(450, 7), a_run(7, 90)
    assert [follows_on(agency, number) for number in range(-1, 5)] == [False, False, True, True, False, False]
    assert not any(follows_on(year, number) for number in range(5))


def test_days_of_the_table_may_be_as_old_as_they_like_but_must_be_over() -> None:
    assert over(date(2019, 1, 1), date(2026, 2, 1), SEVEN) == DayRange(date(2019, 1, 1), date(2026, 2, 1))
    with pytest.raises(WrongInput, match="2026-02-02 is not over yet: the last day that is, is 2026-02-01"):
        over(date(2019, 1, 1), date(2026, 2, 2), SEVEN)
    with pytest.raises(WrongInput, match="ends before it starts"):
        over(date(2019, 1, 2), date(2019, 1, 1), SEVEN)


def test_a_day_may_have_the_rows_of_each_account_s_fullest_day() -> None:
    one, two = date(2026, 2, 1), date(2026, 2, 2)
    rows = {AccountDay(A, one): 3, AccountDay(A, two): 5, AccountDay(B, one): 2}
    assert fullest(rows) == 7  # 5 + 2
    assert fullest({}) == 0


def test_a_backfill_takes_up_one_of_the_same_days_accounts_and_table() -> None:
    run = replace(a_run(1, 1), table_id="tbl1")
    assert is_attempt_at(run, replace(run, run_id="another"))
    assert is_attempt_at(replace(run, table_id=""), run)  # of a release that named no table
    assert not is_attempt_at(replace(run, table_id="tbl2"), run)
    assert not is_attempt_at(a_run(2, 1), run)
    assert not is_attempt_at(a_run(1, 2), run)
