"""A range of days against the one before it: totals and each account, by coverage."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from pipeline.core.coverage.history import Figures, Sum, added, cost_per_conversion
from pipeline.core.coverage.letters import BLANK, GOOD
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import DayState

RANGE_DAYS_MAX = 400  # as long as what is known of days is kept
WHOLE = GOOD + LETTERS[DayState.PARKED]  # nobody waits for the days of a parked account


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of a range, of how many account-days they are, how many are not whole, and how many nobody knows."""

    figures: Figures
    loaded: int
    lacking: int
    unknown: int

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
        """The change of 消耗 as a share of what it was; `None` if one of the two is not there."""
        was = self.before.figures.cost
        return (self.now.figures.cost - was) / was if self.now.loaded and was > 0 else None


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
    days: DayRange,
    names: Mapping[str, str],
    letters: Mapping[str, str],
    now: Mapping[str, Sum],
    before: Mapping[str, Sum],
) -> Comparison:
    """Compare a range with the one before it.

    Args:
        names: Of the accounts, by id.
        letters: What is known of the days of both ranges, a letter each, by account.
        now: What is loaded in the range, by account.
        before: What is loaded in the one before it, by account.
    """
    known = {one: _known(letters[one]) for one in names}
    accounts = [
        _compared(Account(one, name), len(days), known[one], now[one], before[one]) for one, name in names.items()
    ]
    accounts.sort(key=lambda one: (-one.now.figures.cost, one.name, one.id))
    total = Compared("", "", _together(one.now for one in accounts), _together(one.before for one in accounts))
    short = Counter(chain.from_iterable(one.lacked for one in known.values()))
    return Comparison(
        days=days,
        before=range_before(days),
        total=total,
        accounts=tuple(accounts),
        lacking={day: count for at, day in enumerate(days, start=len(days)) if (count := short[at])},
    )


class _Known(NamedTuple):
    """The place of the first day that is known, behind the last if none is; and the places of days not whole."""

    begun: int
    lacked: Sequence[int]


def _known(letters: str) -> _Known:
    """What a letter for each day says: after the first day that is known, an account that is new is owed them."""
    begun = len(letters) - len(letters.lstrip(BLANK))
    some = letters.strip(WHOLE)
    return _Known(begun, [at for at in range(begun, len(letters)) if letters[at] not in WHOLE] if some else ())


def _compared(account: Account, days: int, known: _Known, now: Sum, before: Sum) -> Compared:
    earlier = bisect_left(known.lacked, days)
    return Compared(
        account.id,
        account.name,
        Part(now.figures, now.days, len(known.lacked) - earlier, max(0, known.begun - days)),
        Part(before.figures, before.days, earlier, min(known.begun, days)),
    )


def _together(parts: Iterable[Part]) -> Part:
    some = list(parts)
    counts = [sum(counted) for counted in zip(*((one.loaded, one.lacking, one.unknown) for one in some), strict=True)]
    return Part(added([one.figures for one in some]), *(counts or (0, 0, 0)))
