"""Each day of each account, for people to look at."""

from collections.abc import Collection
from datetime import date

from pipeline.context import Context
from pipeline.core.coverage.grid import AccountCoverage, grid
from pipeline.core.model import DayRange, china_day
from pipeline.core.runs.plan import choose_accounts, window
from pipeline.steps.accounts.roster import current_accounts, remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.owed import open_from
from pipeline.steps.coverage.rebuild import with_coverage


def coverage(ctx: Context, days: DayRange) -> list[AccountCoverage]:
    """Every account of the table with its days; after Redis was emptied 同步状态 is asked first.

    Raises:
        LaikeError: No account is remembered, and none can be discovered.
    """
    names = group_of(ctx, (remembered_accounts(ctx) or current_accounts(ctx)).names)
    ctx = with_coverage(ctx, names)
    book, ends = dict(ctx.book.of(names, days)), open_from(ctx, len(names))
    since = {account_id: china_day(one.since) for account_id, one in ctx.absences.parked(ctx.now()).items()}
    first = _first_days(ctx, names)
    return [
        AccountCoverage(one, grid(one.id, days, book, ends, since.get(one.id), first=first[one.id]))
        for one in choose_accounts(names, [])
    ]


def _first_days(ctx: Context, account_ids: Collection[str]) -> dict[str, date]:
    """Each account's first loaded day; without any, the first of the look-back window."""
    begun = window(ctx.now(), ctx.settings.lookback_days).first
    return {account_id: min(loaded, default=begun) for account_id, loaded in ctx.coverage.days(account_ids).items()}
