"""A range of days against the one before it: totals and each account, by coverage."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.history import Figures, added, cost_per_conversion, figures_of
from pipeline.core.model import ZERO, AccountDay, DayRange
from pipeline.core.outcome import DayState

RANGE_DAYS_MAX = 400  # as long as what is known of days is kept
NOTHING = Figures(0, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of a range, of how many account-days they are, and how many are not whole."""

    figures: Figures
    loaded: int
    lacking: int

    @property
    def unit_cost(self) -> Decimal | None:
        """元 for each conversion; `None` without conversions, or if they are unknown."""
        return cost_per_conversion(self.figures)


@dataclass(frozen=True, slots=True)
class Compared:
    """One account, or all together, in a range and in the one before it."""

    id: str
    name: str
    now: Part
    before: Part

    @property
    def shift(self) -> Decimal | None:
        """The change of 消耗 as a share of what it was; `None` where there is nothing to compare with."""
        was = self.before.figures.cost
        return (self.now.figures.cost - was) / was if was else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A range against the one before it.

    Attributes:
        accounts: All of them, the largest 消耗 first.
        lacking: Days of the range that are not whole, and how many accounts lack each.
    """

    days: DayRange
    before: DayRange
    total: Compared
    accounts: tuple[Compared, ...]
    lacking: Mapping[date, int]


def range_before(days: DayRange) -> DayRange:
    """The range of the same length that ends where a range begins."""
    return DayRange(days.first - timedelta(days=len(days)), days.first - timedelta(days=1))


def comparison(
    days: DayRange, names: Mapping[str, str], coverage: Iterable[tuple[AccountDay, DayCoverage]]
) -> Comparison:
    """Compare a range with the one before it; what is read is not kept.

    Args:
        names: Of the accounts, by id.
        coverage: Of both ranges, an account after the other.
    """
    before, lacking = range_before(days), dict.fromkeys(days, 0)
    there = {one.id: one for one in _each(days, before, names, coverage, lacking)}
    none = Part(NOTHING, 0, 0)
    accounts = [there.get(one, Compared(one, name, none, none)) for one, name in names.items()]
    accounts.sort(key=lambda one: (-one.now.figures.cost, one.name, one.id))
    total = Compared("", "", _together(one.now for one in accounts), _together(one.before for one in accounts))
    return Comparison(
        days=days,
        before=before,
        total=total,
        accounts=tuple(accounts),
        lacking={day: count for day, count in lacking.items() if count},
    )


def _each(
    days: DayRange,
    before: DayRange,
    names: Mapping[str, str],
    coverage: Iterable[tuple[AccountDay, DayCoverage]],
    lacking: dict[date, int],
) -> Iterator[Compared]:
    for account_id, found in groupby(coverage, key=lambda one: one[0].account_id):
        of_day = {at.day: one for at, one in found}
        begun = min(of_day)  # an account that is new is not owed the days before
        for day in days:
            lacking[day] += day >= begun and _lacks(of_day.get(day))
        yield Compared(
            account_id, names.get(account_id, account_id), _part(days, of_day, begun), _part(before, of_day, begun)
        )


def _part(days: DayRange, of_day: Mapping[date, DayCoverage], begun: date) -> Part:
    loaded = [one.loaded for day in days if (one := of_day.get(day)) and one.loaded]
    lacking = sum(day >= begun and _lacks(of_day.get(day)) for day in days)
    return Part(added([figures_of(one) for one in loaded]), len(loaded), lacking)


def _lacks(one: DayCoverage | None) -> bool:
    """Whether a day is not whole; nobody waits for those of a parked account."""
    return one is None or not (one.state.good or one.state is DayState.PARKED)


def _together(parts: Iterable[Part]) -> Part:
    some = list(parts)
    return Part(added([one.figures for one in some]), sum(one.loaded for one in some), sum(one.lacking for one in some))
