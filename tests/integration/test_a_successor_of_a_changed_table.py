"""A table that people changed gets a successor that is loaded as it is."""

from datetime import time, timedelta
from decimal import Decimal

import pytest

from pipeline.core.outcome import RunState, Summary
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.lab import Lab

NAME, RENAMED = "广告日报 下一张", "花费"


def morning(lab: Lab, days_later: int) -> Summary:
    """The daily run of a later morning."""
    lab.at(time(7, 0), days_later)
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "the answer is lost"])
def test_a_column_that_people_renamed_has_its_new_name_in_the_successor_and_is_filled_there(
    lab: Lab, *, answered: bool
) -> None:
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    morning(lab, 0)
    lab.control("columns/rename", {"table_id": lab.table_id, "field_name": "消耗(元)", "name": RENAMED})
    announce(lab.context(), lab.day + timedelta(days=1), NAME, by_hand=True)
    if not answered:
        lab.fault("tables.create", "drop_after", times=1)
    assert [morning(lab, later).state for later in (1, 2)] == [RunState.SUCCESS] * 2
    new = lab.table_named(NAME)
    assert [one["field_name"] for one in new["fields"]].count(RENAMED) == 1
    assert "消耗(元)" not in [one["field_name"] for one in new["fields"]]
    first, last = lab.day + timedelta(days=1), lab.day + timedelta(days=2)
    spent = sorted(Decimal(str(row["stat_cost"] or 0)) for row in lab.source(first, last).values())
    cells = [one["fields"] for one in lab.records(new["table_id"])]
    assert sorted(Decimal(str(one[RENAMED])) for one in cells) == spent
