"""Who owes which days, from what is remembered: no call is made for it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from pipeline.context import Context
from pipeline.core.coverage.coverage import bad_days, worth_reading
from pipeline.core.coverage.owed import groups, may_be_caught_up, may_try, newest_owed, owed_days
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import FINISH, Step
from pipeline.core.runs.plan import deadline_s
from pipeline.core.unforeseen import TRIES, Unforeseen

RUNS_LOOKED_AT = 100  # the newest ones; a day has fewer


def owed(ctx: Context, account_ids: Collection[str], newest: date) -> dict[str, tuple[date, ...]]:
    """The days up to `newest` of each account that owes any, the oldest first."""
    settings = ctx.settings
    covered = ctx.coverage.days(account_ids)
    horizon = DayRange(newest - timedelta(days=settings.catch_up_days - 1), newest)
    known = ctx.days.known(account_ids, horizon)
    waiting = {at for at, one in known.items() if one.again_at}  # they were promised another reading
    tried = {number: covered[number] | {at.day for at in waiting if at.account_id == number} for number in account_ids}
    days = {
        number: owed_days(
            tried[number], bad_days(number, known), newest, settings.lookback_days, settings.catch_up_days
        )
        for number in account_ids
    }
    return {number: these for number, these in days.items() if these}


def newest_day(ctx: Context, accounts: int) -> date:
    """The newest day that is owed by now, where there are so many accounts."""
    settings = ctx.settings
    seconds = deadline_s(accounts or 1, 1, settings.oceanengine_rate, settings.run_deadline_s)
    return newest_owed(ctx.now(), settings.daily_at, seconds)


def reaching_back(ctx: Context, account_ids: Collection[str], days: DayRange) -> DayRange:
    """The days of a daily run, and before them those back to the oldest that an account owes which is not parked."""
    parked = ctx.days.parked(ctx.now())
    lacking = owed(ctx, [number for number in account_ids if number not in parked], days.last)
    return DayRange(min([days.first, *(these[0] for these in lacking.values())]), days.last)


def worth_trying(ctx: Context, lacking: Mapping[str, tuple[date, ...]]) -> dict[str, tuple[date, ...]]:
    """What of the owed days a reading now can make good: some only wait for a later one."""
    if not lacking:
        return {}
    all_days = {day for days in lacking.values() for day in days}
    known = ctx.days.known(lacking, DayRange(min(all_days), max(all_days)))
    found = {
        number: worth_reading(
            days, {day: known[at] for day in days if (at := AccountDay(number, day)) in known}, ctx.now()
        )
        for number, days in lacking.items()
    }
    return {number: days for number, days in found.items() if days}


def due_groups(ctx: Context, lacking: Mapping[str, tuple[date, ...]], runs: Sequence[Run]) -> dict[DayRange, list[str]]:
    """Accounts that are to be tried now, by the range of what they owe; where an open run is at it they are not.

    Runs into another table do nothing for this one.
    """
    runs = [run for run in runs if ctx.of(run) is ctx]
    now, absent, open_runs = ctx.now(), ctx.days.absences(), ctx.ledger.plans(ctx.ledger.open_runs())
    ours = [run for run in open_runs if ctx.of(run) is ctx]
    at_it = {AccountDay(account.id, day) for run in ours for account in run.accounts for day in run.days}
    return groups(
        {
            number: days
            for number, days in _unbroken(ctx, lacking, runs).items()
            if at_it.isdisjoint(AccountDay(number, day) for day in days)
            and may_try(runs, number, days, now, unavailable=number in absent)
        }
    )


def _unbroken(
    ctx: Context, lacking: Mapping[str, tuple[date, ...]], runs: Sequence[Run]
) -> dict[str, tuple[date, ...]]:
    """What catch_up may try: what met an error that nobody foresaw would only meet it again every hour."""
    if not lacking:
        return {}
    days = [day for these in lacking.values() for day in these]
    known = ctx.days.known(lacking, DayRange(min(days), max(days)))
    broken = {at for at, one in known.items() if one.reason == Unforeseen.reason}
    ended = ctx.outcomes.broke_so_often([run.run_id for run in runs], str(Step(FINISH)), TRIES)
    return may_be_caught_up(lacking, broken, runs, ended)


def recent_runs(ctx: Context) -> list[Run]:
    """The newest runs, without those that only looked and those that nobody can read."""
    return [run for run in ctx.ledger.plans(ctx.ledger.newest(RUNS_LOOKED_AT)) if not run.dry_run]
