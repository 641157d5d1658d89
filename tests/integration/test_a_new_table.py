"""What is remembered about a table is that table's: another one is loaded as at a first start."""

from datetime import date, timedelta

from pipeline.context import Context
from pipeline.core.coverage.history import history_of
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.steps.accounts.roster import states
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.coverage.health import health
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.due import due
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin, begin_backfill, begin_catch_up
from pipeline.steps.runs.verify import verify
from pipeline.steps.runs.views import check_views
from tests.integration.test_redis_was_emptied import empty_redis, known
from tests.lab import Lab, Plain

NEW, OLD = "text_table_id", "typed_table_id"


def switch(lab: Lab, table: str = NEW) -> Context:
    """Set another LAIKE_BITABLE_TABLE_ID and start anew."""
    lab.table = table
    return lab.context()


def caught_up(lab: Lab) -> list[Summary]:
    """What catch_up brings."""
    ctx = lab.context()
    return [carry_out(ctx, run.run_id) for run in begin_catch_up(ctx)]


def window(lab: Lab) -> DayRange:
    """The days of the look-back."""
    return DayRange(lab.day - timedelta(days=6), lab.day)


def backfilled(lab: Lab, back: int) -> Summary:
    """Some weeks, loaded by a backfill."""
    ctx = lab.context()
    return carry_out(ctx, begin_backfill(ctx, lab.day - timedelta(days=back), lab.day, lab.accounts[:2]).run_id)


def test_a_new_table_owes_what_a_first_start_does_and_gets_it(lab: Lab) -> None:
    backfilled(lab, 20)
    lab.sync()
    switch(lab)
    (summary,) = caught_up(lab)
    assert (summary.state, summary.days) == (RunState.SUCCESS, window(lab))
    assert summary.created == len(lab.source(*_ends(window(lab))))
    lab.assert_agrees(*_ends(window(lab)))
    assert caught_up(lab) == []


def test_nothing_of_the_old_table_is_told_of_the_new_one(lab: Lab) -> None:
    lab.sync()
    ctx = switch(lab)
    grid = coverage(ctx, window(lab))
    assert {one.state for account in grid for one in account.days.values()} == {DayState.MISSING}
    assert history_of(ctx.book.of(lab.accounts, window(lab))) == {}
    assert health(ctx, lab.day).as_of is None
    assert not any(state.last_covered for state in states(ctx, ctx.settings.accounts, lambda _: None))


def test_a_backfill_into_another_table_is_not_gone_on_with(lab: Lab) -> None:
    loaded = backfilled(lab, 20)
    lab.sync()
    ctx = switch(lab)
    run = begin_backfill(ctx, lab.day - timedelta(days=20), lab.day, lab.accounts[:2])
    assert (run.run_id != loaded.run_id, run.loaded, run.rows_a_day) == (True, (), 0)
    assert carry_out(ctx, run.run_id).created == loaded.created


def test_a_backfill_that_somebody_is_at_is_another_one_where_it_fills_another_table(lab: Lab) -> None:
    ctx = lab.context()
    begun = begin_backfill(ctx, lab.day - timedelta(days=20), lab.day, lab.accounts[:2])
    assert begin_backfill(ctx, lab.day - timedelta(days=20), lab.day, lab.accounts[:2]).run_id == begun.run_id
    other = begin_backfill(switch(lab), lab.day - timedelta(days=20), lab.day, lab.accounts[:2])
    assert other.run_id != begun.run_id


def test_a_run_goes_to_its_end_in_the_table_that_it_was_begun_for(lab: Lab) -> None:
    ctx = lab.context()
    run = begin(ctx, lab.day, lab.accounts[:1], dry_run=False)
    read_table(ctx, run.run_id, 0)
    fetch_account(ctx, run.run_id, 0, lab.accounts[0])
    load(ctx, run.run_id, 0)
    ctx = switch(lab)  # the workers were started anew in the midst of it
    verify(ctx, run.run_id, 0)
    check_views(ctx, run.run_id)
    assert finish(ctx, run.run_id).state == RunState.SUCCESS
    assert due(ctx, run.run_id) == []
    assert not any(ctx.coverage.days(lab.accounts).values())
    assert not ctx.visibility.seen()
    switch(lab, OLD)
    lab.assert_agrees(accounts=lab.accounts[:1])
    assert lab.context().coverage.days(lab.accounts)[lab.accounts[0]] == {lab.day}


def status_rows(lab: Lab) -> list[Plain]:
    """The rows of 同步状态."""
    return [record["fields"] for record in lab.records(lab.table_named("同步状态")["table_id"])]


def test_each_row_of_the_status_table_names_its_table_and_redis_gets_back_only_its_own(lab: Lab) -> None:
    lab.sync()
    old, old_id = known(lab, lab.context()), lab.table_id
    ctx = switch(lab)
    carry_out(ctx, begin(ctx, lab.day, lab.accounts[:3], dry_run=False).run_id)
    new = known(lab, lab.context())
    rows = status_rows(lab)
    assert sorted(row["数据表"] for row in rows) == [lab.table_id] * 3 + [old_id] * (7 * 7)
    assert len({(row["日期"], row["账户"], row["数据表"]) for row in rows}) == len(rows)
    for table, before in ((OLD, old), (NEW, new)):
        empty_redis(lab)
        ctx = switch(lab, table)
        coverage(ctx, window(lab))
        assert known(lab, ctx) == before
    assert len(status_rows(lab)) == len(rows)


def test_where_redis_was_emptied_a_table_without_rows_of_its_own_is_new(lab: Lab) -> None:
    lab.sync()
    empty_redis(lab)
    switch(lab)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.created) == (RunState.SUCCESS, len(lab.source()))


def _ends(days: DayRange) -> tuple[date, date]:
    return days.first, days.last
