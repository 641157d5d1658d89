"""A reading's time is Redis' clock before its first call; what was read later stands, whoever writes later."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.clients.oceanengine.reports import read_report
from pipeline.context import Context
from pipeline.core.errors import BadResponse
from pipeline.core.model import CHINA, AccountDay, DayRange, Key
from pipeline.core.outcome import DayState, Run, RunState, Summary
from pipeline.core.reports import PROMOTION, Report
from pipeline.core.runs.plan import parts
from pipeline.steps.accounts import reports
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin, begin_catch_up, begin_daily, begin_settle
from pipeline.steps.runs.verify import verify
from tests.integration.test_redis_was_emptied import empty_redis
from tests.lab import Lab

SEVEN, HALF_PAST, HEALED = time(7), time(10, 35), time(10, 36)


@pytest.fixture
def few(lab: Lab) -> Lab:
    """Two small accounts and a look-back of two days."""
    names = {number: lab.facts["accounts"][number] for number in lab.accounts[:2]}
    lab.extra |= {"LAIKE_ACCOUNTS": json.dumps(names), "LAIKE_LOOKBACK_DAYS": "2"}
    return lab


def chosen(lab: Lab) -> list[str]:
    return lab.accounts[:2]


def fetched_at_seven(lab: Lab) -> Run:
    """The daily run, dead after its fetches."""
    lab.at(SEVEN)
    ctx = lab.context()
    run = begin_daily(ctx)
    for account in run.accounts:
        fetch_account(ctx, run.run_id, 0, account.id)
    read_table(ctx, run.run_id, 0)
    return run


def a_figure_moves(lab: Lab, day: date | None = None) -> Key:
    """The first account's first promotion says something else from now on."""
    rows = lab.source(day, day).items()
    key = next(key for key, row in rows if str(row["local_account_id"]) == lab.accounts[0])
    place = {"account_id": lab.accounts[0], "promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 777.25, "convert_cnt": 31})
    return key


def settled(lab: Lab) -> Summary:
    lab.at(HALF_PAST)
    ctx = lab.context()
    return carry_out(ctx, begin_settle(ctx).run_id)


def healed(lab: Lab, run: Run, clock: time = HEALED, days_later: int = 0) -> Summary:
    lab.at(clock, days_later)
    return carry_out(lab.context(), run.run_id)


def status_of(lab: Lab, at: AccountDay) -> dict[str, Any]:
    """The row of 同步状态 of an account's day."""
    name = lab.facts["accounts"][at.account_id]
    rows = [record["fields"] for record in lab.records(str(lab.table_named("同步状态")["table_id"]))]
    found: dict[str, Any]
    (found,) = [row for row in rows if row["账户"] == name and _day_of(row["日期"]) == at.day]
    return found


def _day_of(cell: object) -> date:
    return datetime.fromtimestamp(int(str(cell)) / 1000, CHINA).date()


def cost_in_source(lab: Lab, at: AccountDay) -> Decimal:
    rows = (row for row in lab.source(at.day, at.day).values() if str(row["local_account_id"]) == at.account_id)
    return sum((Decimal(str(row["stat_cost"])) for row in rows), Decimal(0))


def assert_newest_is_told(lab: Lab, summary: Summary, at: AccountDay) -> None:
    """Table, coverage, last known state, status table and summary have the source's figures of the day."""
    ctx, cost = lab.context(), cost_in_source(lab, at)
    lab.assert_agrees(at.day, at.day, chosen(lab))
    assert Decimal(ctx.coverage.at([at])[at].cost) == cost
    known = ctx.last_outcomes.of([at.account_id], DayRange(at.day, at.day))[at]
    assert (known.state, Decimal(known.cost)) == (DayState.LOADED, cost)
    row = status_of(lab, at)
    assert (row["状态"], Decimal(str(row["消耗"]))) == ("已入库", cost)
    assert row["数据截至"] >= int(datetime.combine(lab.day + timedelta(days=1), HALF_PAST, CHINA).timestamp()) * 1000
    assert next(one.cost for one in summary.accounts if one.id == at.account_id) == cost


STOPS: dict[str, Callable[[Context, Run], object]] = {
    "after its fetches": lambda _ctx, _run: None,
    "after its load": lambda ctx, run: load(ctx, run.run_id, 0),
    "after its read-back": lambda ctx, run: (load(ctx, run.run_id, 0), verify(ctx, run.run_id, 0)),
}


@pytest.mark.parametrize("stopped", STOPS)
def test_a_run_that_is_healed_after_a_newer_one_keeps_its_hands_off_the_newer_figures(few: Lab, stopped: str) -> None:
    run = fetched_at_seven(few)
    STOPS[stopped](few.context(), run)
    moved = a_figure_moves(few)
    assert settled(few).state == RunState.SUCCESS
    summary = healed(few, run)
    assert (summary.state, summary.verified, summary.restatements) == (RunState.SUCCESS, True, ())
    assert_newest_is_told(few, summary, AccountDay(few.accounts[0], moved.day))
    before = moved.day - timedelta(days=1)  # which nobody else read
    few.assert_agrees(before, before, chosen(few))


def test_the_card_of_the_older_run_tells_the_newer_figures(few: Lab) -> None:
    run = fetched_at_seven(few)
    a_figure_moves(few)
    settled(few)
    healed(few, run)
    total = sum(cost_in_source(few, AccountDay(number, few.day)) for number in chosen(few))
    assert f"{total:,.2f}" in str(few.look("state")["messages"][-1])


def test_what_a_newer_load_wrote_and_nobody_read_back_yet_is_not_overwritten_and_the_day_is_owed(few: Lab) -> None:
    run = fetched_at_seven(few)
    moved = a_figure_moves(few)
    few.at(HALF_PAST)
    ctx = few.context()
    newer = begin_settle(ctx)
    for account in newer.accounts:
        fetch_account(ctx, newer.run_id, 0, account.id)
    load(ctx, newer.run_id, 0)
    summary = healed(few, run)
    first = next(one for one in summary.accounts if one.id == few.accounts[0])
    assert (summary.state, first.state, first.cost) == (
        RunState.PARTIAL, DayState.INCOMPLETE, cost_in_source(few, AccountDay(first.id, moved.day)),
    )  # fmt: skip
    assert first.trouble
    assert first.trouble.reason == "overtaken"
    few.assert_agrees(moved.day, moved.day, chosen(few))
    few.at(time(14, 31))
    ctx = few.context()
    few.context().ledger.close(replace(summary, run_id=newer.run_id))  # given up by whoever began it
    for due in begin_catch_up(ctx):
        assert carry_out(ctx, due.run_id).state == RunState.SUCCESS
    known = few.context().last_outcomes.of([first.id], DayRange(moved.day, moved.day))
    assert known[AccountDay(first.id, moved.day)].state.good


def test_a_newer_reading_with_the_same_figures_takes_nothing_from_the_older_run(few: Lab) -> None:
    run = fetched_at_seven(few)
    few.at(HALF_PAST)
    ctx = few.context()
    newer = begin_settle(ctx)
    for account in newer.accounts:
        fetch_account(ctx, newer.run_id, 0, account.id)
    load(ctx, newer.run_id, 0)
    assert healed(few, run).state == RunState.SUCCESS


def test_a_day_that_the_newer_run_loaded_and_a_person_changed_since_is_not_called_good(few: Lab) -> None:
    run = fetched_at_seven(few)
    moved = a_figure_moves(few)
    settled(few)
    edited = {"table_id": few.table_id, "unit_id": moved.item_id, "day": moved.day.isoformat()}
    few.control("rows/edit", {**edited, "fields": {"转化数": 99_999}, "by": "person"})
    summary = healed(few, run)
    assert summary.state == RunState.PARTIAL
    assert [one.id for one in summary.accounts if not one.state.good] == [few.accounts[0]]
    assert few.loaded()[moved][0]["消耗(元)"] == 777.25


def test_what_was_staged_a_day_ago_is_not_loaded_any_more_and_is_owed(few: Lab) -> None:
    run = fetched_at_seven(few)
    summary = healed(few, run, time(7, 5), days_later=1)
    assert summary.state == RunState.FAILED
    assert {one.trouble.reason for one in summary.accounts if one.trouble} == {"stale"}
    assert few.loaded() == {}
    assert all("过期" in one.trouble.what_to_do for one in summary.accounts if one.trouble)


def test_what_was_read_by_a_clock_that_stepped_back_since_is_not_loaded_and_is_owed(few: Lab) -> None:
    run = fetched_at_seven(few)
    summary = healed(few, run, time(5))
    assert {one.trouble.reason for one in summary.accounts if one.trouble} == {"stale"}
    assert few.loaded() == {}


def test_a_time_in_the_future_counts_as_the_oldest(few: Lab) -> None:
    few.at(SEVEN)
    few.sync(few.day, chosen(few))
    table = str(few.table_named("同步状态")["table_id"])
    future = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp()) * 1000
    for record in few.records(table):
        few.control("rows/edit", {"table_id": table, "record_id": record["record_id"], "fields": {"数据截至": future}})
    empty_redis(few)
    moved = a_figure_moves(few)
    few.at(HALF_PAST)
    summary = few.sync(few.day, chosen(few))
    at = AccountDay(few.accounts[0], moved.day)
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 1)
    assert_newest_is_told(few, summary, at)
    assert few.context().coverage.at([at])[at].as_of.year < 2099


def test_a_person_may_say_that_the_table_was_emptied_whatever_time_the_status_table_tells(few: Lab) -> None:
    few.at(SEVEN)
    few.sync(few.day, chosen(few))
    table = str(few.table_named("同步状态")["table_id"])
    future = int(datetime(2099, 1, 1, tzinfo=UTC).timestamp()) * 1000
    for record in few.records(table):
        few.control("rows/edit", {"table_id": table, "record_id": record["record_id"], "fields": {"数据截至": future}})
    few.control("rows/delete", {"table_id": few.table_id, "all": True})
    empty_redis(few)
    assert few.sync(few.day, chosen(few)).state == RunState.FAILED
    few.laike("doctor", "--unblock")
    assert few.sync(few.day, chosen(few)).state == RunState.SUCCESS


def test_a_readings_time_is_redis_clock_before_its_first_call_and_a_second_look_has_its_own(
    few: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = few.context()
    wrong = replace(ctx, now=lambda: ctx.now() - timedelta(minutes=30))  # a worker whose own clock is off
    called: list[datetime] = []
    report = read_report

    def noted(api: Any, asked: Report, *args: Any) -> Any:  # noqa: ANN401
        if asked is PROMOTION:
            called.append(ctx.shared_now())
            if len(called) == 1:
                raise BadResponse("not whole")
        return report(api, asked, *args)

    monkeypatch.setattr(reports, "read_report", noted)
    run = begin(ctx, few.day, chosen(few), dry_run=False)
    outcome = fetch_account(wrong, run.run_id, 0, few.accounts[0])
    first, second = called
    assert outcome.days[0].state.good
    assert first < outcome.as_of <= second
    assert len(parts(run)) == 1
