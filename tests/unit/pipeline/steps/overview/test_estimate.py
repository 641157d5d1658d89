"""Estimates of backfills, from what Redis remembers."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import WrongInput
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.runs.plan import yesterday
from pipeline.steps.overview import estimate as estimates
from pipeline.steps.overview.estimate import estimate
from tests.unit.pipeline.steps.overview.ledgers import SHOPS, context, ran


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


def lately(ctx: Context, back: int = 0) -> DayRange:
    last = yesterday(ctx.now()) - timedelta(days=back)
    return DayRange(last - timedelta(days=9), last)


def learn(ctx: Context, days: DayRange, rows: int) -> None:
    at = [AccountDay(one.id, day) for one in SHOPS for day in days]
    ctx.coverage.learn({one: Loaded(rows, "1", "c" * 32, ctx.now()) for one in at})


def test_it_counts_what_is_loaded_and_foretells_the_rest_from_the_last_week(ctx: Context) -> None:
    learn(ctx, lately(ctx), 30)
    days = lately(ctx, 5)
    told, same = estimate(ctx, days.first, days.last, [])
    assert same is None
    assert (told.accounts, told.loaded, told.rows, told.new_rows) == (2, 10, 600, 300)
    assert (told.exact, told.known, told.rooms[0].held) == (True, True, None)


def test_an_account_may_be_named(ctx: Context) -> None:
    days = lately(ctx, 5)
    assert estimate(ctx, days.first, days.last, ["城西店"])[0].accounts == 1
    with pytest.raises(WrongInput, match="unknown account"):
        estimate(ctx, days.first, days.last, ["x"])


def test_the_room_is_what_was_counted_last(ctx: Context) -> None:
    ctx.table_facts.learn_rows(yesterday(ctx.now()), 19_990, counted=True)
    learn(ctx, lately(ctx), 30)
    days = lately(ctx, 10)
    told, _ = estimate(ctx, days.first, days.last, [])
    assert (told.rooms[0].held, told.rooms[0].more, told.fits) == (19_990, 600, False)


def test_the_same_backfill_under_way_is_found(ctx: Context) -> None:
    days = lately(ctx, 5)
    run = ran(ctx, f"backfill-{days.first}-{days.last}-a", None, 0, days=days, day=days.last, backfill=True)
    assert estimate(ctx, days.first, days.last, [])[1] == run
    assert estimate(ctx, days.first, days.last, ["城西店"])[1] is None


def test_of_many_account_days_a_part_is_read(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "PLACES_READ", 15)
    learn(ctx, lately(ctx), 30)
    days = lately(ctx, 5)
    told, _ = estimate(ctx, days.first, days.last, [])
    assert not told.exact
    assert (told.loaded, told.rows) == (10, 600)


def test_days_that_are_not_over_and_unknown_accounts_are_refused(tmp_path: Path, ctx: Context) -> None:
    today = yesterday(ctx.now()) + timedelta(days=1)
    with pytest.raises(WrongInput, match="cannot be loaded"):
        estimate(ctx, today, today, [])
    nobody, day = context(tmp_path, accounts={}), yesterday(ctx.now())
    with pytest.raises(WrongInput, match="no accounts are known yet"):
        estimate(nobody, day, day, [])
