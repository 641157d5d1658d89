"""1,100 mornings each: whatever the accounts do, no table fills up, and people hear of its successor in time.

Others: `SEEDS=300 pytest tests/unit/pipeline/core/rollover/test_simulation.py`.
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
ALLOWED = 21  # days: two weeks, two spare days of rows, and a day of six for growth, in whole days and a little more
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

    The table was there then, had room for three weeks by the rows that each day added then, and until the boundary
    not more than a tenth more of them came.
    """
    days = [day for day in table.counts if day <= after.first - NOTICE * DAY]
    if not days or (then := max(days)) not in table.lasted or table.lasted[then] < ALLOWED:
        return False
    last = max(day for day in table.told if day <= after.first)
    a_day = (usable(cap) - table.counts[then]) / table.lasted[then]
    return table.counts[last] - table.counts[then] <= 1.1 * a_day * (last - then).days


def words(table: Made) -> Iterator[tuple[date, date | None, date | None]]:
    """The days on which what people were told changed, with what it was before and then."""
    for (_, was), (day, now) in pairwise(sorted(table.told.items())):
        if was and was != now:
            yield day, was, now


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("split", [Split.AUTO, Split.MONTH])
@pytest.mark.parametrize(
    ("rows", "cap", "bounds"),
    [  # so many tables in three years; of 100 boundaries so many could be foretold in two weeks, at least
        (SEVEN, 20_000, (25, 60, 40)),
        (SEVEN, 50_000, (6, 42, 80)),
        (MANY, 20_000, (180, 330, 0)),  # a table is full within a week
        (MANY, 50_000, (60, 140, 0)),  # or three
    ],
)
def test_no_table_is_ever_full_and_every_boundary_is_foretold_in_time(
    rows: int, cap: int, split: Split, seed: int, bounds: tuple[int, int, int]
) -> None:
    fewest, most, foreseeable = bounds
    life = Life(world(rows, cap, split, seed))
    boundaries = list(pairwise(life.tables))
    could = [(one, after) for one, after in boundaries if allowed(one, after, cap)]
    assert max(table.rows for table in life.tables) <= cap, "late rows and all"
    assert fewest <= len(life.tables) <= most
    assert len(could) * 100 >= foreseeable * len(boundaries)
    assert [(one.first, after.first) for one, after in could if notice(one, after) < NOTICE] == []
    assert_nobody_is_told_by_turns(life)


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
    assert [table.first for table, after in pairwise(life.tables) if (after.first - table.first).days < days] == []
    assert life.tables[0].first == BEGIN


@pytest.mark.parametrize("seed", SEEDS)
def test_77_accounts_in_tables_of_a_week_use_them_by_more_than_half(seed: int) -> None:
    life = Life(world(MANY, 20_000, Split.AUTO, seed))
    used = [table.rows / usable(20_000) for table in life.tables[1:-1]]
    assert sum(used) / len(used) > 0.55
    days = [(after.first - table.first).days for table, after in pairwise(life.tables)]
    assert sum(one == 1 for one in days) * 100 <= len(days), "a table of a day only where a day is half a table"
