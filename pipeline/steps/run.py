"""A whole run: begin it, and carry its steps out in this process."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

from pipeline.context import Context
from pipeline.core import plan
from pipeline.core.errors import NeedsPerson
from pipeline.core.flow import LOAD, Step, next_steps
from pipeline.core.model import DayRange
from pipeline.core.outcome import Run, Summary
from pipeline.core.plan import parts
from pipeline.render.cards import trouble_card
from pipeline.state import keys
from pipeline.state.lease import held
from pipeline.steps.accounts import Known, account_count, known_accounts
from pipeline.steps.fetch import fetch_account
from pipeline.steps.finish import finish
from pipeline.steps.load import load
from pipeline.steps.read import read_table
from pipeline.steps.recall import recall_coverage
from pipeline.steps.tell import tell_once
from pipeline.steps.token import told_as
from pipeline.steps.verify import verify
from pipeline.steps.views import check_views

RUNS_LOOKED_AT = 50  # the newest ones; a day has fewer
FETCHES_AT_ONCE = 16  # threads that wait for answers; the shared limiter sets the pace


def begin(ctx: Context, day: date | None, account_ids: Sequence[str], *, dry_run: bool) -> Run:
    """Plan and record a run that a person asked for: yesterday with its look-back, or exactly `day`.

    Raises:
        WrongInput: The day is not over or too old, or an account is not known.
    """
    now = ctx.now()
    days = plan.closed_day(day, now) if day else plan.window(now, ctx.settings.lookback_days)
    run_id = f"{_daily_id(days.last)}-{plan.manual_suffix(now)}"
    run = _planned(ctx, known_accounts(ctx), run_id, days, account_ids, dry_run=dry_run)
    return _open_new(ctx, replace(run, restatements=day is None))


def begin_daily(ctx: Context) -> Run:
    """The day's run: yesterday with its look-back. Asked for again it is the same run."""
    days = plan.window(ctx.now(), ctx.settings.lookback_days)
    return _begin_once(ctx, _daily_id(days.last), days, restatements=True)


def daily_is_lost(ctx: Context) -> bool:
    """Whether today's daily run ought to have begun and did not, so that whoever notices begins it."""
    now, settings = ctx.now(), ctx.settings
    late = plan.daily_is_late(now, settings.daily_at, settings.watchdog_s, _deadline_s(ctx, account_count(ctx), 1))
    return late and not ctx.ledger.known(_daily_id(plan.yesterday(now)))


def begin_settle(ctx: Context) -> Run:
    """Yesterday once more, whose figures have settled by now."""
    newest = plan.yesterday(ctx.now())
    return _begin_once(ctx, f"settle-{newest}", DayRange(newest, newest))


def begin_backfill(ctx: Context, start: date, end: date, account_ids: Sequence[str], suffix: str | None = None) -> Run:
    """A range of closed days, which waits behind daily runs.

    Args:
        suffix: What tells it from another backfill of these days; asked for again with the same it is the same run.

    Raises:
        WrongInput: The range cannot be loaded, or an account is not known.
    """
    now, settings = ctx.now(), ctx.settings
    days = plan.past_days(start, end, now)
    run_id = f"backfill-{start}-{end}-{suffix or plan.manual_suffix(now)}"
    run = replace(_planned(ctx, known_accounts(ctx), run_id, days, account_ids), backfill=True)
    seconds = plan.batches_deadline_s(parts(run), settings.oceanengine_rate, settings.run_deadline_s)
    run = replace(run, deadline=now + timedelta(seconds=seconds))
    return _open(ctx, run) if suffix else _open_new(ctx, run)


def begin_catch_up(ctx: Context) -> Run | None:
    """Yesterday for the accounts that lack it, if it is owed, not tried too recently, and loading is not stopped."""
    if ctx.memory.unseen():
        return None  # nothing may be written
    now, settings = ctx.now(), ctx.settings
    newest = plan.yesterday(now)
    known = known_accounts(ctx)
    lacking = [number for number in known.names if newest.isoformat() not in ctx.ledger.covered(number)]
    deadline = _deadline_s(ctx, len(known.names), 1)
    if not lacking or now < plan.owed_from(now, settings.daily_at, deadline):
        return None
    runs = [ctx.ledger.run(run_id) for run_id in ctx.ledger.newest(RUNS_LOOKED_AT)]
    earlier = [run for run in runs if run.day == newest and not run.dry_run]
    if any(ctx.ledger.summary(run.run_id) is None for run in earlier):
        return None  # somebody is at it
    if not plan.catch_up_due([run.started_at for run in earlier], now):
        return None
    # two at once count the same earlier runs, and so begin the same one
    run_id = f"catch-up-{newest}-{len(earlier) + 1}"
    return _open(ctx, _planned(ctx, known, run_id, DayRange(newest, newest), lacking))


def due(ctx: Context, run_id: str) -> list[Step]:
    """The first steps of a run that are missing; a run that has ended is no longer looked after."""
    if summary := ctx.ledger.summary(run_id):
        ctx.ledger.close(summary)
        return []
    run = ctx.ledger.run(run_id)
    return next_steps(parts(run), ctx.ledger.done(run_id), late=ctx.now() > run.deadline)


def waits_too_long(ctx: Context, run_id: str) -> bool:
    """Whether a run's deadline is over and a load, which nobody is at, still waits for its headers."""
    if ctx.now() <= ctx.ledger.run(run_id).deadline:
        return False
    return any(step.name == LOAD and not held(ctx.client, keys.step(run_id, str(step))) for step in due(ctx, run_id))


def _daily_id(day: date) -> str:
    return f"daily-{day}"


def _deadline_s(ctx: Context, accounts: int, days: int) -> float:
    return plan.deadline_s(accounts, days, ctx.settings.oceanengine_rate, ctx.settings.run_deadline_s)


def _begin_once(ctx: Context, run_id: str, days: DayRange, *, restatements: bool = False) -> Run:
    """A run of all accounts, or the one of its name."""
    if ctx.ledger.known(run_id):
        return ctx.ledger.run(run_id)
    run = _planned(ctx, _known_or_told(ctx), run_id, days, [])
    return _open(ctx, replace(run, restatements=restatements))


def _known_or_told(ctx: Context) -> Known:
    try:
        return known_accounts(ctx)
    except NeedsPerson as error:  # no run begins, so that no run's card tells it
        card = trouble_card("同步无法开始", [error.what_to_do], ctx.tokens.link)
        tell_once(ctx, told_as(error.reason), card)
        raise


def _planned(
    ctx: Context, known: Known, run_id: str, days: DayRange, account_ids: Sequence[str], *, dry_run: bool = False
) -> Run:
    now = ctx.now()
    accounts = plan.choose_accounts(known.names, account_ids)
    return Run(
        run_id=run_id,
        day=days.last,
        days=days,
        accounts=accounts,
        started_at=now,
        deadline=now + timedelta(seconds=_deadline_s(ctx, len(accounts), len(days))),
        dry_run=dry_run,
        trouble=known.trouble,
    )


def _open(ctx: Context, run: Run) -> Run:
    """Record a run, or join the one of its name."""
    if ctx.ledger.open(run):
        _tell(ctx, run)
    return ctx.ledger.run(run.run_id)


def _open_new(ctx: Context, run: Run) -> Run:
    """Record a run of its own: one that began in the same millisecond keeps its name, and this one gets another."""
    name, number = run.run_id, 1
    while not ctx.ledger.open(run):
        number += 1
        run = replace(run, run_id=f"{name}-{number}")
    _tell(ctx, run)
    return run


def _tell(ctx: Context, run: Run) -> None:
    ctx.ledger.stamp(run.run_id)
    recall_coverage(ctx, run.accounts)
    ctx.ledger.emit(run.run_id, "planned", accounts=len(run.accounts), days=len(run.days))


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
