"""Who owes which days: no call is made for it."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from pipeline.context import Context
from pipeline.core.coverage import owed as core
from pipeline.core.coverage.day import LastOutcome
from pipeline.core.coverage.owed import Owed
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import FINISH, Step
from pipeline.core.runs.plan import deadline_s, tables_of
from pipeline.core.unforeseen import TRIES

RUNS_LOOKED_AT = 100  # the newest ones; a day has fewer


def owed(ctx: Context, account_ids: Collection[str], newest: date) -> dict[str, tuple[date, ...]]:
    """The days up to `newest` of each account that owes any, the oldest first."""
    settings = ctx.settings
    horizon = DayRange(newest - timedelta(days=settings.catch_up_days - 1), newest)
    outcomes = ctx.last_outcomes.of(account_ids, horizon)
    return core.owed_by_account(
        ctx.coverage.days(account_ids),
        core.without_closed(outcomes, ctx.chain),
        newest,
        settings.lookback_days,
        settings.catch_up_days,
    )


def newest_day(ctx: Context, accounts: int) -> date:
    """The newest day that is owed by now; the deadline grows with the number of accounts."""
    settings = ctx.settings
    seconds = deadline_s(accounts or 1, 1, settings.oceanengine_rate, settings.run_deadline_s)
    return core.newest_owed(ctx.now(), settings.daily_at, seconds)


def open_from(ctx: Context, accounts: int) -> date:
    """The first day that is not over, or for which no run had its time yet."""
    return newest_day(ctx, accounts) + timedelta(days=1)


def reaching_back(ctx: Context, account_ids: Collection[str], days: DayRange) -> DayRange:
    """The days of a daily run, extended back to the oldest day that any account owes; parked ones do not count."""
    parked = ctx.absences.parked(ctx.now())
    lacking = owed(ctx, [one for one in account_ids if one not in parked], days.last)
    return DayRange(min([days.first, *(these[0] for these in lacking.values())]), days.last)


def worth_trying(ctx: Context, lacking: Owed) -> dict[str, tuple[date, ...]]:
    """The owed days that a reading now can make good; the others wait for a later one."""
    return core.worth_reading(lacking, _outcomes(ctx, lacking), ctx.now())


def due_groups(ctx: Context, lacking: Owed, runs: Sequence[Run]) -> dict[DayRange, list[str]]:
    """Accounts that catch_up tries now, by the range of what they owe; runs into another table do not count."""
    ours = ctx.chain.ids if ctx.table else ("", *ctx.chain.ids)  # plans of older releases name no table
    runs = [run for one in runs for run in tables_of(one) if run.table_id in ours]
    plans = ctx.ledger.plans(ctx.ledger.open_runs())
    open_runs = [run for one in plans for run in tables_of(one) if run.table_id in ours]
    tried = core.tries(runs, ctx.tokens.journal.brought_at() if lacking else None, ctx.now())
    return core.due_groups(_unbroken(ctx, lacking, runs), tried, open_runs, ctx.absences.all(), ctx.now())


def _unbroken(ctx: Context, lacking: Owed, runs: Sequence[Run]) -> dict[str, tuple[date, ...]]:
    """What catch_up may try: an unforeseen error would only come again every hour."""
    if not lacking:
        return {}
    ended = ctx.outcomes.broke_so_often([run.run_id for run in runs], str(Step(FINISH)), TRIES)
    return core.may_be_caught_up(lacking, _outcomes(ctx, lacking), runs, ended)


def _outcomes(ctx: Context, lacking: Owed) -> dict[AccountDay, LastOutcome]:
    return ctx.last_outcomes.at(AccountDay(account_id, day) for account_id, days in lacking.items() for day in days)


def recent_runs(ctx: Context) -> list[Run]:
    """The newest runs, without dry ones and those that nobody can read."""
    return [run for run in ctx.ledger.plans(ctx.ledger.newest(RUNS_LOOKED_AT)) if not run.dry_run]
