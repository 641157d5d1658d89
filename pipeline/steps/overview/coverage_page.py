"""Read the grid of accounts and days: from the letters of days alone, whatever the number of days."""

from pipeline.context import Context
from pipeline.core.model import china_day
from pipeline.core.overview import coverage_page as core
from pipeline.core.overview.coverage_page import Asked, Clock, CoveragePage
from pipeline.core.runs.plan import window
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.known_tables import accounts_in
from pipeline.steps.coverage.owed import open_from


def page_of(ctx: Context, asked: Asked) -> CoveragePage:
    """The page that was asked for, of the accounts that are remembered; no call is made."""
    ctx, listed = ctx.pinned(), remembered_accounts(ctx)
    accounts = accounts_in(ctx, listed.names) if listed else []
    lines = ctx.day_letters.of([one.id for one in accounts])
    return core.page_of(accounts, lines, ctx.chain, clock(ctx, len(accounts), asked.days), asked)


def clock(ctx: Context, accounts: int, days: int) -> Clock:
    """What depends on the time, for so many days up to yesterday."""
    now = ctx.now()
    return Clock(
        days=window(now, days),
        open_from=open_from(ctx, accounts),
        begun=window(now, ctx.settings.lookback_days).first,
        parked={account_id: china_day(one.since) for account_id, one in ctx.absences.parked(now).items()},
    )
