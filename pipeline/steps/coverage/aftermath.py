"""What the tables have of a run's day, by the book of days: no call is made for it."""

from pipeline.context import Context
from pipeline.core.coverage.aftermath import Aftermath, TableEnd, aftermath
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Run, Summary
from pipeline.core.runs.plan import tables_of
from pipeline.core.tables.ends import ends, is_named


def table_ends(ctx: Context, summary: Summary) -> tuple[TableEnd, ...]:
    """How a run ended in each of its tables, the first one first, and what each has of its day now."""
    if not is_named(summary):
        return (TableEnd(end=summary, after=_standing(ctx, summary), link=ctx.settings.table_url),)
    places = {one.table: one for one in tables_of(ctx.ledger.run(summary.run_id))}
    return tuple(_table_end(ctx, end, places[end.table]) for end in ends(summary))


def _table_end(ctx: Context, end: Summary, run: Run) -> TableEnd:
    """The end in one table; where that cannot be found, nothing is said of what it has."""
    if run.halted:
        return TableEnd(end=end, after=aftermath(end, None), link=ctx.link_of(run.table))
    try:
        here = ctx.of(run)
    except LaikeError:  # the settings no longer have it
        return TableEnd(end=end, after=aftermath(end, None))
    return TableEnd(end=end, after=_standing(here, end), link=here.settings.table_url)


def _standing(ctx: Context, summary: Summary) -> Aftermath:
    """The accounts of a run, by what its table has of its day now."""
    days = ctx.book.at(AccountDay(account.id, summary.day) for account in summary.accounts)
    return aftermath(summary, {at.account_id: day for at, day in days.items()})
