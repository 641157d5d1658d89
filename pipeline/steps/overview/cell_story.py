"""Read the story of one account on one day; no call is made, and only what one account fetched is read of a run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice

from pipeline.context import Context
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.grid import grid
from pipeline.core.coverage.letters import first_loaded
from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA, Account, AccountDay, DayRange, china_day
from pipeline.core.outcome import DayOutcome, FetchOutcome, LoadOutcome, Run, Shift
from pipeline.core.overview import cell_story as core
from pipeline.core.overview.account_days import AccountDays, account_days
from pipeline.core.overview.cell_story import CellStory, Facts, ReadingOfDay, RunBrief, may_have_read
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.flow import FETCH, LOAD, Step
from pipeline.core.runs.plan import parts, tables_of, window
from pipeline.state.coverage.last_outcomes import KEPT_DAYS
from pipeline.state.runs.day_reads import Ended
from pipeline.steps.accounts.roster import account_count, remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.owed import open_from
from pipeline.steps.runs.alive import state_without_end, under_way

BATCHES_LOOKED_AT = 40  # of a run that is no backfill: 8,000 accounts
RUNS_LOOKED_AT = 150  # a day is read by two runs on each of the 30 mornings after it, and by a few people
BACKFILLS_LOOKED_AT = 20
PLANS_LOOKED_AT = 2 * core.SHOWN  # where a run may be in several tables

_Fetches = dict[str, FetchOutcome]  # of a run, by step


def account_of(ctx: Context, account_id: str) -> Account:
    """The account of an id; `WrongInput` if there is none, or it is disabled."""
    listed = remembered_accounts(ctx)
    if listed is None or account_id not in group_of(ctx, listed.names):
        raise WrongInput("no such account is known, or its rows go into another table")
    return Account(account_id, listed.names[account_id])


def story_of(ctx: Context, account_id: str, day: date) -> CellStory:
    """Everything that is known of an account's day; `WrongInput` if there is no such account."""
    ctx = ctx.pinned()
    account, at = account_of(ctx, account_id), AccountDay(account_id, day)
    facts = Facts(
        day=_days(ctx, account_id, DayRange(day, day)).get(day),
        noted=ctx.spend.noted(account_id).get(day),
        parked_since=_parked_since(ctx, account_id),
        readings=_readings(ctx, at),
        reading=_reading_now(ctx, at),
        now=ctx.now(),
    )
    return core.story(account, day, facts)


def days_of(ctx: Context, account_id: str, page: int = 1) -> AccountDays:
    """A page of an account's last 400 days; `WrongInput` if there is no such account."""
    ctx = ctx.pinned()
    account = account_of(ctx, account_id)
    days = _days(ctx, account_id, window(ctx.now(), KEPT_DAYS))
    return account_days(account, days, page, _parked_since(ctx, account_id))


def _days(ctx: Context, account_id: str, days: DayRange) -> dict[date, DayCoverage]:
    """What is known of an account's days; days before the first that it owes are absent unless they were read."""
    known = ctx.book.at(AccountDay(account_id, day) for day in days)
    first = first_loaded(ctx.day_letters.of([account_id])[account_id])
    begun = window(ctx.now(), ctx.settings.lookback_days).first
    ends = open_from(ctx, account_count(ctx))
    return grid(account_id, days, known, ends, _parked_since(ctx, account_id), first=first or begun)


def _parked_since(ctx: Context, account_id: str) -> date | None:
    absence = ctx.absences.parked(ctx.now()).get(account_id)
    return china_day(absence.since) if absence else None


def _readings(ctx: Context, at: AccountDay) -> list[ReadingOfDay]:
    fetches = ctx.day_reads.fetches(_steps(ctx, at))
    touched = {
        run_id: of_run for run_id, of_run in fetches.items() if any(day.day == at.day for day in _read(of_run.values()))
    }
    if ctx.settings.tables:
        touched = _in_table(ctx, at, dict(islice(touched.items(), PLANS_LOOKED_AT)))
    runs = _briefs(ctx, list(touched)[: core.SHOWN])
    shifts = {
        run_id: _shift(ctx, at, run_id, touched[run_id]) for run_id, one in runs.items() if at in one.restatements
    }
    return core.readings_of(at, {run_id: of_run.values() for run_id, of_run in touched.items()}, runs, shifts)


def _in_table(ctx: Context, at: AccountDay, touched: Mapping[str, _Fetches]) -> dict[str, _Fetches]:
    """Those of the fetches that are for a context's table; a run numbers the batches of all its tables."""
    found = {}
    for run in ctx.ledger.plans(list(touched)):
        ours = {str(Step(FETCH, part.batch, at.account_id)) for part in parts(run) if part.table == ctx.table}
        found[run.run_id] = {step: fetch for step, fetch in touched[run.run_id].items() if step in ours}
    return {run_id: found[run_id] for run_id in touched if found.get(run_id)}


def _read(fetches: Iterable[FetchOutcome]) -> Iterator[DayOutcome]:
    return (day for fetch in fetches for day in fetch.days)


def _steps(ctx: Context, at: AccountDay) -> dict[str, list[str]]:
    """The fetches that may have read a day, by run, the newest run first."""
    over = datetime.combine(at.day + timedelta(days=1), time(), CHINA)
    until = core.looked_back_until(at.day, max(ctx.settings.lookback_days, ctx.settings.catch_up_days))
    runs = [run_id for run_id, begun in ctx.day_reads.since(over) if may_have_read(run_id, begun, at.day, until)]
    backfills = [run_id for run_id in runs if RunKind.of(run_id) is RunKind.BACKFILL][:BACKFILLS_LOOKED_AT]
    cut = {run.run_id: _batches(ctx, run, at) for run in ctx.ledger.plans(backfills)}
    usual = range(BATCHES_LOOKED_AT)
    looked_at = [run_id for run_id in runs if run_id in cut or RunKind.of(run_id) is not RunKind.BACKFILL]
    return {
        run_id: [str(Step(FETCH, batch, at.account_id)) for batch in cut.get(run_id, usual)]
        for run_id in looked_at[:RUNS_LOOKED_AT]
        if run_id not in cut or cut[run_id]
    }


def _batches(ctx: Context, run: Run, at: AccountDay) -> list[int]:
    """The batches of a run that read an account's day for a context's table."""
    if not any(one.table == ctx.table and _has(one, at) for one in tables_of(run)):
        return []
    return [part.batch for part in parts(run) if part.table == ctx.table and _has(part, at)]


def _has(part: Run, at: AccountDay) -> bool:
    return at.day in part.days and any(account.id == at.account_id for account in part.accounts)


def _briefs(ctx: Context, run_ids: Sequence[str]) -> dict[str, RunBrief]:
    ends = ctx.day_reads.ended(run_ids)
    return {
        run_id: RunBrief(
            run_id=run_id,
            state=ends[run_id].state if run_id in ends else state_without_end(ctx, ctx.ledger.run(run_id)),
            started_at=one.started_at,
            dry_run=one.dry_run,
            restatements=_restated(ctx, ends[run_id]) if run_id in ends else frozenset(),
        )
        for run_id, one in ctx.day_reads.begun(run_ids).items()
    }


def _restated(ctx: Context, end: Ended) -> frozenset[AccountDay]:
    """What the source corrected, as the run saw it in a context's table."""
    return frozenset(at for one in (end, *end.further) if one.table == ctx.table for at in one.restatements)


def _shift(ctx: Context, at: AccountDay, run_id: str, fetches: Mapping[str, FetchOutcome]) -> Shift | None:
    """What a run's correction made of the day's 消耗."""
    for step, fetch in fetches.items():
        if any(day.day == at.day for day in fetch.days):
            load = ctx.outcomes.outcome(run_id, str(Step(LOAD, int(step.split(".")[1]))), LoadOutcome)
            of_day = [one for one in (load.shifts if load else ()) if (one.account_id, one.day) == at]
            if of_day:
                return of_day[0]
    return None


def _reading_now(ctx: Context, at: AccountDay) -> str:
    """The id of a run that is about to read the day, or reads it now; empty if there is none."""
    for run in ctx.ledger.plans(ctx.ledger.open_runs()):
        wanted = any(one.table == ctx.table and not one.halted and _has(one, at) for one in tables_of(run))
        if wanted and not run.dry_run and under_way(ctx, run):
            return run.run_id
    return ""
