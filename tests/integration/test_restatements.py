"""Figures that the source corrects up to 30 days later arrive with the next morning's run, and are told."""

from datetime import date, time, timedelta

import pytest

from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.runs import plan
from pipeline.core.runs.plan import parts
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.plan import begin_backfill, begin_daily
from tests.lab import Lab


def morning(lab: Lab) -> Summary:
    """The run at seven."""
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


@pytest.fixture
def loaded(either: Lab) -> Lab:
    """A month is loaded, as on the morning before."""
    either.at(time(7), days_later=-1)
    ctx = either.context()
    newest = either.day - timedelta(days=1)
    run = begin_backfill(ctx, newest - timedelta(days=29), newest, either.accounts[:2])
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    either.extra["LAIKE_ACCOUNTS"] = (
        "{" + ", ".join(f'"{one}": "{either.facts["accounts"][one]}"' for one in either.accounts[:2]) + "}"
    )
    return either


def correct(lab: Lab, day: date, **figures: object) -> AccountDay:
    """Let the source say something else of the first account's day."""
    row = next(row for row in lab.source(day, day).values() if str(row["local_account_id"]) == lab.accounts[0])
    place = {"promotion_id": str(row["promotion_id"]), "day": day.isoformat()}
    lab.control("figures", {"account_id": lab.accounts[0], **place, **figures})
    return AccountDay(lab.accounts[0], day)


def test_a_figure_of_25_days_ago_that_changes_is_in_the_table_the_next_morning_and_told(loaded: Lab) -> None:
    old = loaded.day - timedelta(days=25)
    changed = correct(loaded, old, stat_cost=777.25)
    loaded.at(time(7))
    summary = morning(loaded)
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 1)
    assert summary.restatements == (changed,)
    assert summary.accounts[0].restated
    loaded.assert_agrees(old, old, loaded.accounts[:2])
    assert f"已更新：{loaded.facts['accounts'][loaded.accounts[0]]} {old:%m-%d}" in str(
        loaded.look("state")["messages"][-1]
    )
    before = loaded.calls("report.promotion")
    loaded.at(time(7), days_later=1)
    assert morning(loaded).restatements == ()
    assert loaded.calls("report.promotion") - before == loaded_pages(loaded)


def loaded_pages(lab: Lab) -> int:
    """Pages of the promotion reports of both accounts' windows."""
    first, last = lab.day - timedelta(days=5), lab.day + timedelta(days=1)
    rows = [str(row["local_account_id"]) for row in lab.source(first, last).values()]
    return sum(-(-rows.count(account) // 100) for account in lab.accounts[:2])


def test_a_morning_of_several_batches_reads_and_tells_an_older_day_once(
    loaded: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BATCH_ACCOUNT_DAYS", 8)  # of two accounts: 4 days, and 3
    changed = correct(loaded, loaded.day - timedelta(days=20), stat_cost=777.25)
    within = correct(loaded, loaded.day - timedelta(days=5), stat_cost=555.5)
    loaded.at(time(7))
    ctx = loaded.context()
    run = begin_daily(ctx)
    # as on workers: a batch is fetched before the one before it is written
    fetches = [fetch_account(ctx, run.run_id, part.batch, one.id) for part in parts(run) for one in part.accounts]
    places = [AccountDay(fetch.account_id, day.day) for fetch in fetches for day in fetch.days]
    assert (len(places), len(set(places))) == (2 * 7 + 1, 2 * 7 + 1)
    summary = carry_out(ctx, run.run_id)
    assert (summary.state, summary.updated, summary.restatements) == (RunState.SUCCESS, 2, (changed, within))


def test_conversions_that_come_later_move_a_day_too(loaded: Lab) -> None:
    old = loaded.day - timedelta(days=12)
    changed = correct(loaded, old, convert_cnt=4321)
    loaded.at(time(7))
    assert morning(loaded).restatements == (changed,)
    loaded.assert_agrees(old, old, loaded.accounts[:2])


def test_an_older_day_that_cannot_be_read_is_named_and_the_newest_ones_are_loaded(loaded: Lab) -> None:
    old = loaded.day - timedelta(days=20)
    correct(loaded, old, stat_cost=777.25)
    loaded.at(time(7))
    loaded.fault("report.promotion", "code", code=50000, times="always", match={"start_date": old.isoformat()})
    summary = morning(loaded)
    assert summary.state == RunState.PARTIAL
    assert [account.state for account in summary.accounts] == [DayState.FAILED, DayState.LOADED]
    assert summary.created > 0
    loaded.control("faults/clear", {})
    loaded.at(time(7), days_later=1)
    assert morning(loaded).state == RunState.SUCCESS
    loaded.assert_agrees(old, old, loaded.accounts[:2])


def test_a_run_of_exactly_one_day_loads_no_other(loaded: Lab) -> None:
    correct(loaded, loaded.day - timedelta(days=25), stat_cost=777.25)
    loaded.at(time(7))
    assert loaded.sync(loaded.day).restatements == ()
