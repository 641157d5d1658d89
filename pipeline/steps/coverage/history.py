"""The figures of the past, from what the ledger keeps of each load: no call is made for it."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.coverage.history import Figures
from pipeline.core.model import ZERO, AccountDay, DayRange
from pipeline.state.coverage.coverage import UNKNOWN, Loaded
from pipeline.steps.table.write import batches

ACCOUNTS_AT_ONCE = 100  # so that of many accounts few answers are in memory together


def history(ctx: Context, account_ids: Collection[str], days: DayRange) -> dict[AccountDay, Figures]:
    """What was last loaded of these accounts on these days; a day that never was is absent."""
    found: dict[AccountDay, Figures] = {}
    for some in batches(list(account_ids), ACCOUNTS_AT_ONCE):
        found |= {at: _figures(one) for at, one in _covered(ctx, some, days).items()}
    return found


def read_at(ctx: Context, days: DayRange, account_ids: Collection[str]) -> datetime | None:
    """When the newest loaded day of each account was read, of the one that was read first."""
    newest: dict[str, AccountDay] = {}
    loaded = _covered(ctx, account_ids, days)
    for at in sorted(loaded, key=lambda one: one.day):
        newest[at.account_id] = at
    return min((loaded[at].as_of for at in newest.values()), default=None)


def _covered(ctx: Context, account_ids: Collection[str], days: DayRange) -> dict[AccountDay, Loaded]:
    return ctx.coverage.at(AccountDay(number, day) for number in account_ids for day in days)


def _figures(loaded: Loaded) -> Figures:
    return Figures(loaded.rows, Decimal(loaded.cost), _conversions(loaded))


def _conversions(loaded: Loaded) -> Decimal | None:
    """The account report's; where it said nothing of the day there were none, where nobody remembers, who knows."""
    if loaded.totals:
        return loaded.totals.conversions
    return None if loaded.checksum == UNKNOWN else ZERO
