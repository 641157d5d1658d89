"""A whole run: begin it, and carry its steps out in this process."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.coverage.owed import catch_up_id, next_id
from pipeline.core.errors import NeedsPerson, WrongInput
from pipeline.core.model import DayRange
from pipeline.core.outcome import Run, Summary
from pipeline.core.runs import plan
from pipeline.core.runs.flow import FINISH, LOAD, Step, next_steps
from pipeline.core.runs.plan import parts
from pipeline.core.unforeseen import TRIES, Unforeseen
from pipeline.render.cards import trouble_card
from pipeline.state import keys
from pipeline.state.lease import held
from pipeline.steps.accounts.roster import Accounts, account_count, choose, current_accounts, remembered_accounts
from pipeline.steps.coverage.owed import due_groups, newest_day, owed, reaching_back, recent_runs, worth_trying
from pipeline.steps.coverage.rebuild import recall_coverage
from pipeline.steps.runs.alive import under_way
from pipeline.steps.runs.backfill import begun_parts, open_attempt, rows_a_day, taken_up
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.halt import Halted, Stop, never
from pipeline.steps.runs.load import load
from pipeline.steps.runs.verify import verify
from pipeline.steps.runs.views import check_views
from pipeline.steps.telling.tell import tell_once
from pipeline.steps.telling.token import told_as

T = TypeVar("T")
FETCHES_AT_ONCE = 16  # threads that wait for answers; the shared limiter sets the pace

log = structlog.get_logger()


def begin(ctx: Context, day: date | None, account_ids: Sequence[str], *, dry_run: bool, tell: bool = True) -> Run:
    """Plan and record a run that a person asked for: yesterday with its look-back, or exactly `day`.

    Args:
        tell: Whether the group hears of it in any case.

    Raises:
        WrongInput: The day is not over or too old, or an account is not known.
    """
    now = ctx.now()
    days = plan.closed_day(day, now) if day else plan.window(now, ctx.settings.lookback_days)
    run_id = f"{_daily_id(days.last)}-{plan.manual_suffix(now)}"
    run = _planned(ctx, _known(ctx), run_id, days, account_ids, dry_run=dry_run)
    return _open_new(ctx, replace(run, restatements=day is None, tell=tell))


def begin_daily(ctx: Context) -> Run:
    """The day's run: yesterday with its look-back, and back to the oldest day owed. Asked for again it is the same."""
    days = plan.window(ctx.now(), ctx.settings.lookback_days)
    run_id = _daily_id(days.last)
    if ctx.ledger.known(run_id):
        return ctx.ledger.run(run_id)
    known = _known_or_told(ctx)
    run = _planned(ctx, known, run_id, reaching_back(ctx, known.names, days), [])
    return _open(ctx, replace(run, restatements=True))


def daily_is_lost(ctx: Context) -> bool:
    """Whether today's daily run ought to have begun and did not, so that whoever notices begins it."""
    now, settings = ctx.now(), ctx.settings
    late = plan.daily_is_late(now, settings.daily_at, settings.watchdog_s, _deadline_s(ctx, account_count(ctx), 1))
    return late and not ctx.ledger.known(_daily_id(plan.yesterday(now)))


def begin_settle(ctx: Context) -> Run:
    """Yesterday once more, whose figures have settled by now; of parked accounts the daily run is enough."""
    newest = plan.yesterday(ctx.now())
    run_id = f"settle-{newest}"
    if ctx.ledger.known(run_id):
        return ctx.ledger.run(run_id)
    known, parked = _known_or_told(ctx), ctx.days.parked(ctx.now())
    chosen = [number for number in known.names if number not in parked]
    return _open(ctx, _planned(ctx, known, run_id, DayRange(newest, newest), chosen))


def begin_backfill(
    ctx: Context, start: date, end: date, account_ids: Sequence[str], suffix: str | None = None, *, tell: bool = True
) -> Run:
    """A range of closed days, which waits behind daily runs.

    The one of the same days and accounts that somebody is still at is joined; what one that did not succeed loaded
    is read back first.

    Args:
        suffix: What tells it from another backfill of these days; asked for again with the same it is the same run.
        tell: Whether the group hears of it in any case.

    Raises:
        WrongInput: The range cannot be loaded, or an account is not known.
    """
    now, settings = ctx.now(), ctx.settings
    run = _planned_backfill(ctx, start, end, account_ids, suffix)
    if not ctx.ledger.known(run.run_id):
        if there := open_attempt(ctx, run):
            return there
        run = taken_up(ctx, run)
    seconds = plan.batches_deadline_s(parts(run), settings.oceanengine_rate, settings.run_deadline_s)
    run = replace(run, deadline=now + timedelta(seconds=seconds), tell=tell)
    return _open(ctx, run) if suffix else _open_new(ctx, run)


def open_backfill(ctx: Context, start: date, end: date, account_ids: Sequence[str]) -> Run:
    """The backfill of these days and accounts that somebody is at.

    Raises:
        WrongInput: There is none.
    """
    run = open_attempt(ctx, _planned_backfill(ctx, start, end, account_ids, None))
    if run is None:
        msg = f"no backfill of {start} .. {end} is under way for these accounts; `laike runs` lists what there is"
        raise WrongInput(msg)
    return run


def _planned_backfill(ctx: Context, start: date, end: date, account_ids: Sequence[str], suffix: str | None) -> Run:
    now = ctx.now()
    run_id = f"backfill-{start}-{end}-{suffix or plan.manual_suffix(now)}"
    run = _planned(ctx, _known(ctx), run_id, plan.past_days(start, end, now), account_ids)
    return replace(run, backfill=True, rows_a_day=rows_a_day(ctx, run.accounts))


def begin_catch_up(ctx: Context) -> list[Run]:
    """What is owed and was not tried too recently, a run for each range of days; with nothing owed no call is made."""
    if ctx.visibility.lost():
        return []  # nothing may be written
    known = remembered_accounts(ctx) or current_accounts(ctx)
    day = newest_day(ctx, len(known.names))
    if day == plan.yesterday(ctx.now()):
        known = current_accounts(ctx)  # a list that the daily run could not renew may lack a new account
    recall_coverage(ctx, known.names)
    lacking = worth_trying(ctx, owed(ctx, known.names, day))
    runs = recent_runs(ctx) if lacking else []
    # two at once see the same runs, and so begin the same ones
    planned = [
        _planned(ctx, known, catch_up_id(day, days, runs), days, numbers)
        for days, numbers in due_groups(ctx, lacking, runs).items()
    ]
    return [_open_next(ctx, run) for run in planned]


def due(ctx: Context, run_id: str) -> list[Step]:
    """The first steps of an open run that are missing; one that is closed already is no longer looked after.

    One that is open although all is done was killed between its end and its closing: the end once more closes it.
    """
    if summary := ctx.ledger.summary(run_id):
        ctx.ledger.close(summary)
        return []
    run = ctx.ledger.run(run_id)
    begun, _ = begun_parts(ctx, run)
    return next_steps(begun, ctx.outcomes.done(run_id), late=ctx.now() > run.deadline) or [Step(FINISH)]


def waits_too_long(ctx: Context, run_id: str) -> bool:
    """Whether a run's deadline is over and a load, which nobody is at, still waits for its headers."""
    if ctx.now() <= ctx.ledger.run(run_id).deadline:
        return False
    return any(step.name == LOAD and not held(ctx.client, keys.step(run_id, str(step))) for step in due(ctx, run_id))


def _daily_id(day: date) -> str:
    return f"daily-{day}"


def _deadline_s(ctx: Context, accounts: int, days: int) -> float:
    return plan.deadline_s(accounts, days, ctx.settings.oceanengine_rate, ctx.settings.run_deadline_s)


def _known(ctx: Context) -> Accounts:
    """The accounts, and what was loaded of them known again where Redis was emptied."""
    known = current_accounts(ctx)
    recall_coverage(ctx, known.names)
    return known


def _known_or_told(ctx: Context) -> Accounts:
    try:
        return _known(ctx)
    except NeedsPerson as error:  # no run begins, so that no run's card tells it
        card = trouble_card("同步无法开始", [error.what_to_do], ctx.tokens.link)
        tell_once(ctx, told_as(error.reason), card)
        raise


def _planned(
    ctx: Context, known: Accounts, run_id: str, days: DayRange, account_ids: Sequence[str], *, dry_run: bool = False
) -> Run:
    now = ctx.now()
    accounts, parked = choose(ctx, known.names, account_ids), ctx.days.parked(now)
    return Run(
        run_id=run_id,
        day=days.last,
        days=days,
        accounts=accounts,
        started_at=now,
        deadline=now + timedelta(seconds=_deadline_s(ctx, len(accounts), len(days))),
        dry_run=dry_run,
        trouble=known.trouble,
        parked=tuple(account.id for account in accounts if account.id in parked),
        table_id=ctx.settings.bitable_table_id,
    )


def _open(ctx: Context, run: Run) -> Run:
    """Record a run, or join the one of its name."""
    if ctx.ledger.open(run):
        _tell(ctx, run)
    return ctx.ledger.run(run.run_id)


def _open_next(ctx: Context, run: Run) -> Run:
    """Record a run under the first name that is free, or join the one of its name that somebody is at."""
    while not ctx.ledger.open(run):
        for there in ctx.ledger.plans([run.run_id]):
            if under_way(ctx, there):
                return there
        run = replace(run, run_id=next_id(run.run_id))
    _tell(ctx, run)
    return run


def _open_new(ctx: Context, run: Run) -> Run:
    """Record a run of its own: one that began in the same millisecond keeps its name, and this one gets another."""
    name, number = run.run_id, 1
    while not ctx.ledger.open(run):
        number += 1
        run = replace(run, run_id=f"{name}-{number}")
    _tell(ctx, run)
    return run


def _tell(ctx: Context, run: Run) -> None:
    ctx.pulse.stamp(run.run_id)
    ctx.events.emit(run.run_id, "planned", accounts=len(run.accounts), days=len(run.days))


def carry_out(ctx: Context, run_id: str, stop: Stop = never) -> Summary:
    """Every step of a run, in threads of this process: what can overlap does.

    Raises:
        Halted: Somebody wants it to stop; those steps that had begun have ended.
    """
    surely = partial(_surely, stop)
    cut = parts(ctx.ledger.run(run_id))
    with ThreadPoolExecutor(max_workers=FETCHES_AT_ONCE) as pool:
        for part in cut:
            _fetch_and_load(ctx, part, pool, surely)
            if part is cut[-1]:
                views = pool.submit(surely, partial(check_views, ctx, run_id))
            surely(partial(verify, ctx, run_id, part.batch))
        views.result()
    return surely(partial(finish, ctx, run_id))


def _fetch_and_load(ctx: Context, part: Run, pool: ThreadPoolExecutor, surely: Callable[..., object]) -> None:
    at = (ctx, part.run_id, part.batch)
    reading = pool.submit(surely, partial(read_table, *at))  # first: the load waits for it longest
    if part.batch in part.loaded_before:
        reading.result()  # it says whether anything is fetched
    fetches = [pool.submit(surely, partial(fetch_account, *at, account.id)) for account in part.accounts]
    reading.result()
    for fetch in fetches:
        fetch.result()
    surely(partial(load, *at))


def _surely(stop: Stop, step: Callable[[], T]) -> T:
    """A step, tried again at once where it broke: the last time it has an outcome."""
    for _ in range(TRIES - 1):
        if stop():
            raise Halted
        try:
            return step()
        except Unforeseen as error:
            log.info("at_once_again", error=error.message)
    return step()
