"""A week's figures beside those of the week before: whole days against whole days only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.core.coverage.grid import AccountCoverage, each_day
from pipeline.core.coverage.history import Figures, added, figures_of, read_at
from pipeline.core.model import ZERO, DayRange

WEEK = 7
NOTHING = Figures(0, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Compared:
    """The weekdays that are whole in both weeks."""

    days: int
    last: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class AccountWeek:
    """One account: last week, its days that are not whole, and what can be compared with the week before."""

    name: str
    last: Figures
    compared: Compared
    lacking: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Week:
    """All accounts in last week; `as_of` is the earliest reading of any account's newest day."""

    days: DayRange
    accounts: tuple[AccountWeek, ...]
    as_of: datetime | None = None

    @property
    def last(self) -> Figures:
        """Last week's sum."""
        return added([NOTHING, *(one.last for one in self.accounts)])

    @property
    def compared(self) -> Compared:
        """The sum of all accounts' days that can be compared."""
        each = [one.compared for one in self.accounts]
        return Compared(
            sum(one.days for one in each),
            added([NOTHING, *(one.last for one in each)]),
            added([NOTHING, *(one.before for one in each)]),
        )

    @property
    def comparable(self) -> bool:
        """Whether every day of every account is whole in both weeks."""
        return self.compared.days == WEEK * len(self.accounts)

    @property
    def lacking(self) -> dict[date, list[str]]:
        """Days that are not whole with the accounts' names, the oldest first."""
        days = sorted({day for one in self.accounts for day in one.lacking})
        return {day: [one.name for one in self.accounts if day in one.lacking] for day in days}


def weeks(today: date) -> tuple[DayRange, DayRange]:
    """The last week from Monday to Sunday that is over, and the one before."""
    monday = today - timedelta(days=today.weekday() + WEEK)
    return _week_from(monday), _week_from(monday - timedelta(days=WEEK))


def week_of(days: DayRange, grid: Sequence[AccountCoverage]) -> Week:
    """A week from the coverage of its days; `grid` has every account's days of that week and the one before."""
    accounts = tuple(account_week(one, days) for one in grid)
    return Week(days, accounts, read_at(one for one in each_day(grid) if one[0].day in days))


def account_week(one: AccountCoverage, days: DayRange) -> AccountWeek:
    """One account's week, and its days that can be compared with those of the week before."""
    loaded = {day: figures_of(it.standing) for day, it in one.days.items() if it.standing}
    good = {day for day in loaded if one.days[day].state.good}
    both = [day for day in days if {day, day - timedelta(days=WEEK)} <= good]
    compared = Compared(
        len(both),
        added([NOTHING, *(loaded[day] for day in both)]),
        added([NOTHING, *(loaded[day - timedelta(days=WEEK)] for day in both)]),
    )
    return AccountWeek(
        one.account.name, figures(loaded, days), compared, tuple(day for day in one.lacking if day in days)
    )


def figures(loaded: Mapping[date, Figures], days: DayRange) -> Figures:
    """The sum of some days."""
    return added([NOTHING, *(one for day, one in loaded.items() if day in days)])


def _week_from(monday: date) -> DayRange:
    return DayRange(monday, monday + timedelta(days=WEEK - 1))
