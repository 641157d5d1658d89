"""What the table has of a run's day, from what is remembered: no call is made for it."""

from collections.abc import Mapping
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.coverage.aftermath import Aftermath, Standing, aftermath
from pipeline.core.coverage.coverage import KnownDay
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import Summary


def standing(ctx: Context, summary: Summary, known: Mapping[AccountDay, KnownDay] | None = None) -> Aftermath:
    """The accounts of a run, by what the table has of its day now.

    Args:
        known: What is last known of the run's day, where the caller has read it already.
    """
    numbers = [account.id for account in summary.accounts]
    loaded = ctx.coverage.at(AccountDay(number, summary.day) for number in numbers)
    states = ctx.days.known(numbers, DayRange(summary.day, summary.day)) if known is None else known
    there = {at.account_id: Standing(one.rows, Decimal(one.cost), one.as_of) for at, one in loaded.items()}
    doubtful = {at.account_id for at, one in states.items() if at.day == summary.day and one.doubtful}
    return aftermath(summary, there, doubtful)
