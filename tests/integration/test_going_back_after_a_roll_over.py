"""The release before successors, started after a roll-over, loads nothing into the old table: it obeys a mark there.

It is no part of this tree, so what it does is said here: it looks at one key of its table, refuses to load while the
key is there, and its doctor takes the key away once every account and day that the key names is seen in the table.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

import tests.days as calendar
from pipeline.steps.doctor.examine import examine
from pipeline.steps.doctor.surroundings import Workers
from pipeline.steps.rollover.chosen import unblock_all
from tests.days import FIRST, Days
from tests.inprocess import quiet
from tests.lab import day_of
from tests.rolled import assert_each_key_is_once_in_its_table, chain

BOUNDARIES = (FIRST + timedelta(days=4), FIRST + timedelta(days=6))


@dataclass(frozen=True)
class Mark:
    """What the former release reads of its key."""

    why: str
    days: tuple[tuple[str, date], ...]


@pytest.fixture
def rolled(redis_url: str, tmp_path: Path) -> Iterator[Days]:
    """A table with two successors, two days after the second one."""
    with calendar.calendar() as server, quiet(logging.ERROR):
        days = calendar.first_days(server, redis_url, tmp_path, cap=20_000)
        assert days.next_morning().success
        for first in BOUNDARIES:
            assert days.laike("tables", "split", "--from", str(first), "--yes").returncode == 0
            assert all(ended.success for ended in days.mornings(first))
        assert days.next_morning().success
        yield days


def mark_of(days: Days, table_id: str) -> Mark | None:
    """The key as the former release parses it: more names in it do not disturb that."""
    with redis.Redis.from_url(days.redis_url) as client:
        data: Any = client.get(f"laike:v1:table:{table_id}:unseen")
    if data is None:
        return None
    found = json.loads(data)
    assert isinstance(found["why"], str)
    return Mark(found["why"], tuple((str(name), date.fromisoformat(day)) for name, day in found["days"]))


def seen(days: Days, table_id: str) -> set[tuple[str, date]]:
    """Accounts and days of the rows that a table has."""
    rows = [record["fields"] for record in days.records(table_id)]
    return {(str(cells.get("账户名称")), day_of(cells["时间"])) for cells in rows}


def examined(days: Days) -> str:
    """What our doctor says of the rows."""
    found = examine(days.bare_context(), Workers(lambda: True, dict), notify=False)
    return next(one.says for one in found if one.check == "rows")


def test_every_older_table_has_a_mark_that_stops_the_former_release_and_the_newest_has_none(rolled: Days) -> None:
    *older, newest = [row.table_id for row in chain(rolled)]
    assert len(older) == len(BOUNDARIES)
    for table_id in older:
        mark = mark_of(rolled, table_id)
        assert mark
        assert newest in mark.why or older[-1] in mark.why, mark  # where the days went on
    assert mark_of(rolled, newest) is None


def test_its_doctor_cannot_take_the_mark_away_since_no_table_can_have_such_a_row(rolled: Days) -> None:
    for row in chain(rolled)[:-1]:
        mark = mark_of(rolled, row.table_id)
        assert mark
        assert mark.days, "without a day to look for, its doctor would take the mark away at once"
        assert not set(mark.days) <= seen(rolled, row.table_id)
        names = set(rolled.facts["accounts"].values())
        assert all(name not in names and day < date(2010, 1, 1) for name, day in mark.days)


def test_neither_our_own_runs_nor_our_doctor_mind_the_mark_or_take_it_away(rolled: Days) -> None:
    marks = [mark_of(rolled, row.table_id) for row in chain(rolled)]
    assert examined(rolled) == "what was written can be read"
    unblock_all(rolled.bare_context())
    assert rolled.next_morning().success
    assert [mark_of(rolled, row.table_id) for row in chain(rolled)] == marks
    assert_each_key_is_once_in_its_table(rolled, FIRST, rolled.day)


def test_a_stop_that_the_former_release_left_is_obeyed_and_ends_with_our_doctor(rolled: Days) -> None:
    newest = chain(rolled)[-1]
    name, day = next(iter(seen(rolled, newest.table_id)))
    left = json.dumps({"why": "rows cannot be read back", "days": [[name, day.isoformat()]]})
    with redis.Redis.from_url(rolled.redis_url) as client:
        client.set(f"laike:v1:table:{newest.table_id}:unseen", left)
    ended = rolled.next_morning()
    assert {trouble.reason for trouble in ended.troubles} == {"table_unseen"}
    examined(rolled)
    assert mark_of(rolled, newest.table_id) is None
    assert rolled.next_morning().success
    assert_each_key_is_once_in_its_table(rolled, FIRST, rolled.day)


def stop(days: Days, table_id: str, name: str, day: date) -> None:
    """Loading into a table is stopped: rows of an account and a day could not be read back."""
    left = json.dumps({"why": "rows cannot be read back", "days": [[name, day.isoformat()]]})
    with redis.Redis.from_url(days.redis_url) as client:
        client.set(f"laike:v1:table:{table_id}:stopped", left)


@pytest.mark.parametrize("place", [0, -1], ids=["oldest", "newest"])
def test_a_person_who_says_that_a_table_shows_all_that_there_is_lets_loading_go_on(rolled: Days, place: int) -> None:
    table_id = chain(rolled)[place].table_id
    stop(rolled, table_id, "蜀香小馆", date(2023, 1, 1))
    assert "loading is stopped" in examined(rolled)
    unblock_all(rolled.bare_context())
    assert examined(rolled) == "what was written can be read"
    assert rolled.next_morning().success
    assert_each_key_is_once_in_its_table(rolled, FIRST, rolled.day)


@pytest.mark.parametrize("place", [0, 1, -1], ids=["oldest", "older", "newest"])
def test_doctor_lets_loading_into_each_table_go_on_once_its_rows_are_seen(rolled: Days, place: int) -> None:
    table_id = chain(rolled)[place].table_id
    stop(rolled, table_id, *max(one for one in seen(rolled, table_id) if one[0] == "蜀香小馆"))
    assert "loading, which was stopped, goes on" in examined(rolled)
    assert examined(rolled) == "what was written can be read"
    assert rolled.next_morning().success
