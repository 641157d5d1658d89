"""A week's figures from what was last loaded, beside those of the week before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.history import Figures, added
from pipeline.core.model import ZERO, DayRange

WEEK = 7
NOTHING = Figures(0, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class AccountWeek:
    """One account: last week, the week before, and the days of either that are not whole."""

    name: str
    last: Figures
    before: Figures
    lacking: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Week:
    """All accounts on the days of last week."""

    days: DayRange
    accounts: tuple[AccountWeek, ...]

    @property
    def last(self) -> Figures:
        """Last week's sum."""
        return added([NOTHING, *(one.last for one in self.accounts)])

    @property
    def before(self) -> Figures:
        """The sum of the week before."""
        return added([NOTHING, *(one.before for one in self.accounts)])

    @property
    def lacking(self) -> dict[date, list[str]]:
        """Days of both weeks that are not whole, with the names of the accounts, the oldest first."""
        days = sorted({day for one in self.accounts for day in one.lacking})
        return {day: [one.name for one in self.accounts if day in one.lacking] for day in days}


def weeks(today: date) -> tuple[DayRange, DayRange]:
    """The last week from Monday to Sunday that is over, and the one before."""
    monday = today - timedelta(days=today.weekday() + WEEK)
    return _week_from(monday), _week_from(monday - timedelta(days=WEEK))


def figures(loaded: Mapping[date, Figures], days: DayRange) -> Figures:
    """What was loaded of some days, together."""
    return added([NOTHING, *(one for day, one in loaded.items() if day in days)])


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """By which part something grew; `None` where one of both is not known or there was nothing."""
    return (now - before) / before if now is not None and before else None


def _week_from(monday: date) -> DayRange:
    return DayRange(monday, monday + timedelta(days=WEEK - 1))
