"""The first page of a ledger in memory: what is wrong in a further table is told of that table alone."""

import json
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import Trouble
from pipeline.core.model import CHINA, AccountDay, DayRange, china_day
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.today.page import Today
from pipeline.core.overview.today.verdict import Stage
from pipeline.core.runs.plan import yesterday
from pipeline.state.vitals.workers import WorkerSigns
from pipeline.steps.coverage.known_tables import table_named
from pipeline.steps.overview.cell_story import story_of
from pipeline.steps.overview.today.page import today
from pipeline.steps.overview.today.past import Held
from tests.unit.pipeline.steps.overview.ledgers import SHOPS, context, ended, ran

PROJECTS = "项目日报"
AT = "https://example.feishu.cn/base/bascnLaike?table=tblProjects"
LACKS = Trouble(reason="table_mismatch", message="m", what_to_do="请补上缺少的列。")


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A console's context at noon; the first table has yesterday of both accounts."""
    made = context(tmp_path, tables=json.dumps([{"name": PROJECTS, "report": "project", "at": AT}]))
    noon = datetime.combine(china_day(made.now()), time(12), CHINA)
    made = replace(made, now=lambda: noon)
    learn(made)
    WorkerSigns(made.client).give("a worker")
    return made


def learn(ctx: Context) -> None:
    at = [AccountDay(one.id, yesterday(ctx.now())) for one in SHOPS]
    ctx.coverage.learn({one: Loaded(3, "8.00", "c" * 32, ctx.now()) for one in at})


def looked(ctx: Context) -> Today:
    return today(ctx, 1, Held(lambda: 0.0), {})


def close(ctx: Context, run: Run, state: RunState, **more: object) -> Summary:
    """End a run."""
    summary = replace(ended(run, state), table=run.table, **more)  # type: ignore[arg-type]
    assert ctx.ledger.close(summary)
    return summary


def about_projects(page: Today) -> list[str]:
    return [one.what for one in page.todos if one.what.startswith(f"“{PROJECTS}”")]


def test_a_run_of_a_further_table_alone_is_not_taken_for_one_of_the_first(ctx: Context) -> None:
    run = ran(ctx, "catch-up-1", None, table=PROJECTS, table_id="tblProjects")
    restated = (AccountDay(SHOPS[0].id, yesterday(ctx.now())),)
    close(ctx, run, RunState.FAILED, trouble=LACKS, restatements=restated)
    page = looked(ctx)
    assert about_projects(page) == [f"“{PROJECTS}”：表格的列有变动"]
    assert sum("表格的列有变动" in one.what for one in page.todos) == 1
    assert page.corrected == ()


@pytest.mark.parametrize("first", [RunState.SUCCESS, RunState.FAILED])
def test_a_table_that_failed_beside_others_is_named_with_its_cause(ctx: Context, first: RunState) -> None:
    run = ran(ctx, "daily-x", None)
    projects = replace(ended(run, RunState.FAILED), table=PROJECTS, trouble=LACKS)
    bad = tuple(replace(one, state=projects.accounts[0].state) for one in projects.accounts)
    close(ctx, run, RunState.PARTIAL, accounts=ended(run, first).accounts, further=(replace(projects, accounts=bad),))
    page = looked(ctx)
    assert about_projects(page) == [f"“{PROJECTS}”：表格的列有变动"]
    (line,) = page.others
    assert (line.name, line.verdict.stage) == (PROJECTS, Stage.UNKNOWN)
    assert f"；但“{PROJECTS}”" in page.words


def test_a_run_under_way_works_on_the_tables_that_it_is_in(ctx: Context) -> None:
    ran(ctx, "catch-up-2", None, 0, table=PROJECTS, table_id="tblProjects")
    page = looked(ctx)
    assert page.others[0].verdict.stage is Stage.RUNNING
    assert page.run_id is None
    here, day = table_named(ctx, PROJECTS), yesterday(ctx.now())
    assert (story_of(here, SHOPS[0].id, day).reading, story_of(ctx, SHOPS[0].id, day).reading) == ("catch-up-2", "")


def test_a_table_in_which_the_run_was_halted_is_not_being_read(ctx: Context) -> None:
    day = yesterday(ctx.now())
    run = ran(ctx, "daily-y", RunState.SUCCESS)
    halted = replace(run, run_id="daily-z", table=PROJECTS, table_id="", halted=LACKS)
    ran(ctx, "daily-z", None, 0, further=(halted,), days=DayRange(day, day))
    page = looked(ctx)
    assert page.run_id == "daily-z"
    assert page.others[0].verdict.stage is not Stage.RUNNING
