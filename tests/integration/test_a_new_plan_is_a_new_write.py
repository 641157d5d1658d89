"""A client_token names the plan, too: the same day planned anew is another write, delivered again it is the same."""

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.integration.test_redis_was_emptied import empty_redis
from tests.lab import Lab


def test_a_day_that_is_run_again_after_table_and_redis_were_emptied_is_written_again(either: Lab) -> None:
    ctx = either.context()
    run_id = carry_out(ctx, begin_daily(ctx).run_id).run_id
    tables = [either.table_id, str(either.table_named("同步状态")["table_id"])]
    rows = [len(either.records(table)) for table in tables]
    for table in tables:
        either.control("rows/delete", {"table_id": table, "all": True})
    empty_redis(either)
    ctx = either.context()
    summary = carry_out(ctx, begin_daily(ctx).run_id)
    assert (summary.run_id, summary.state) == (run_id, RunState.SUCCESS)
    either.assert_agrees(summary.days.first, summary.days.last)
    people = 1  # a row of a person in the data table
    assert [len(either.records(table)) for table in tables] == [rows[0] - people, rows[1]]
