"""What is known of each account on each day, for people to look at."""

from collections.abc import Collection
from datetime import date

from pipeline.context import Context
from pipeline.core.coverage.coverage import AccountCoverage, KnownDay, grid
from pipeline.core.model import AccountDay, DayRange, china_day
from pipeline.core.outcome import DayState
from pipeline.core.runs.plan import choose_accounts, window
from pipeline.steps.accounts.roster import current_accounts, remembered_accounts
from pipeline.steps.coverage.rebuild import recall_coverage


def coverage(ctx: Context, days: DayRange) -> list[AccountCoverage]:
    """Every account with its days; where Redis was emptied the status table is asked first.

    Raises:
        LaikeError: No account is remembered, and none can be discovered.
    """
    names = (remembered_accounts(ctx) or current_accounts(ctx)).names
    recall_coverage(ctx, names)
    known = {**_loaded(ctx, names, days), **ctx.days.known(names, days)}
    parked, today = ctx.days.parked(ctx.now()), china_day(ctx.now())
    since = {number: china_day(one.since) for number, one in parked.items()}
    first = _first_days(ctx, names)
    return [
        AccountCoverage(one, grid(one.id, days, known, today, since.get(one.id), first=first[one.id]))
        for one in choose_accounts(names, [])
    ]


def _first_days(ctx: Context, account_ids: Collection[str]) -> dict[str, date]:
    """Each account's first loaded day; of one that was never loaded the look-back window is all that it owes."""
    begun = window(ctx.now(), ctx.settings.lookback_days).first
    return {number: min(loaded, default=begun) for number, loaded in ctx.coverage.days(account_ids).items()}


def _loaded(ctx: Context, account_ids: Collection[str], days: DayRange) -> dict[AccountDay, KnownDay]:
    """Days that were loaded before their states were remembered."""
    return {
        at: KnownDay(state=DayState.LOADED if one.rows else DayState.EMPTY, rows=one.rows, cost=one.cost)
        for at, one in ctx.coverage.at(AccountDay(number, day) for number in account_ids for day in days).items()
    }
