"""The grid of accounts and days and the story of one cell, after real runs."""

from datetime import time, timedelta

import pytest

from pipeline.core.coverage.states import LETTERS
from pipeline.core.errors import WrongInput
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayState, RunState
from pipeline.core.overview.coverage_page import Asked
from pipeline.core.runs.plan import window
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.overview.cell_story import days_of, story_of
from pipeline.steps.overview.coverage_page import page_of
from tests.lab import Lab


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab of whose accounts one failed on the newest day, after it was loaded."""
    lab.sync()
    for report in ("report.promotion", "report.account"):
        lab.fault(report, "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    lab.sync(lab.day)
    return lab


def test_the_page_says_of_each_day_what_the_command_says(ready: Lab) -> None:
    ctx = ready.context()
    ready.context().client.hdel(f"laike:v1:table:{ready.table_id}:days:{ready.accounts[1]}", "letters", "loaded")
    page = page_of(ctx, Asked(days=30))
    grid = coverage(ctx, window(ctx.now(), 30))
    told = {one.account.id: {day: cover.state for day, cover in one.days.items()} for one in grid}
    shown = {
        row.account.id: {
            column.first: cell.state for column, cell in zip(page.columns, cells, strict=True) if cell.state
        }
        for row, cells in zip(page.rows, page.cells, strict=True)
    }
    assert shown == told
    assert {row.account.id: row.account.name for row in page.rows} == {one.account.id: one.account.name for one in grid}
    assert page.known


@pytest.mark.parametrize(("at", "state"), [(time(6, 30), DayState.OPEN), (time(11), DayState.MISSING)])
def test_before_the_days_run_had_its_time_neither_the_page_nor_the_command_calls_the_day_missing(
    lab: Lab, at: time, state: DayState
) -> None:
    lab.sync()
    lab.at(at, days_later=1)
    ctx = lab.context()
    days = window(ctx.now(), 30)
    cells = page_of(ctx, Asked(days=30)).cells
    assert {cell.state for (cell, *_) in cells} == {state}
    assert {one.days[days.last].state for one in coverage(ctx, days)} == {state}
    assert story_of(ctx, lab.accounts[0], days.last).state is state


def test_a_day_whose_account_cannot_be_read_keeps_its_figures_and_tells_each_reading(ready: Lab) -> None:
    found = story_of(ready.context(), ready.accounts[1], ready.day)
    assert found.state is DayState.LOADED  # what was loaded before still stands
    assert found.rows
    assert [one.found.state for one in found.readings] == [DayState.FAILED, DayState.LOADED]
    assert [one.run.state for one in found.readings] == [RunState.PARTIAL, RunState.SUCCESS]
    assert found.readings[0].found.trouble
    assert (found.shut, found.reading) == ("", "")


def test_a_correction_by_the_source_is_told_with_what_it_made_of_the_cost(lab: Lab) -> None:
    lab.sync()
    account_id = lab.accounts[0]
    promotion = next(row for row in lab.source().values() if str(row["local_account_id"]) == account_id)
    moved = {"account_id": account_id, "promotion_id": str(promotion["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {**moved, "stat_cost": 999.5})
    lab.sync()
    newest, first = story_of(lab.context(), account_id, lab.day).readings
    assert (newest.restated, first.restated) == (True, False)
    assert newest.shift
    assert (newest.shift.before, newest.shift.after) == (first.found.cost, newest.found.cost)


def test_the_days_of_an_account_are_those_of_its_row(ready: Lab) -> None:
    ctx, account_id = ready.context(), ready.accounts[0]
    listed = days_of(ctx, account_id)
    page = page_of(ctx, Asked(days=30))
    row = next(row for row in page.rows if row.account.id == account_id)
    assert [LETTERS[line.state] for line in listed.days] == list(reversed(row.known.strip()))
    loaded = ctx.coverage.at([AccountDay(account_id, line.day) for line in listed.days])
    assert {line.day: line.rows for line in listed.days} == {at.day: one.rows for at, one in loaded.items()}


def test_an_unknown_account_and_a_day_that_nobody_asked_for(ready: Lab) -> None:
    with pytest.raises(WrongInput):
        story_of(ready.context(), "0", ready.day)
    with pytest.raises(WrongInput):
        days_of(ready.context(), "../..\x00")
    before = story_of(ready.context(), ready.accounts[0], ready.day - timedelta(days=200))
    assert before.why == "这一天早于该账户开始同步的日期"
    assert before.readings == ()


def test_before_the_first_run_nothing_is_known_and_nothing_is_asked(lab: Lab) -> None:
    before = lab.look("calls")["counts"]
    assert not page_of(lab.context(), Asked()).known
    assert lab.look("calls")["counts"] == before
