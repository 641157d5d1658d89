"""The days of one account, each with its figures: the list behind a row of the grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.causes import CAUSES
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.model import Account
from pipeline.core.outcome import DayState


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
    """The account's days, the newest first; `lacking` are those that are not whole and that somebody waits for."""

    account: Account
    asked: int
    days: tuple[DayLine, ...]
    lacking: tuple[date, ...]
    parked_since: date | None


def account_days(account: Account, days: Mapping[date, DayCoverage], asked: int, parked: date | None) -> AccountDays:
    """The list of an account's days, by what is known of each."""
    return AccountDays(
        account=account,
        asked=asked,
        days=tuple(_line(day, one) for day, one in sorted(days.items(), reverse=True)),
        lacking=AccountCoverage(account, {day: one for day, one in days.items() if one.state != DayState.OPEN}).lacking,
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
