"""A whole run: begin it, and carry its steps out in this process."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from pipeline.context import Context
from pipeline.core import plan
from pipeline.core.outcome import Run, Summary
from pipeline.core.plan import parts
from pipeline.steps.fetch import fetch_account
from pipeline.steps.finish import finish
from pipeline.steps.load import load
from pipeline.steps.read import read_table
from pipeline.steps.verify import verify
from pipeline.steps.views import check_views

FETCHES_AT_ONCE = 16  # threads that wait for answers; the shared limiter sets the pace


def begin(ctx: Context, day: date | None, account_ids: Sequence[str], *, dry_run: bool) -> Run:
    """Plan and record a run that a person asked for: yesterday with its look-back, or exactly `day`.

    Raises:
        WrongInput: The day is not over or too old, or an account is not known.
    """
    settings, now = ctx.settings, ctx.now()
    days = plan.closed_day(day, now) if day else plan.window(now, settings.lookback_days)
    accounts = plan.choose_accounts(settings.accounts, account_ids)
    seconds = plan.deadline_s(len(accounts), len(days), settings.oceanengine_rate, settings.run_deadline_s)
    run = plan.manual_run(days, accounts, now, seconds, dry_run=dry_run)
    ctx.ledger.open(run)
    ctx.ledger.emit(run.run_id, "planned", accounts=len(accounts), days=len(days))
    return run


def carry_out(ctx: Context, run_id: str) -> Summary:
    """Every step of a run, in threads of this process: what can overlap does."""
    cut = parts(ctx.ledger.run(run_id))
    with ThreadPoolExecutor(max_workers=FETCHES_AT_ONCE) as pool:
        for part in cut:
            _fetch_and_load(ctx, part, pool)
            if part is cut[-1]:
                views = pool.submit(check_views, ctx, run_id)
            verify(ctx, run_id, part.batch)
        views.result()
    return finish(ctx, run_id)


def _fetch_and_load(ctx: Context, part: Run, pool: ThreadPoolExecutor) -> None:
    reading = pool.submit(read_table, ctx, part.run_id, part.batch)  # first: the load waits for it longest
    fetches = [pool.submit(fetch_account, ctx, part.run_id, part.batch, account.id) for account in part.accounts]
    reading.result()
    for fetch in fetches:
        fetch.result()
    load(ctx, part.run_id, part.batch)
