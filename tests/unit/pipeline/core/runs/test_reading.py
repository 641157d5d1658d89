from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.model import DayRange
from pipeline.core.runs.reading import EARLY_READ_GOOD_FOR, GOOD_FOR, OLDEST, believed, still_shows, usable

NOW = datetime(2026, 2, 12, 10, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read_at", "counts_as"),
    [
        (NOW - timedelta(days=900), NOW - timedelta(days=900)),
        (NOW, NOW),
        (NOW + timedelta(microseconds=1), OLDEST),
        (datetime(2099, 1, 1, tzinfo=UTC), OLDEST),
        (None, OLDEST),
    ],
)
def test_a_stored_time_that_is_later_than_the_clock_or_unknown_counts_as_the_oldest(
    read_at: datetime | None, counts_as: datetime
) -> None:
    assert believed(read_at, NOW) == counts_as


@pytest.mark.parametrize(
    ("age", "use"),
    [
        (timedelta(), True),
        (GOOD_FOR, True),
        (GOOD_FOR + timedelta(seconds=1), False),
        (timedelta(seconds=-50), True),  # a clock that was set right
        (timedelta(minutes=-5), False),
    ],
)
def test_rows_are_of_use_for_a_day_and_not_when_they_come_from_the_future(age: timedelta, *, use: bool) -> None:
    assert usable(NOW - age, NOW) == use


DAYS = DayRange(date(2026, 2, 5), date(2026, 2, 11))


@pytest.mark.parametrize(
    ("written", "shows"),
    [
        ([], True),
        ([DayRange(date(2026, 2, 1), date(2026, 2, 4))], True),  # other days
        ([DayRange(date(2026, 2, 1), date(2026, 2, 5))], False),
        (None, False),  # nobody knows which
    ],
)
def test_an_early_read_shows_the_table_while_nobody_writes_its_days(
    written: list[DayRange] | None, *, shows: bool
) -> None:
    assert still_shows(DAYS, written, NOW, NOW) == shows


def test_an_early_read_is_of_use_for_a_minute() -> None:
    assert still_shows(DAYS, [], NOW - EARLY_READ_GOOD_FOR + timedelta(seconds=1), NOW)
    assert not still_shows(DAYS, [], NOW - EARLY_READ_GOOD_FOR, NOW)
