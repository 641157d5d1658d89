"""Compare a range of days with the one before it, without a call."""

from pipeline.context import Context
from pipeline.core.model import DayRange
from pipeline.core.overview.registers.reports import Comparison, comparison, range_before
from pipeline.steps.accounts.roster import remembered_accounts


def compared(ctx: Context, days: DayRange) -> Comparison:
    """A range against the one before it, by what was loaded of each account."""
    known, ctx = remembered_accounts(ctx), ctx.pinned()
    names = known.names if known else {}
    return comparison(days, names, ctx.book.of(names, DayRange(range_before(days).first, days.last)))
