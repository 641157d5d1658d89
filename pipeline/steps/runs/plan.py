"""Plan and begin runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.coverage.owed import catch_up_id, next_id
from pipeline.core.errors import NeedsPerson, WrongInput
from pipeline.core.model import DayRange
from pipeline.core.outcome import Run
from pipeline.core.run_kind import RunKind
from pipeline.core.runs import plan
from pipeline.core.runs.plan import parts
from pipeline.render.cards import trouble_card
from pipeline.state import keys
from pipeline.state.lease import hold
from pipeline.steps.accounts.roster import Accounts, account_count, choose, current_accounts, remembered_accounts
from pipeline.steps.coverage.in_tables import group_of, in_every_table, in_table
from pipeline.steps.coverage.owed import due_groups, newest_day, owed, reaching_back, recent_runs, worth_trying
from pipeline.steps.coverage.rebuild import with_coverage
from pipeline.steps.rollover.make import Prepared, prepared
from pipeline.steps.runs.alive import under_way
from pipeline.steps.runs.backfill import open_attempt, rows_a_day, taken_up
from pipeline.steps.telling.tell import tell_once
from pipeline.steps.telling.token import told_as

T = TypeVar("T")
log = structlog.get_logger()


def begin(ctx: Context, day: date | None, account_ids: Sequence[str], *, dry_run: bool, tell: bool = True) -> Run:
    """Begin a run by hand: yesterday with its look-back, or exactly `day`.

    Raises:
        WrongInput: The day is not over or too old, or an account is unknown.
    """
    now = ctx.now()
    days = plan.closed_day(day, now) if day else plan.window(now, ctx.settings.lookback_days)
    run_id = f"{RunKind.MANUAL.prefix}{days.last}-{plan.manual_suffix(now)}"
    ctx, listed = _roster(ctx)

    def planned(here: Context) -> Run:
        there = Prepared(here) if dry_run else prepared(here, days.last)
        run = _planned(there, listed, run_id, days, account_ids, dry_run=dry_run)
        return replace(run, restatements=day is None, tell=tell)

    return _open_new(ctx, in_every_table(ctx, listed.names, account_ids, planned))


def begin_daily(ctx: Context) -> Run:
    """Begin or return the day's run: yesterday with its look-back, and back to the oldest owed day."""
    days = plan.window(ctx.now(), ctx.settings.lookback_days)
    run_id = plan.scheduled_id(RunKind.DAILY, days.last)
    if ctx.ledger.has(run_id):
        return ctx.ledger.run(run_id)
    ctx, listed = _scheduled_roster(ctx)

    def planned(here: Context) -> Run:
        there = prepared(here, days.last)
        reached = reaching_back(there.ctx, group_of(here, listed.names), days)
        return replace(_planned(there, listed, run_id, reached, []), restatements=True)

    return _open(ctx, in_every_table(ctx, listed.names, [], planned))


def daily_is_lost(ctx: Context) -> bool:
    """Whether today's daily run should have begun and did not."""
    now, settings = ctx.now(), ctx.settings
    late = plan.daily_is_late(now, settings.daily_at, settings.watchdog_s, _deadline_s(ctx, account_count(ctx), 1))
    return late and not ctx.ledger.has(plan.scheduled_id(RunKind.DAILY, plan.yesterday(now)))


def daily_is_outstanding(ctx: Context) -> bool:
    """Whether today's daily run is due and no run has begun to load its day: it loads all that is owed."""
    now = ctx.now()
    newest = plan.yesterday(now)
    runs = (run for run in recent_runs(ctx) if not run.table)
    begun = ctx.ledger.has(plan.scheduled_id(RunKind.DAILY, newest)) or any(run.day == newest for run in runs)
    return now >= plan.daily_begins(now, ctx.settings.daily_at) and not begun


def _daily_ended(ctx: Context) -> bool:
    return ctx.ledger.summary(plan.scheduled_id(RunKind.DAILY, plan.yesterday(ctx.now()))) is not None


def begin_settle(ctx: Context) -> Run:
    """Begin or return the settling run: yesterday once more, without parked accounts."""
    newest = plan.yesterday(ctx.now())
    run_id = plan.scheduled_id(RunKind.SETTLE, newest)
    if ctx.ledger.has(run_id):
        return ctx.ledger.run(run_id)
    (ctx, listed), parked = _scheduled_roster(ctx), ctx.absences.parked(ctx.now())
    chosen = [one for one in listed.names if one not in parked]

    def planned(here: Context) -> Run:
        return _planned(prepared(here, newest), listed, run_id, DayRange(newest, newest), chosen)

    return _open(ctx, in_every_table(ctx, listed.names, chosen, planned))


def begin_backfill(
    ctx: Context, start: date, end: date, account_ids: Sequence[str], suffix: str | None = None, *, tell: bool = True
) -> Run:
    """Begin a range of closed days, or join the same one that is under way; it waits behind daily runs.

    What attempts without success loaded is read back first.

    Args:
        suffix: Tells it from other backfills of these days; the same suffix is the same run.
        tell: Whether the group hears of its end even if it mends nothing.

    Raises:
        WrongInput: The range cannot be loaded, or an account is unknown.
    """
    now, settings = ctx.now(), ctx.settings
    ctx, run = _planned_backfill(ctx, start, end, account_ids, suffix, make=True)
    # two at once would each see none under way, begin one, and stop the other's as a dead attempt
    with hold(ctx.client, keys.step(RunKind.BACKFILL, "begin"), ctx.time_left(None)):
        # without a suffix, the id only says in which millisecond somebody asked
        if not (suffix and ctx.ledger.has(run.run_id)):
            if there := open_attempt(ctx, run):
                return there
            run = taken_up(ctx, run)
        seconds = plan.batches_deadline_s(parts(run), settings.oceanengine_rate, settings.run_deadline_s)
        run = replace(run, deadline=now + timedelta(seconds=seconds), tell=tell)
        return _open(ctx, run) if suffix else _open_new(ctx, run)


def open_backfill(ctx: Context, start: date, end: date, account_ids: Sequence[str]) -> Run:
    """The backfill of these days and accounts that is under way; `WrongInput` if there is none."""
    run = open_attempt(*_planned_backfill(ctx, start, end, account_ids, None))
    if run is None:
        msg = f"no backfill of {start} .. {end} is under way for these accounts; `laike runs` lists what there is"
        raise WrongInput(msg)
    return run


def _planned_backfill(
    ctx: Context, start: date, end: date, account_ids: Sequence[str], suffix: str | None, *, make: bool = False
) -> tuple[Context, Run]:
    now, (ctx, listed) = ctx.now(), _roster(ctx)
    days = plan.past_days(start, end, now)
    run_id = plan.backfill_id(days, suffix or plan.manual_suffix(now))

    def planned(here: Context) -> Run:
        there = prepared(here, days.last) if make else Prepared(here)
        run = _planned(there, listed, run_id, days, account_ids)
        return replace(run, backfill=True, rows_a_day=rows_a_day(there.ctx, run.accounts))

    run = in_every_table(ctx, listed.names, account_ids, planned)
    return ctx.of(run), run


def begin_catch_up(ctx: Context) -> list[Run]:
    """Begin a run for each table and range of owed days that is due for another try; without one no call is made."""
    listed = remembered_accounts(ctx) or current_accounts(ctx)
    ctx = with_coverage(ctx, listed.names)
    further = [here for table in ctx.settings.tables if (here := in_table(ctx, listed.names, table))]
    return [run for here in (ctx, *further) for run in _catch_up(here, listed)]


def _catch_up(ctx: Context, listed: Accounts) -> list[Run]:
    if ctx.at_table(ctx.chain.newest.table_id).visibility.lost():
        return []  # nothing may be written
    day = plan.yesterday(ctx.now()) if _daily_ended(ctx) else newest_day(ctx, len(listed.names))
    if day == plan.yesterday(ctx.now()):
        listed = current_accounts(ctx)  # a list that the daily run could not renew may lack a new account
    lacking = worth_trying(ctx, owed(ctx, group_of(ctx, listed.names), day))
    runs = recent_runs(ctx) if lacking else []
    root = ctx.chain.root if ctx.table else ""
    # two processes see the same runs, and so begin the same ones
    planned = [
        _planned(prepared(ctx, days.last), listed, catch_up_id(day, days, runs, root), days, account_ids)
        for days, account_ids in due_groups(ctx, lacking, runs).items()
    ]
    return [_open_next(ctx, run) for run in planned]


def _deadline_s(ctx: Context, accounts: int, days: int) -> float:
    return plan.deadline_s(accounts, days, ctx.settings.oceanengine_rate, ctx.settings.run_deadline_s)


def _roster(ctx: Context) -> tuple[Context, Accounts]:
    """The context on our tables of now, and the accounts; what is known of both is rebuilt if Redis was emptied."""
    listed = current_accounts(ctx)
    return with_coverage(ctx, listed.names), listed


def _scheduled_roster(ctx: Context) -> tuple[Context, Accounts]:
    try:
        return _roster(ctx)
    except NeedsPerson as error:  # no run begins, so no run's card tells it
        card = trouble_card("同步无法开始", [error.what_to_do], ctx.tokens.link)
        tell_once(ctx, told_as(error.reason), card)
        raise


def _planned(
    there: Prepared,
    listed: Accounts,
    run_id: str,
    days: DayRange,
    account_ids: Sequence[str],
    *,
    dry_run: bool = False,
) -> Run:
    ctx, now = there.ctx, there.ctx.now()
    if there.notes:  # it took some calls: if Redis was emptied meanwhile, nobody would know that older days are loaded
        with_coverage(ctx, listed.names)
    ours, parked = group_of(ctx, listed.names), ctx.absences.parked(now)
    accounts = tuple(one for one in choose(ctx, listed.names, account_ids) if one.id in ours)
    return Run(
        run_id=run_id,
        day=days.last,
        days=days,
        accounts=accounts,
        started_at=now,
        deadline=now + timedelta(seconds=_deadline_s(ctx, len(accounts), len(days))),
        dry_run=dry_run,
        trouble=listed.trouble,
        parked=tuple(account.id for account in accounts if account.id in parked),
        table_id=ctx.chain.table_of(days.last),
        chain=ctx.chain if ctx.chain.registry else None,
        made=there.made,
        notes=there.notes,
        table=ctx.table,
    )


def _open(ctx: Context, run: Run) -> Run:
    """Record a run, or join that of its id."""
    if ctx.ledger.open(run):
        _announce(ctx, run)
    return ctx.ledger.run(run.run_id)


def _open_next(ctx: Context, run: Run) -> Run:
    """Record a run under the first free id, or join that of its id that is under way."""
    while not ctx.ledger.open(run):
        for there in ctx.ledger.plans([run.run_id]):
            if under_way(ctx, there):
                return there
        run = replace(run, run_id=next_id(run.run_id))
    _announce(ctx, run)
    return run


def _open_new(ctx: Context, run: Run) -> Run:
    """Record a new run; if one began in the same millisecond, under another id."""
    first, tries = run.run_id, 1
    while not ctx.ledger.open(run):
        tries += 1
        run = replace(run, run_id=f"{first}-{tries}")
    _announce(ctx, run)
    return run


def _announce(ctx: Context, run: Run) -> None:
    ctx.pulse.stamp(run.run_id)
    ctx.events.emit(run.run_id, "planned", accounts=len(run.accounts), days=len(run.days))
