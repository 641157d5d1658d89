"""Losing Redis costs history, never data: what was loaded is known from the 同步状态 table."""

import pytest
import redis

from pipeline.context import Context
from pipeline.core.coverage.status import DAY_MS
from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState
from pipeline.steps.coverage.grid import coverage
from tests.lab import Lab

Known = dict[str, dict[str, tuple[int, float]]]


def known(lab: Lab, ctx: Context) -> Known:
    """Rows and cost of every day that counts as loaded, by account."""
    return {
        number: {day: (one.rows, float(one.cost)) for day, one in ctx.coverage.of(number).items()}
        for number in lab.accounts
    }


def empty_redis(lab: Lab) -> None:
    redis.Redis.from_url(lab.redis_url).flushall()


def test_what_was_loaded_is_known_again_days_without_data_included(either: Lab) -> None:
    either.sync()
    before = known(either, either.context())
    assert any(rows == 0 for days in before.values() for rows, _ in days.values())
    empty_redis(either)
    summary = either.sync(either.day)  # one day: the others are known without being loaded again
    assert (summary.state, summary.created, summary.updated) == (RunState.SUCCESS, 0, 0)
    assert (len(summary.restatements), summary.edited) == (0, 0)
    assert known(either, either.context()) == before


def test_a_figure_that_differs_afterwards_is_put_right_and_called_nothing(lab: Lab) -> None:
    lab.sync(lab.day)
    empty_redis(lab)
    key, row = next(iter(lab.source().items()))
    place = {"account_id": str(row["local_account_id"]), "promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 777.25})
    summary = lab.sync(lab.day)
    assert (summary.state, summary.updated, len(summary.restatements), summary.edited) == (RunState.SUCCESS, 1, 0, 0)
    lab.assert_agrees()


def test_a_table_that_reads_as_empty_is_not_written_a_second_time(lab: Lab) -> None:
    lab.sync(lab.day)
    rows = len(lab.records())
    empty_redis(lab)
    lab.control("settings", {"lost_permission": lab.table_id})
    summary = lab.sync(lab.day)
    assert (summary.state, summary.created) == (RunState.FAILED, 0)
    assert summary.needs_person
    lab.control("settings", {"lost_permission": None})
    assert len(lab.records()) == rows


def test_as_long_as_something_is_known_the_status_table_is_not_read_for_it(lab: Lab) -> None:
    lab.sync(lab.day)
    before = lab.calls("records.search")
    lab.sync(lab.day)
    again = lab.calls("records.search") - before
    empty_redis(lab)
    before = lab.calls("records.search")
    lab.sync(lab.day)
    assert lab.calls("records.search") - before > again


def test_a_status_table_that_cannot_be_read_keeps_nobody_from_loading(lab: Lab) -> None:
    lab.sync(lab.day)
    empty_redis(lab)
    lab.fault("tables.list", "code", code=1254018, times=1)
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_what_a_person_wrote_into_the_status_table_is_no_coverage(lab: Lab) -> None:
    lab.sync(lab.day)
    before = known(lab, lab.context())
    table = lab.table_named("同步状态")["table_id"]
    long_ago = lab.records(table)[0]["fields"] | {"日期": lab.records(table)[0]["fields"]["日期"] - 20 * DAY_MS}
    unnamed = {name: cell for name, cell in long_ago.items() if name != "数据表"}
    for cells in ({"账户": "路人", "状态": "已入库"}, {"状态": "已入库", "行数": 7}, {"原因": "请勿删除"}, unnamed):
        lab.control("rows/insert", {"table_id": table, "fields": cells})
    empty_redis(lab)
    lab.sync(lab.day)
    assert known(lab, lab.context()) == before


@pytest.mark.parametrize("column", ["行数", "消耗"])
def test_figures_are_read_from_a_column_that_a_person_made_text(lab: Lab, column: str) -> None:
    lab.sync(lab.day)
    before = known(lab, lab.context())
    lab.control(
        "columns/retype", {"table_id": lab.table_named("同步状态")["table_id"], "field_name": column, "type": 1}
    )
    empty_redis(lab)
    lab.sync(lab.day)
    assert known(lab, lab.context()) == before


def test_a_row_whose_cells_a_person_made_nonsense_of_is_not_taken_over(lab: Lab) -> None:
    lab.sync(lab.day)
    table = lab.table_named("同步状态")["table_id"]
    lab.control("columns/retype", {"table_id": table, "field_name": "行数", "type": 1})
    row = lab.records(table)[0]["record_id"]
    lab.control("rows/edit", {"table_id": table, "record_id": row, "fields": {"行数": "很多"}})
    empty_redis(lab)
    ctx = lab.context()
    coverage(ctx, DayRange(lab.day, lab.day))
    assert sum(map(len, known(lab, ctx).values())) == len(lab.accounts) - 1


def test_a_day_that_failed_is_not_taken_for_loaded(lab: Lab) -> None:
    dead = {"times": "always", "match": {"local_account_id": lab.accounts[1]}}
    for report in ("report.promotion", "report.account"):
        lab.fault(report, "code", code=40002, **dead)
    lab.sync(lab.day)
    empty_redis(lab)
    lab.sync(lab.day, [lab.accounts[1]])  # nothing is known of the one that still fails
    assert known(lab, lab.context())[lab.accounts[1]] == {}
    empty_redis(lab)
    lab.sync(lab.day)
    assert [number for number, days in known(lab, lab.context()).items() if not days] == [lab.accounts[1]]
