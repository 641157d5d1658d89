"""1,100 mornings each: no table fills up, and people hear of its successor two weeks before if it could be known.

More worlds: `SEEDS=300 pytest tests/unit/pipeline/core/rollover/test_simulation.py`.
"""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from pipeline.core.rollover.forecast import usable
from pipeline.core.rollover.split import Split
from tests.unit.pipeline.core.rollover.simulation import BEGIN, Life, Made, World

SEEDS = range(int(os.environ.get("SEEDS", "3")))
DAY = timedelta(days=1)
NOTICE = 14  # days
MORE = 1.2  # a day may bring a fifth more than was known
ROOM = 20  # days of the known rows: two weeks and two spare days, each with a fifth more, are 19.2
SEVEN, MANY = 240, 2_640  # rows a day of 7 and of 77 accounts


def world(rows: int, cap: int, split: Split, seed: int) -> World:
    """One that starts empty or with a table that was used before, with a growth and late rows that differ."""
    growth = ((0.0, 0.2, 0.6) if rows == SEVEN else (0.0, 0.1, 0.2))[seed % 3]
    held = 0 if seed % 2 == 0 else cap * 6 // 10
    return World(rows, cap, split, growth=growth, late=(0.005, 0.01, 0.02)[seed // 3 % 3], held=held, seed=seed)


def notice(table: Made, after: Made) -> int:
    """The days since which people were told the day that it became, without another word meanwhile."""
    since = after.first
    for day in sorted(table.told, reverse=True):
        if table.told[day] != after.first:
            break
        since = day
    return (after.first - since).days


def allowed(table: Made, after: Made, cap: int) -> bool:
    """Whether a boundary could be foretold two weeks before.

    Two weeks before, the table was there and had room for 20 days of the rows that each day was known to add. And
    until the boundary no day added more than a fifth more: nobody knows of a heavier day, such as that of a backfill,
    the first after a quiet month, or one after Spring Festival, two weeks before it.
    """
    days = [day for day in table.lasted if day <= after.first - NOTICE * DAY]
    if not days or table.lasted[then := max(days)] < ROOM:
        return False
    known = (usable(cap) - table.counts[then]) / table.lasted[then]
    since = sorted(day for day in table.told if then <= day <= after.first)
    return all(
        table.counts[later] - table.counts[earlier] <= MORE * known * (later - earlier).days
        for earlier, later in pairwise(since)
    )


def words(table: Made) -> Iterator[tuple[date, date | None, date | None]]:
    """The days on which what people were told changed, with what it was before and then."""
    for (_, was), (day, now) in pairwise(sorted(table.told.items())):
        if was and was != now:
            yield day, was, now


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("split", [Split.AUTO, Split.MONTH])
@pytest.mark.parametrize(
    ("rows", "cap", "bounds"),
    [  # the fewest and the most tables in three years; of 100 boundaries, how many had two weeks' notice at least
        (SEVEN, 20_000, (25, 60, 60)),
        (SEVEN, 50_000, (6, 42, 95)),
        (MANY, 20_000, (180, 330, 0)),  # a table is full within a week
        (MANY, 50_000, (60, 140, 0)),  # or three
    ],
)
def test_no_table_is_ever_full_and_every_boundary_is_foretold_in_time(
    rows: int, cap: int, split: Split, seed: int, bounds: tuple[int, int, int]
) -> None:
    fewest, most, noticed = bounds
    life = Life(world(rows, cap, split, seed))
    boundaries = list(pairwise(life.tables))
    could = [(one, after) for one, after in boundaries if allowed(one, after, cap)]
    assert max(table.rows for table in life.tables) <= cap, "late rows and all"
    assert fewest <= len(life.tables) <= most
    in_time = sum(notice(one, after) >= NOTICE for one, after in boundaries)
    assert in_time * 100 >= noticed * len(boundaries)
    assert [(one.first, after.first) for one, after in could if notice(one, after) < NOTICE] == []
    assert_nobody_is_told_by_turns(life)
    short = [one.first for one in of_a_day(life) if one.rows * 3 < usable(cap)]
    assert [day for day in short if day + DAY in short] == [], "a chain of tables of a day"


def of_a_day(life: Life) -> list[Made]:
    """The tables that hold one day, without the first one, which may have been used before."""
    return [one for one, after in pairwise(life.tables) if (after.first - one.first).days == 1 and one.first != BEGIN]


def assert_nobody_is_told_by_turns(life: Life) -> None:
    """A told day never moves later, moves seldom, and is withdrawn at most once in a quiet month."""
    changes = [change for table in life.tables for change in words(table)]
    assert [change for change in changes if change[1] and change[2] and change[2] > change[1]] == []
    withdrawn = [day for day, _, now in changes if now is None]
    assert len(withdrawn) <= 4
    assert all((later - earlier).days >= NOTICE for earlier, later in pairwise(sorted(withdrawn)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("rows", "cap", "days"), [(SEVEN, 20_000, 7), (SEVEN, 50_000, 14), (MANY, 50_000, 4)])
def test_no_table_is_younger_than_it_must_be(rows: int, cap: int, days: int, seed: int) -> None:
    life = Life(world(rows, cap, Split.AUTO, seed))
    young = [table for table, after in pairwise(life.tables) if (after.first - table.first).days < days]
    few = [table.first for table in young if (table.rows + rows) * 2 < usable(cap)]
    assert few == [], "only a backfill fills a table to the half so soon"
    assert life.tables[0].first == BEGIN


@pytest.mark.parametrize("seed", SEEDS)
def test_77_accounts_in_tables_of_a_week_use_them_by_more_than_half(seed: int) -> None:
    life = Life(world(MANY, 20_000, Split.AUTO, seed))
    used = [table.rows / usable(20_000) for table in life.tables[1:-1]]
    assert sum(used) / len(used) > 0.55
    few = [table.first for table in of_a_day(life) if table.rows * 3 < usable(20_000)]
    assert few == [], "a table of a day only where a day is a third of a table"
