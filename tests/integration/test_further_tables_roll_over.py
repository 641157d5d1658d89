"""A further table gets a successor of its own: days, corrections and 数据表清单 by table."""

import logging
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests import days as calendar
from tests.days import Days
from tests.further import NAMES, further, source_of, table_of
from tests.inprocess import quiet
from tests.rolled import REGISTRY

FEBRUARY = date(2025, 2, 1)


@pytest.fixture
def later(redis_session: str, tmp_path: Path) -> Days:
    """Mornings with a table of projects that gets a successor each month, until the fourth of February."""
    with calendar.calendar() as server, quiet(logging.ERROR):
        days = calendar.first_days(server, redis_session, tmp_path, FEBRUARY - timedelta(days=7), cap=2000)
        further(days, "project", split="month")
        for ended in days.mornings(FEBRUARY + timedelta(days=3)):
            assert ended.success, ended
    return days


def test_each_day_of_projects_is_in_its_own_table_and_the_promotions_stay_in_theirs(later: Days) -> None:
    tables = {table["name"]: table["table_id"] for table in later.look("state")["tables"]}
    old, new = tables[NAMES["project"]], tables[f"{NAMES['project']} 2025-02"]
    first, eve = FEBRUARY - timedelta(days=8), FEBRUARY - timedelta(days=1)
    assert table_of(later, "project", old) == source_of(later, "project", first, eve)
    assert table_of(later, "project", new) == source_of(later, "project", FEBRUARY, later.day)
    assert table_of(later, "promotion", later.table_id) == source_of(later, "promotion", first, later.day)
    listed = [record["fields"] for record in later.records(tables[REGISTRY])]
    assert {(row["表ID"], row["报表"]) for row in listed if row.get("表ID")} == {(old, "项目日报"), (new, "项目日报")}
    views = {table["table_id"]: len(table["views"]) for table in later.look("state")["tables"]}
    assert views[new] == views[old]
