"""The list of runs, page by page."""

from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.outcome import RunState
from pipeline.core.overview.runs.lines import Wanted, line_of
from pipeline.core.run_kind import RunKind
from pipeline.state import keys
from pipeline.steps.overview import runs
from pipeline.steps.overview.runs import SHOWN, page_of, pages
from tests.unit.pipeline.steps.overview.ledgers import context, ran


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


def ids(ctx: Context, wanted: Wanted, after: int = 0) -> list[str]:
    return [line.run_id for line in page_of(ctx, wanted, after).lines]


def test_without_runs_a_page_is_empty(ctx: Context) -> None:
    page = page_of(ctx, Wanted())
    assert (page.lines, page.older, page.oldest, page.count) == ((), None, None, 0)


def test_pages_go_on_where_the_one_before_ended(ctx: Context) -> None:
    for n in range(SHOWN + 3):
        ran(ctx, f"run-{n}", ago_h=n)
    first = page_of(ctx, Wanted())
    assert (len(first.lines), first.older, first.count) == (SHOWN, SHOWN, SHOWN + 3)
    rest = page_of(ctx, Wanted(), SHOWN)
    assert [line.run_id for line in rest.lines] == [f"run-{n}" for n in range(SHOWN, SHOWN + 3)]
    assert (rest.older, rest.after) == (None, SHOWN)
    assert page_of(ctx, Wanted(), 10**9).lines == ()


def test_a_last_page_that_is_full_is_the_last(ctx: Context) -> None:
    for n in range(SHOWN):
        ran(ctx, f"run-{n}", ago_h=n)
    assert page_of(ctx, Wanted()).older is None


def test_a_page_of_wanted_runs_goes_on_after_the_last_one_found(ctx: Context) -> None:
    for n in range(2 * SHOWN + 20):
        ran(ctx, f"run-{n}", RunState.FAILED if n % 2 else RunState.SUCCESS, n)
    first = page_of(ctx, Wanted(failed=True))
    assert first.older == 2 * SHOWN
    assert len({*ids(ctx, Wanted(failed=True)), *ids(ctx, Wanted(failed=True), 2 * SHOWN)}) == SHOWN + 10


def test_a_search_that_finds_little_stops_and_says_where_to_go_on(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SEARCHED", 60)
    for n in range(150):
        ran(ctx, f"run-{n}", RunState.FAILED if n == 149 else RunState.SUCCESS, n)
    page = page_of(ctx, Wanted(failed=True))
    assert (page.lines, page.older) == ((), 100)
    assert page.oldest == ctx.ledger.run("run-99").started_at
    assert ids(ctx, Wanted(failed=True), 100) == ["run-149"]


def test_runs_of_many_accounts_are_searched_less_far(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SEARCHED_ACCOUNTS", 20)
    for n in range(120):
        ran(ctx, f"run-{n}", ago_h=n)
    assert page_of(ctx, Wanted(failed=True)).older == 50  # of two accounts each


def test_runs_of_a_kind_are_found_by_their_ids_however_old(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SEARCHED", 1)
    for n in range(150):
        ran(ctx, f"daily-{n}-x", ago_h=n)
    ran(ctx, "backfill-2026-01-01-2026-01-02-a", ago_h=151)
    page = page_of(ctx, Wanted(kind=RunKind.BACKFILL))
    assert [line.run_id for line in page.lines] == ["backfill-2026-01-01-2026-01-02-a"]
    assert page.older is None


def test_an_ended_run_is_told_by_the_line_that_is_kept_beside_it(ctx: Context) -> None:
    for n in range(3):
        run = ran(ctx, f"run-{n}", RunState.PARTIAL, n)
        ctx.events.archive(run.run_id, line_of(run, ctx.ledger.summary(run.run_id), RunState.PARTIAL))
    before = page_of(ctx, Wanted()).lines
    ctx.client.hset(keys.run("run-0"), "summary", "torn")
    ctx.client.hset(keys.run("run-1"), "line", "torn")
    assert page_of(ctx, Wanted()).lines == before
    assert (len(before), before[0].troubled, before[0].good) == (3, "城东店", 1)
    assert ids(ctx, Wanted(account="城西店")) == ["run-0", "run-1", "run-2"]
    assert ids(ctx, Wanted(account="城南店")) == []


def test_a_run_that_nobody_can_read_is_named(ctx: Context) -> None:
    for n in range(3):
        ran(ctx, f"run-{n}", ago_h=n)
    ctx.client.hset(keys.run("run-2"), "plan", "torn")
    page = page_of(ctx, Wanted())
    assert ([line.run_id for line in page.lines], page.lost) == (["run-0", "run-1"], ("run-2",))
    assert page.older is None


def test_an_open_run_is_running_while_it_gives_signs_of_life(ctx: Context) -> None:
    ran(ctx, "run-0", None, 0)
    assert [line.state for line in page_of(ctx, Wanted()).lines] == [RunState.RUNNING]


def test_a_run_that_begins_while_pages_are_read_makes_none_come_twice() -> None:
    known = [f"run-{n}" for n in range(5)]

    def newest(count: int, after: int) -> list[str]:
        found = known[after : after + count]
        if after < 4:
            known.insert(0, f"new-{len(known)}")
        return found

    read = [run_id for page in pages(newest, 2) for run_id in page]
    assert [run_id for run_id in read if run_id.startswith("run")] == [f"run-{n}" for n in range(5)]
    assert len(read) == len(set(read))
