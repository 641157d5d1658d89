"""Each day of each account, for people to look at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayState


@dataclass(frozen=True, slots=True)
class AccountCoverage:
    """One account with its days."""

    account: Account
    days: Mapping[date, DayCoverage]

    @property
    def lacking(self) -> tuple[date, ...]:
        """Days that are not whole; nobody waits for those of a parked account."""
        fine = (DayState.LOADED, DayState.EMPTY, DayState.PARKED)
        return tuple(day for day, one in self.days.items() if one.state not in fine)


def each_day(grid: Iterable[AccountCoverage]) -> Iterator[tuple[AccountDay, DayCoverage]]:
    """The days of all accounts, one by one."""
    return ((AccountDay(one.account.id, day), coverage) for one in grid for day, coverage in one.days.items())


def grid(
    account_id: str,
    days: DayRange,
    coverage: Mapping[AccountDay, DayCoverage],
    open_from: date,
    parked_since: date | None,
    *,
    first: date,
) -> dict[date, DayCoverage]:
    """Each day of one account; a day without coverage is missing, or parked if the account was by then.

    Args:
        open_from: The first day that is not over, or for which no run had its time.
        parked_since: The day since which a parked account cannot be read.
        first: The first day that somebody asked for; earlier ones without coverage are left out.
    """
    there = {day: coverage.get(AccountDay(account_id, day)) for day in days}
    return {day: one or _uncovered(day, open_from, parked_since) for day, one in there.items() if one or day >= first}


def _uncovered(day: date, open_from: date, parked_since: date | None) -> DayCoverage:
    if day >= open_from:
        return DayCoverage(last=LastOutcome(state=DayState.OPEN))
    parked = parked_since is not None and day >= parked_since
    return DayCoverage(last=LastOutcome(state=DayState.PARKED if parked else DayState.MISSING))
