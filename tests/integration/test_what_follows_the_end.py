"""Before a run's end 同步状态 gets one write and no search; what is not new there, and the views, follow."""

from datetime import time, timedelta

from pipeline.context import Context
from pipeline.core.model import CHINA
from pipeline.core.outcome import Run, RunState
from pipeline.core.table.cells import midnight_ms
from pipeline.state import keys
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin, begin_daily
from pipeline.steps.runs.verify import verify
from pipeline.steps.runs.views import check_views
from tests.integration.test_restatements import correct
from tests.lab import Lab, Plain


def until_read_back(ctx: Context, run: Run) -> None:
    """Do the steps before a run's end."""
    read_table(ctx, run.run_id, 0)
    for account in run.accounts:
        fetch_account(ctx, run.run_id, 0, account.id, last=True)
    load(ctx, run.run_id, 0)
    verify(ctx, run.run_id, 0)


def status_calls(lab: Lab) -> list[str]:
    """The calls about the rows of 同步状态, in order."""
    table_id = lab.context().status_memory.status_table()
    return [call["endpoint"] for call in lab.look("calls")["calls"] if call["about"].get("table_id") == table_id]


def status_rows(lab: Lab) -> list[Plain]:
    return [record["fields"] for record in lab.records(str(lab.table_named("同步状态")["table_id"]))]


def test_a_new_day_is_one_write_before_the_end_and_older_ones_follow_it(lab: Lab) -> None:
    lab.at(time(7), days_later=-1)
    lab.sync()
    older = lab.day - timedelta(days=1)
    correct(lab, older, stat_cost=777.25)
    lab.at(time(7))
    ctx = lab.context()
    run = begin_daily(ctx)
    until_read_back(ctx, run)
    before = len(status_calls(lab))
    assert finish(ctx, run.run_id).state == RunState.SUCCESS
    assert status_calls(lab)[before:] == ["records.batch_create"]
    check_views(ctx, run.run_id)
    assert status_calls(lab)[before:] == ["records.batch_create", "records.batch_update"]
    costs = [row["消耗"] for row in status_rows(lab) if row["账户"] == lab.facts["accounts"][lab.accounts[0]]]
    at = next(iter(ctx.book.at([correct(lab, older)]).values()))
    assert at.loaded
    assert float(at.loaded.cost) in costs


def test_a_first_morning_with_more_rows_than_one_call_takes_has_its_newest_days_before_the_end(lab: Lab) -> None:
    ctx = lab.context()
    ctx.batch_size.now = 2 * len(lab.accounts)
    run = begin(ctx, None, [], dry_run=False)
    until_read_back(ctx, run)
    before = len(status_calls(lab))
    assert finish(ctx, run.run_id).state == RunState.SUCCESS
    assert status_calls(lab)[before:] == ["records.batch_create"]
    assert {row["日期"] for row in status_rows(lab)} == {midnight_ms(day, CHINA) for day in list(run.days)[-2:]}
    check_views(ctx, run.run_id)
    assert len(status_rows(lab)) == len(run.days) * len(lab.accounts)
    assert {row["状态"] for row in status_rows(lab)} <= {"已入库", "无数据"}


def test_what_was_left_for_after_the_end_is_not_written_over_newer_words(lab: Lab) -> None:
    lab.at(time(7), days_later=-1)
    lab.sync()
    older = lab.day - timedelta(days=1)
    place = correct(lab, older, stat_cost=777.25)
    lab.at(time(7))
    ctx = lab.context()
    run = begin_daily(ctx)
    until_read_back(ctx, run)
    finish(ctx, run.run_id)
    correct(lab, older, stat_cost=888.25)
    lab.sync(older, [place.account_id])
    newest = status_rows(lab)
    check_views(ctx, run.run_id)
    name = lab.facts["accounts"][place.account_id]
    assert [row for row in status_rows(lab) if row["账户"] == name] == [row for row in newest if row["账户"] == name]


def test_rows_that_another_run_wrote_since_the_look_are_not_made_again(lab: Lab) -> None:
    lab.sync(lab.day - timedelta(days=1))
    ctx = lab.context()
    run = begin(ctx, lab.day, [], dry_run=False)
    until_read_back(ctx, run)
    lab.sync(lab.day)
    ctx.client.delete(keys.status_rows(lab.table_id))  # as if the other one had died before it said what it created
    assert finish(ctx, run.run_id).state == RunState.SUCCESS
    places = [(row["日期"], row["账户"]) for row in status_rows(lab)]
    assert len(places) == len(set(places))
