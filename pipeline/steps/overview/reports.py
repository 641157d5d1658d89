"""Compare a range of days with the one before it, without a call."""

from pipeline.context import Context
from pipeline.core.coverage.letters import Cut
from pipeline.core.model import DayRange
from pipeline.core.overview.registers.reports import Comparison, comparison, range_before
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.in_tables import group_of


def compared(ctx: Context, days: DayRange) -> Comparison:
    """A range against the one before it, by what was loaded of each account."""
    known, ctx = remembered_accounts(ctx), ctx.pinned()
    names, before = group_of(ctx, known.names) if known else {}, range_before(days)
    cut = Cut.of(DayRange(before.first, days.last), ctx.chain)
    letters = {one: cut.known(lines) for one, lines in ctx.day_letters.of(names).items()}
    return comparison(days, names, letters, ctx.coverage.sums(names, days), ctx.coverage.sums(names, before))
