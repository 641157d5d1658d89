from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.rollover.forecast import (
    boundary,
    due,
    foretold,
    holds_until,
    rows_a_day,
    settled,
    usable,
)
from pipeline.core.rollover.split import Split

DAY = timedelta(days=1)
CAP = 20_000  # 19,400 of them are used
AUTO, MONTH, NONE = Split.AUTO, Split.MONTH, Split.NONE


def counted(last: date, rows: int, gain: int, days: int = 20) -> dict[date, int]:
    """Counts of the days up to `last`, on which the table had `rows`."""
    return {last - ago * DAY: rows - ago * gain for ago in range(days)}


def grown(last: date, gains: Sequence[int]) -> dict[date, int]:
    """Counts of the days up to `last`, on which so many rows were added."""
    first = last - len(gains) * DAY
    return {first + day * DAY: rows for day, rows in enumerate(accumulate(gains, initial=0))}


# The rows of a day.


def test_the_rows_of_a_day_are_those_of_the_busier_days_of_the_last_month() -> None:
    assert rows_a_day(counted(date(2026, 5, 20), 9_000, 240), 0) == 240
    assert rows_a_day(grown(date(2026, 5, 20), [100] * 20 + [240] * 10), 0) == 240  # the quiet days are over
    assert rows_a_day(grown(date(2026, 5, 20), [100] * 25 + [240] * 5), 0) == 100


def test_a_backfill_on_one_day_changes_nothing() -> None:
    counts = counted(date(2026, 5, 20), 9_000, 240)
    jumped = {day: rows + 7_000 * (day >= date(2026, 5, 12)) for day, rows in counts.items()}
    assert rows_a_day(jumped, 240) == 240


def test_a_backfill_into_a_table_of_few_counts_is_not_taken_for_its_growth() -> None:
    assert rows_a_day({date(2026, 5, 1): 240, date(2026, 5, 2): 7_480}, 240) == 240


def test_nor_is_a_backfill_over_a_morning_without_a_count() -> None:
    counts = grown(date(2026, 5, 6), [240, 240, 0, 7_480, 240, 240])
    del counts[date(2026, 5, 3)]
    assert rows_a_day(counts, 240) == 240


def test_the_growth_over_days_without_a_count_is_spread_over_them() -> None:
    counts = {date(2026, 5, 1): 0, date(2026, 5, 2): 100, date(2026, 5, 12): 1_100}
    assert rows_a_day(counts, 0) == 100


def test_rows_that_people_removed_are_no_growth_and_no_shrinking() -> None:
    counts = {date(2026, 5, 1): 5_000, date(2026, 5, 2): 100, date(2026, 5, 3): 50}
    assert rows_a_day(counts, 0) == 0


def test_growth_of_more_than_a_month_ago_does_not_count() -> None:
    old = {date(2025, 1, 1): 0, date(2025, 1, 20): 19_000, date(2026, 4, 1): 19_000}
    assert rows_a_day(old | {date(2026, 5, 20): 19_000}, 0) == 0


def test_the_newest_day_is_the_least_that_is_expected() -> None:
    assert rows_a_day(counted(date(2026, 5, 20), 9_000, 240), 900) == 900
    assert rows_a_day({}, 240) == 240
    assert rows_a_day({}, 0) == 0


def test_a_young_table_knows_the_growth_of_its_predecessor() -> None:
    before = counted(date(2026, 5, 20), 19_000, 240)
    young = {date(2026, 5, 20): 24, date(2026, 5, 21): 48}
    assert rows_a_day(young, 24) == 24
    assert rows_a_day(young, 24, before) == 240


@pytest.mark.parametrize(("cap", "rows"), [(20_000, 19_400), (1, 0), (0, 0), (100, 97)])
def test_three_percent_of_a_table_are_kept_for_late_rows(cap: int, rows: int) -> None:
    assert usable(cap) == rows


# The wanted day.


@pytest.mark.parametrize(
    ("coming", "rows", "gain", "wanted"),
    [
        # lasts 80 days: at the first of March it has room for 51 days, at the first of April for 20
        (date(2027, 2, 1), 200, 240, date(2027, 3, 1)),
        (date(2028, 2, 1), 200, 240, date(2028, 3, 1)),  # of a leap year, on which the month is a day longer
        (date(2026, 11, 3), 0, 240, date(2026, 12, 1)),  # over the end of the year it would be short of 30 days
        (date(2026, 12, 2), 0, 200, date(2027, 2, 1)),
        # lasts 50 days: of the month start in 29 days on there is room for 21
        (date(2026, 5, 3), 7_400, 240, date(2026, 6, 1)),
        # lasts 50 days, and a month starts tomorrow: people could not prepare
        (date(2026, 5, 31), 7_400, 240, date(2026, 7, 1)),
        # lasts 25 days, a month starts in 3: 2 are spare
        (date(2026, 5, 29), 13_400, 240, date(2026, 6, 21)),
        # lasts 10 days, a month starts in 5: people cannot prepare anyhow
        (date(2026, 5, 27), 17_000, 240, date(2026, 6, 1)),
        # lasts 10 days, a month starts in 20
        (date(2026, 5, 12), 17_000, 240, date(2026, 5, 20)),
        (date(2026, 5, 12), 19_390, 240, date(2026, 5, 12)),  # is full
        (date(2026, 5, 12), 25_000, 240, date(2026, 5, 12)),  # is overfull
        (date(2026, 5, 12), 19_400, 0, None),  # does not grow
        (date(2026, 5, 12), 100, 1, None),  # is full in fifty years
    ],
)
def test_auto_wants_a_month_start_with_room_for_a_month_else_one_with_notice_else_the_last_day(
    coming: date, rows: int, gain: int, wanted: date | None
) -> None:
    assert boundary(AUTO, counted(coming, rows, gain), CAP, 0, coming) == wanted


def test_a_table_that_is_full_within_a_week_gets_no_successor_each_day() -> None:
    coming = date(2026, 5, 11)
    assert boundary(AUTO, {coming: 2_640}, CAP, 2_640, coming) == date(2026, 5, 15)


def test_a_table_of_a_few_days_is_not_cut_short_for_a_month_start() -> None:
    assert boundary(AUTO, {date(2026, 5, 30): 2_640}, CAP, 2_640, date(2026, 5, 31)) == date(2026, 6, 4)


def test_a_table_of_one_day_is_not_half_full_before_two() -> None:
    # 9,700 are half of it: it has a quarter, and a month starts today
    assert boundary(AUTO, {date(2026, 10, 31): 0, date(2026, 11, 1): 4_893}, CAP, 4_893, date(2026, 11, 1)) == date(
        2026, 11, 2
    )


def test_a_table_that_takes_three_days_is_used_for_two() -> None:
    coming = date(2026, 5, 11)
    assert boundary(AUTO, {coming: 6_000}, CAP, 6_000, coming) == date(2026, 5, 12)


def test_where_no_table_takes_a_day_a_successor_is_no_help() -> None:
    assert boundary(AUTO, {date(2026, 5, 11): 3}, 10, 30, date(2026, 5, 11)) is None
    assert boundary(MONTH, {date(2026, 5, 11): 3}, 10, 30, date(2026, 5, 11)) is None


def test_a_heavy_day_foretells_four_heavy_days_and_no_heavy_month() -> None:
    coming = date(2026, 5, 2)
    counts = counted(coming, 200, 240)  # room for 80 days, or 4 heavy ones and 60
    assert boundary(AUTO, counts, CAP, 1_200, coming) == date(2026, 6, 1)
    assert boundary(AUTO, counts, CAP, 4_000, coming) == date(2026, 5, 5)


@pytest.mark.parametrize(
    ("coming", "cap", "rows", "wanted"),
    [
        (date(2026, 5, 12), CAP, 200, date(2026, 6, 1)),
        (date(2026, 12, 12), CAP, 200, date(2027, 1, 1)),
        (date(2026, 6, 1), CAP, 200, date(2026, 6, 1)),
        (date(2026, 5, 12), CAP, 17_000, date(2026, 5, 20)),  # does not last until the month ends
        (date(2026, 5, 12), 0, 10**9, date(2026, 6, 1)),  # no limit
    ],
)
def test_month_wants_the_next_month_start_if_the_table_lasts_until_then(
    coming: date, cap: int, rows: int, wanted: date
) -> None:
    assert boundary(MONTH, counted(coming, rows, 240), cap, 0, coming) == wanted


def test_a_month_has_its_table_also_where_nothing_grows() -> None:
    assert boundary(MONTH, {date(2026, 5, 1): 7}, CAP, 0, date(2026, 5, 12)) == date(2026, 6, 1)


def test_nothing_is_wanted_without_a_count_without_a_limit_and_where_it_is_switched_off() -> None:
    coming = date(2026, 5, 12)
    assert [boundary(split, {}, CAP, 240, coming) for split in Split] == [None, None, None]
    assert boundary(AUTO, counted(coming, 10**6, 240), 0, 240, coming) is None
    assert boundary(NONE, counted(coming, 19_000, 240), CAP, 240, coming) is None


@given(
    split=st.sampled_from([AUTO, MONTH]),
    counted_rows=st.tuples(st.integers(0, 30_000), st.integers(0, 5_000)),
    of_day=st.integers(0, 5_000),
    cap=st.integers(0, 50_000),
    coming=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
)
def test_no_wanted_day_is_before_the_coming_one_or_beyond_what_the_table_holds(
    split: Split, counted_rows: tuple[int, int], of_day: int, cap: int, coming: date
) -> None:
    counts = counted(coming, *counted_rows)
    wanted = boundary(split, counts, cap, of_day, coming)
    assert wanted is None or coming <= wanted <= holds_until(counts, cap, of_day, coming)


# What is foretold.

TODAY = date(2026, 5, 12)


def test_a_day_is_foretold_45_days_before() -> None:
    assert due(TODAY + 45 * DAY, TODAY)
    assert not due(TODAY + 46 * DAY, TODAY)
    assert not due(None, TODAY)


JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
FAR = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("announced", "wanted", "holds", "told"),
    [
        (None, JUNE, FAR, JUNE),
        (None, JULY, FAR, None),  # 50 days off
        (None, None, FAR, None),
        (JUNE, JUNE, FAR, JUNE),
        (JUNE, JULY, FAR, JUNE),  # a month later: people have prepared
        (JUNE, date(2026, 8, 1), FAR, None),  # two months later: would not be foretold on the first of June
        (JUNE, None, FAR, None),
        (JULY, JUNE, FAR, JULY),  # the table holds: it stays
        (JULY, JUNE, JUNE, JUNE),  # the table does not hold
        (JULY, date(2026, 6, 20), date(2026, 6, 22), date(2026, 6, 20)),
        (date(2026, 5, 1), JUNE, FAR, TODAY),  # it could not be made on its day
    ],
)
def test_an_announced_day_stays_unless_the_table_does_not_hold_or_lasts_far_longer(
    announced: date | None, wanted: date | None, holds: date, told: date | None
) -> None:
    assert settled(announced, wanted, holds=holds, coming=TODAY, today=TODAY) == told


def told(announced: date | None, split: Split, counts: Mapping[date, int], cap: int = CAP) -> date | None:
    return foretold(announced, split, counts, cap, 0, coming=TODAY, today=TODAY)


def test_an_announced_day_stays_while_nobody_knows_how_the_table_grows() -> None:
    assert told(JUNE, AUTO, {}) == JUNE
    assert told(None, AUTO, {}) is None


def test_an_announced_day_is_withdrawn_after_people_archived_rows_or_switched_it_off() -> None:
    assert told(JUNE, AUTO, counted(TODAY, 7_400, 240)) == JUNE
    assert told(JUNE, AUTO, counted(TODAY, 0, 200), cap=50_000) is None
    assert told(JUNE, NONE, counted(TODAY, 7_400, 240)) is None
    assert told(JUNE, NONE, {}) is None


def test_a_quiet_month_withdraws_an_announced_day_only_after_its_last_busy_days() -> None:
    assert told(JUNE, AUTO, grown(TODAY, [240] * 5 + [60] * 25)) == JUNE
    assert told(JUNE, AUTO, grown(TODAY, [60] * 30)) is None
    assert told(None, AUTO, grown(TODAY, [240] * 5 + [60] * 25)) is None


def test_an_announced_day_is_not_withdrawn_by_days_that_are_too_busy_for_a_fresh_table() -> None:
    calm, busy = grown(TODAY, [90] * 29 + [99]), grown(TODAY, [90] * 20 + [99] * 10)
    assert told(None, AUTO, calm, cap=100) == TODAY  # a fresh table takes 97
    assert told(TODAY, AUTO, busy, cap=100) == TODAY
    assert told(None, AUTO, busy, cap=100) is None


@given(
    gains=st.lists(st.integers(150, 350), min_size=60, max_size=60),
    held=st.integers(0, 12_000),
)
def test_a_foretold_day_never_moves_later_and_never_comes_and_goes(gains: list[int], held: int) -> None:
    """In a table whose growth of the last month is known."""
    announced, counts = None, counted(TODAY, held + 20 * 250, 250)
    days: list[date | None] = []
    for day, gain in enumerate(gains, start=1):
        today = TODAY + day * DAY
        if announced and announced < today:  # it was made
            break
        counts[today] = counts[today - DAY] + gain
        announced = foretold(announced, AUTO, counts, CAP, gain, coming=today, today=today)
        days.append(announced)
    since = [day for day in days if day]
    assert days[len(days) - len(since) :] == since
    assert since == sorted(since, reverse=True)
