"""What the console's first page reads, morning by morning; it makes no call."""

import time as clocks
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from pipeline.core.outcome import RunState
from pipeline.core.overview.today.page import Today
from pipeline.core.overview.today.todo import Place
from pipeline.core.overview.today.verdict import Stage, Tone
from pipeline.state import keys
from pipeline.state.beat import BeatSigns
from pipeline.state.table.visibility import VisibilityLost
from pipeline.state.vitals.workers import WorkerSigns
from pipeline.steps.overview.today.page import today
from pipeline.steps.overview.today.past import Held
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily, begin_settle
from tests.lab import Lab

Look = Callable[[], Today]


@pytest.fixture
def look(lab: Lab) -> Look:
    """The page as a console shows it that looks again and again; beat and a worker are alive."""
    held = Held(clocks.monotonic)

    def looked() -> Today:
        ctx = lab.context()
        BeatSigns(ctx.client).give()
        WorkerSigns(ctx.client).give("a worker")
        return today(ctx, 1, held, {})

    return looked


def day_shown(lab: Lab, **ago: int) -> date:
    return lab.day - timedelta(**ago)


def test_a_morning_from_before_seven_until_the_figures_are_final(lab: Lab, look: Look) -> None:
    lab.at(time(7), days_later=-1)
    ctx = lab.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.SUCCESS
    lab.at(time(6, 30))
    page = look()
    assert page.day == day_shown(lab, days=1)  # yesterday is not due: the day before is shown
    assert page.verdict.stage is Stage.UNSETTLED
    assert page.awaited
    assert page.awaited.endswith("的数据将于 07:00 开始同步")
    lab.at(time(7))
    ctx = lab.context()
    run = begin_daily(ctx)
    page = look()
    assert (page.day, page.verdict.stage, page.run_id) == (lab.day, Stage.RUNNING, run.run_id)
    assert page.awaited is None
    carry_out(ctx, run.run_id)
    lab.at(time(7, 30))
    page = look()
    assert (page.day, page.verdict.stage, page.tone, page.run_id) == (lab.day, Stage.PROVISIONAL, Tone.CALM, None)
    lab.at(time(10, 35))
    ctx = lab.context()
    settle = begin_settle(ctx)
    assert settle is not None
    assert look().words.endswith("的数据已入库，正在复核")
    carry_out(ctx, settle.run_id)
    page = look()
    assert (page.verdict.stage, page.tone, page.todos) == (Stage.FINAL, Tone.GOOD, ())


def test_figures_are_those_of_the_source_and_no_call_is_made(lab: Lab, look: Look) -> None:
    lab.sync()
    before = lab.look("calls")["counts"]
    page = look()
    assert lab.look("calls")["counts"] == before
    of_day = [Decimal(str(row["stat_cost"])) for key, row in lab.source(lab.day, lab.day).items()]
    assert page.total.cost.value == sum(of_day)
    assert (page.counted, page.accounts) == (len(lab.accounts), len(lab.accounts))
    week = lab.day - timedelta(days=6)
    assert next(one.day for one in page.course if one.figures) == week
    of_week = [Decimal(str(row["stat_cost"])) for row in lab.source(week, week).values()]
    assert {one.day: one.figures for one in page.course}[week].cost == sum(of_week)  # type: ignore[union-attr]


def test_what_the_source_corrects_is_told_and_earlier_days_are_read_anew(lab: Lab, look: Look) -> None:
    lab.at(time(7), days_later=-1)
    ctx = lab.context()
    carry_out(ctx, begin_daily(ctx).run_id)
    lab.at(time(7, 1), days_later=-1)
    old = look()
    day = lab.day - timedelta(days=3)
    row = next(one for one in lab.source(day, day).values())
    account_id = str(row["local_account_id"])
    place = {"promotion_id": str(row["promotion_id"]), "day": day.isoformat()}
    lab.control("figures", {"account_id": account_id, **place, "stat_cost": 777.25})
    lab.at(time(7))
    ctx = lab.context()
    run = carry_out(ctx, begin_daily(ctx).run_id)
    page = look()
    names = {one.id: one.name for one in run.accounts}
    assert [(one.account, one.days, one.run_id) for one in page.corrected] == [(names[account_id], (day,), run.run_id)]
    before, after = ({one.day: one.figures for one in course}[day] for course in (old.course, page.course))
    assert before
    assert after
    assert after.cost - before.cost == Decimal("777.25") - Decimal(str(row["stat_cost"]))


def test_between_two_looks_earlier_days_are_read_only_after_a_run(lab: Lab, look: Look) -> None:
    lab.sync()
    first = look().course[:-1]
    ctx, day = lab.context(), lab.day - timedelta(days=2)
    for account_id in lab.accounts:
        ctx.client.hdel(f"laike:v1:table:{lab.table_id}:coverage:{account_id}", day.isoformat())
    assert look().course[:-1] == first
    lab.sync(lab.day)
    assert {one.day: one.figures for one in look().course}[day] is None


def test_stopped_loading_leads_to_where_it_is_resumed(lab: Lab, look: Look) -> None:
    lab.sync()
    ctx = lab.context()
    ctx.visibility.learn_lost(VisibilityLost("rows cannot be seen"))
    page = look()
    assert [(one.place, one.urgent) for one in page.todos] == [(Place.DOCTOR, True)]
    ctx.visibility.learn_lost(VisibilityLost("the registry disagrees", tables=True))
    assert [one.place for one in look().todos] == [Place.TABLES]


def test_a_run_that_died_is_not_told_as_under_way(lab: Lab, look: Look) -> None:
    lab.at(time(7))
    run = begin_daily(lab.context())
    lab.at(time(9))
    lab.context().client.delete(keys.alive(run.run_id))
    page = look()
    assert (page.verdict.stage, page.tone, page.run_id) == (Stage.UNKNOWN, Tone.WARN, None)


def test_without_any_authorization_and_any_record_nothing_is_made_up(lab: Lab) -> None:
    page = today(lab.bare_context(), 1, Held(clocks.monotonic), {})
    assert page.verdict.stage is Stage.UNKNOWN
    assert page.todos[0].place is Place.AUTHORIZE
    assert (page.days_left, page.room.rows, page.total.cost.value) == (None, None, None)


def test_the_room_is_that_of_the_newest_table_by_the_last_count(lab: Lab, look: Look) -> None:
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = "2000"
    lab.sync()
    page = look()
    assert page.room.rows == len(lab.records())
    assert page.room.counted == lab.day + timedelta(days=1)
    assert page.calls.used > 0
