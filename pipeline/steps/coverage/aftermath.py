"""What the table has of a run's day, by the book of days: no call is made for it."""

from pipeline.context import Context
from pipeline.core.coverage.aftermath import Aftermath, aftermath
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Summary


def standing(ctx: Context, summary: Summary) -> Aftermath:
    """The accounts of a run, by what the table has of its day now."""
    days = ctx.book.at(AccountDay(account.id, summary.day) for account in summary.accounts)
    return aftermath(summary, {at.account_id: day for at, day in days.items()})
