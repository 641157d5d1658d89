"""A day's figures against the days before, from what was loaded of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.model import ZERO, AccountDay, DayRange

CHART_DAYS = 14
WEEK = timedelta(days=7)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows, 消耗 (元) and 转化数 of an account or of several, on one day."""

    rows: int = 0
    cost: Decimal = ZERO
    conversions: Decimal = ZERO

    @property
    def conversion_cost(self) -> Decimal | None:
        """元 a conversion, where there was one."""
        return self.cost / self.conversions if self.conversions else None


@dataclass(frozen=True, slots=True)
class Compared:
    """A day and an earlier one, each over the accounts of which both are loaded."""

    now: Figures
    then: Figures
    accounts: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A day, the day before it and the same weekday of the week before, and the cost of each day of two weeks.

    `costs` leaves out days of which nothing is loaded; the others are sums over the accounts that have them.
    """

    day: Figures
    day_before: Compared | None
    week_before: Compared | None
    costs: tuple[tuple[date, Decimal], ...]
    by_account: Mapping[str, Figures]


def chart_days(day: date) -> DayRange:
    """The days that a trend looks at."""
    return DayRange(day - timedelta(days=CHART_DAYS - 1), day)


def trend(history: Mapping[AccountDay, Figures], day: date) -> Trend:
    """What the figures of a day are to be seen against.

    Args:
        history: What is loaded of the days of `chart_days`.
    """
    days: dict[date, dict[str, Figures]] = defaultdict(dict)
    for at, figures in history.items():
        days[at.day][at.account_id] = figures
    return Trend(
        day=total(days[day].values()),
        day_before=_compared(days[day], days[day - ONE_DAY]),
        week_before=_compared(days[day], days[day - WEEK]),
        costs=tuple((one, total(days[one].values()).cost) for one in chart_days(day) if days[one]),
        by_account=days[day],
    )


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of several."""
    every = list(figures)
    return Figures(
        sum(one.rows for one in every),
        sum((one.cost for one in every), ZERO),
        sum((one.conversions for one in every), ZERO),
    )


def _compared(now: Mapping[str, Figures], then: Mapping[str, Figures]) -> Compared | None:
    both = now.keys() & then.keys()
    if not both:
        return None
    return Compared(total(now[number] for number in both), total(then[number] for number in both), len(both))
