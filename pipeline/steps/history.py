"""What was loaded of accounts and days, as figures: from the ledger, without a call."""

from collections.abc import Collection
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.model import ZERO, AccountDay, DayRange
from pipeline.core.trend import Figures
from pipeline.state.ledger import UNKNOWN


def history(ctx: Context, account_ids: Collection[str], days: DayRange) -> dict[AccountDay, Figures]:
    """The figures of each account and day as last loaded; where nothing is loaded, the place is absent.

    Days that are known from 同步状态 alone have no conversions, and are left out.
    """
    covered = ctx.ledger.covered_at(AccountDay(number, day) for number in account_ids for day in days)
    return {
        at: Figures(one.rows, Decimal(one.cost), one.totals.conversions if one.totals else ZERO)
        for at, one in covered.items()
        if one.totals or one.checksum != UNKNOWN
    }
