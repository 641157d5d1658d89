"""The story of a run, read."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import FetchOutcome, LoadOutcome, RunState
from pipeline.core.runs.flow import LOAD
from pipeline.core.runs.quality import all_failed
from pipeline.state import keys
from pipeline.state.lease import claim
from pipeline.steps.overview import story
from tests.unit.pipeline.steps.overview.ledgers import GONE, SHOPS, context, ran


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


def record(ctx: Context, run_id: str, step: str, outcome: object) -> None:
    with claim(ctx.client, keys.step(run_id, step), 10, lambda: None) as lease:
        ctx.outcomes.record(run_id, step, outcome, lease)


def test_an_ended_run_is_told_with_its_troubles_and_no_progress(ctx: Context) -> None:
    ran(ctx, "daily-1-x", RunState.PARTIAL)
    ctx.events.emit("daily-1-x", "planned", accounts=2, days=1)
    ctx.events.archive("daily-1-x")
    told = story.told(ctx, "daily-1-x")
    assert (told.state, told.bad, told.count, told.seconds) == (RunState.PARTIAL, 1, 2, 90.0)
    assert told.troubles == ((GONE, ("城东店",)),)
    assert told.progress is None


def test_an_open_run_is_told_with_its_progress_and_why_accounts_failed_so_far(ctx: Context) -> None:
    run = ran(ctx, "daily-2-x", None, 0)
    ctx.events.emit(run.run_id, "planned", accounts=2, days=1)
    ctx.events.emit(run.run_id, "fetched", batch=0, account=SHOPS[0].id, state="failed", reason="no", ms=5)
    days = all_failed(run.days, GONE)
    failed = FetchOutcome(account_id=SHOPS[0].id, days=days, rows=0, checksum="", as_of=ctx.now())
    record(ctx, run.run_id, f"fetch.0.{SHOPS[0].id}", failed)
    told = story.told(ctx, run.run_id)
    assert told.progress
    assert (told.state, told.progress.fetches, told.progress.of_fetches) == (RunState.RUNNING, 1, 2)
    assert [one.trouble for one in told.accounts] == [GONE, None]
    assert told.troubles == ()


def test_accounts_are_told_fifty_at_a_time(ctx: Context) -> None:
    many = tuple(Account(f"{n:016}", f"店{n}") for n in range(120))
    ran(ctx, "daily-3-x", accounts=many)
    pages = [story.told(ctx, "daily-3-x", after) for after in (0, 50, 100, 10**9)]
    assert [len(page.accounts) for page in pages] == [50, 50, 20, 0]
    assert len({one.account.id for page in pages for one in page.accounts}) == 120


def test_progress_adds_up_what_loads_wrote_and_says_whether_it_stops(ctx: Context) -> None:
    days = DayRange(ctx.now().date() - timedelta(days=99), ctx.now().date())
    run = ran(ctx, "backfill-x", None, 0, days=days, backfill=True)
    record(ctx, run.run_id, f"{LOAD}.0", LoadOutcome(created=3))
    record(ctx, run.run_id, f"{LOAD}.1", LoadOutcome(created=4, updated=1))
    assert not story.progress(ctx, run).stopping
    ctx.ledger.give_up(run.run_id, GONE)
    told = story.progress(ctx, run)
    assert (told.created, told.updated, told.of_batches, told.stopping) == (7, 1, 4, True)


def test_only_runs_under_way_are_told_as_such(ctx: Context) -> None:
    ran(ctx, "a", None, 0)
    ran(ctx, "b", RunState.SUCCESS)
    assert [one.run_id for one in story.under_way(ctx, ["a", "b", "c"])] == ["a"]


@pytest.mark.parametrize("run_id", ["", "x" * 200, "a:events", "a\x00b", "../a", "店", "a b", "\ud800", "a\n"])
def test_what_is_no_id_of_a_run_is_not_asked_for(ctx: Context, run_id: str) -> None:
    ran(ctx, "a", None, 0)
    ctx.events.emit("a", "planned")
    assert not story.exists(ctx, run_id)
    assert story.exists(ctx, "a")


def test_a_run_that_cannot_be_read_is_refused(ctx: Context) -> None:
    ran(ctx, "a")
    ctx.client.hset(keys.run("a"), "plan", "torn")
    ctx.client.hdel(keys.run("a"), "plan_digest")
    with pytest.raises(WrongInput, match="cannot be read"):
        story.told(ctx, "a")
