"""The days of one account, each with its figures: the list behind a row of the grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.causes import CAUSES
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import Account
from pipeline.core.outcome import DayState

DAYS_A_PAGE = 100
LACKING = (DayState.INCOMPLETE, DayState.FAILED, DayState.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """One day: its state, what is loaded (元; `None` if nothing is), when that was read, why it is not good."""

    day: date
    state: DayState
    rows: int | None
    cost: Decimal | None
    read_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDays:
    """A page of the account's days.

    Attributes:
        days: The newest first.
        lacking: How many of all days are not whole, and somebody waits for them.
        parked_since: Since when the account cannot be read and no run waits for it.
    """

    account: Account
    days: tuple[DayLine, ...]
    page: int
    pages: int
    lacking: int
    parked_since: date | None


def account_days(account: Account, days: Mapping[date, DayCoverage], page: int, parked: date | None) -> AccountDays:
    """The page that was asked for, from 1 on; one beyond the end is the last one."""
    pages = max(1, -(-len(days) // DAYS_A_PAGE))
    page = min(max(1, page), pages)
    shown = sorted(days.items(), reverse=True)[(page - 1) * DAYS_A_PAGE : page * DAYS_A_PAGE]
    return AccountDays(
        account=account,
        days=tuple(_line(day, one) for day, one in shown),
        page=page,
        pages=pages,
        lacking=sum(one.state in LACKING for one in days.values()),
        parked_since=parked,
    )


def _line(day: date, one: DayCoverage) -> DayLine:
    cause = CAUSES.get(one.shown.reason or "")
    return DayLine(
        day=day,
        state=one.state,
        rows=one.standing.rows if one.standing else None,
        cost=Decimal(one.standing.cost) if one.standing else None,
        read_at=one.loaded.as_of if one.loaded else None,
        why="" if one.state.good else cause.words if cause else "",
    )
