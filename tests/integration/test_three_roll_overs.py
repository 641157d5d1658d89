"""A table gets a successor before it is full, three times, at a month start that was foretold; nobody does anything.

Fourteen mornings around each boundary are looked at closely. In the weeks between, the computer is on each fourth day
only: as often as it takes to see every correction within the 30 days that are watched.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.outcome import Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from tests import days as calendar
from tests.days import CAP, SEVEN, Days
from tests.inprocess import quiet
from tests.lab import Plain
from tests.rolled import (
    Row,
    announced,
    around,
    assert_each_key_is_once_in_its_table,
    assert_never_full,
    assert_no_row_is_gone,
    assert_registry_is_whole,
    chain,
    rows_of,
)

BOUNDARIES = 3
CLOSE = 7  # days before and after a boundary
REST = 4
FIRST = date(2024, 1, 14)  # loaded by the first morning, with two days more before it
FORETOLD = 14  # days ahead at least
LAST = date(2024, 12, 31)  # three tables are full long before
NOTE = {"单元名称": "店庆，手工记录"}


@dataclass
class Diary:
    """What was seen while days passed."""

    told: dict[date, date] = field(default_factory=dict)  # boundary → the day on which it was first foretold
    warned: dict[date, tuple[str, ...]] = field(default_factory=dict)
    made: list[Row] = field(default_factory=list)
    repeated: dict[date, dict[str, int]] = field(default_factory=dict)  # writes of a second run of a day
    restated: set[date] = field(default_factory=set)  # days corrected from behind a boundary


@dataclass
class Lived:
    """The world after three boundaries and a week, and its diary."""

    days: Days
    diary: Diary


@pytest.fixture(scope="module")
def lived(redis_session: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Days that passed until a week after the third boundary."""
    home: Path = tmp_path_factory.mktemp("days")
    with calendar.calendar() as server, quiet(logging.ERROR):
        days, diary = calendar.first_days(server, redis_session, home, FIRST - timedelta(days=1)), Diary()
        while not _over(days):
            _rest(days)
            morning(days, diary)
        yield Lived(days, diary)


def _over(days: Days) -> bool:
    tables = chain(days)
    assert days.day < LAST, tables
    last = tables[-1].first if len(tables) == 1 + BOUNDARIES else None
    return last is not None and days.day >= last + timedelta(days=CLOSE - 1)


def _rest(days: Days) -> None:
    """Far from boundaries, let three days pass before the next morning."""
    told = announced(days)
    nearest = [row.first for row in [*chain(days), *([told] if told else [])] if row.first]
    if all(not -CLOSE < (first - days.day).days <= CLOSE + REST for first in nearest) and chain(days)[1:]:
        days.at(SEVEN, REST - 1)


def morning(days: Days, diary: Diary) -> None:
    """One day: the daily run, and near a boundary everything that is to hold of it."""
    known, before = chain(days), rows_of(days) if near(days, days.day + timedelta(days=1)) else {}
    ended = days.next_morning()
    assert ended.success, ended
    assert ended.summary
    note(days, diary, ended.summary, known)
    if near(days, days.day):
        assert_no_row_is_gone(days, before)
        assert_registry_is_whole(days)
        assert_each_key_is_once_in_its_table(days, max(FIRST, days.day - timedelta(days=29)), days.day)
        diary.repeated[days.day] = again(days)


def note(days: Days, diary: Diary, summary: Summary, known: list[Row]) -> None:
    """Write down what a run told and made."""
    told = announced(days)
    if told and told.first:
        diary.told.setdefault(told.first, days.day)
    diary.warned[days.day] = summary.warnings
    tables = chain(days)
    for row in tables[max(1, len(known)) :]:
        diary.made.append(row)
        days.control("rows/insert", {"table_id": row.table_id, "fields": NOTE})
    if len(tables) > 1 and tables[-1].first:
        diary.restated |= {shift.day for shift in summary.restatements if shift.day < tables[-1].first}


def near(days: Days, day: date) -> bool:
    """Whether a day is one of the fourteen around a boundary."""
    told = announced(days)
    bounds = [row.first for row in [*chain(days), *([told] if told else [])] if row.first]
    return any(first <= day <= last for first, last in map(around, bounds))


def again(days: Days) -> dict[str, int]:
    """What a second run of the same day writes."""
    before: Plain = days.look("calls")["counts"]
    ctx = days.bare_context()
    summary: Any = carry_out(ctx, begin(ctx, None, (), dry_run=False).run_id)
    assert (summary.state, summary.created, summary.updated) == ("success", 0, 0), summary
    return days.writes_since(before)


def test_three_boundaries_came_each_foretold_at_a_month_start(lived: Lived) -> None:
    bounds = [row.first for row in lived.diary.made]
    assert len(bounds) == BOUNDARIES
    for first in bounds:
        assert first
        assert first.day == 1
        assert (first - lived.diary.told[first]).days >= FORETOLD, (first, lived.diary.told)


def test_each_boundary_was_told_by_its_date_and_name_and_then_that_it_was_made(lived: Lived) -> None:
    for row in lived.diary.made:
        assert row.first
        before = lived.diary.warned[row.first - timedelta(days=7)]
        assert any(row.name in line and str(row.first) in line for line in before), before
        assert any(row.name in line for line in lived.diary.warned[row.first]), lived.diary.warned[row.first]


def test_every_key_of_every_day_is_in_one_table_the_right_one_once(lived: Lived) -> None:
    assert_each_key_is_once_in_its_table(lived.days, FIRST, lived.days.day)
    assert_registry_is_whole(lived.days)


def test_no_table_was_ever_filled_beyond_what_is_kept_for_late_rows(lived: Lived) -> None:
    assert_never_full(lived.days, CAP)
    assert not any("已满" in line for lines in lived.diary.warned.values() for line in lines)


def test_a_second_run_on_any_day_around_a_boundary_writes_nothing(lived: Lived) -> None:
    assert len(lived.diary.repeated) == BOUNDARIES * 2 * CLOSE
    assert {day: writes for day, writes in lived.diary.repeated.items() if writes} == {}


def test_days_before_each_boundary_were_corrected_after_it_in_the_table_that_has_them(lived: Lived) -> None:
    for row in lived.diary.made:
        assert row.first
        assert any(row.first - timedelta(days=30) <= day < row.first for day in lived.diary.restated), row


def test_a_person_s_row_in_a_new_table_stays(lived: Lived) -> None:
    for row in lived.diary.made:
        theirs = [one for one in lived.days.records(row.table_id) if "单元ID" not in one["fields"]]
        assert [one["fields"] for one in theirs] == [NOTE]


def test_each_new_table_has_a_view_of_ours_for_each_account_that_shows_its_rows(lived: Lived) -> None:
    names = set(lived.days.facts["accounts"].values())
    tables = {table["table_id"]: table for table in lived.days.look("state")["tables"]}
    for row in lived.diary.made:
        assert names <= {view["view_name"] for view in tables[row.table_id]["views"]}
