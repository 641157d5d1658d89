"""The figures of the past, for cards, anomalies and reports."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.coverage.day import UNKNOWN, DayCoverage, Loaded
from pipeline.core.model import ZERO, AccountDay


@dataclass(frozen=True, slots=True)
class Figures:
    """One account on one day, or several together: rows, 消耗 in 元, 转化数 (`None`: unknown)."""

    rows: int
    cost: Decimal
    conversions: Decimal | None


@dataclass(frozen=True, slots=True)
class Sum:
    """The figures of several loaded days together, and how many days these are."""

    figures: Figures
    days: int


# a day that was never loaded is absent: that is not the same as a day without cost
History = Mapping[AccountDay, Figures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two days of the same accounts; those that lack one of them are left out."""

    now: Figures
    then: Figures
    accounts: int


def figures_of(loaded: Loaded) -> Figures:
    """The figures of a loaded day.

    Conversions are the account report's: none where it said nothing of the day, unknown if they were never remembered.
    """
    unsaid = None if loaded.checksum == UNKNOWN else ZERO
    return Figures(loaded.rows, Decimal(loaded.cost), loaded.totals.conversions if loaded.totals else unsaid)


def sum_of(loaded: Collection[Loaded]) -> Sum:
    """The sum of loaded days."""
    return Sum(added([figures_of(one) for one in loaded]), len(loaded))


def history_of(days: Iterable[tuple[AccountDay, DayCoverage]]) -> dict[AccountDay, Figures]:
    """The figures that the table is sure to hold; other days are absent."""
    return {at: figures_of(one.standing) for at, one in days if one.standing}


def looked_back(
    days: Iterable[tuple[AccountDay, DayCoverage]], newest: date
) -> tuple[dict[AccountDay, Figures], dict[str, DayCoverage]]:
    """The figures of the past, and the coverage of the newest day by account id; nothing else is kept."""
    found, of_newest = dict[AccountDay, Figures](), dict[str, DayCoverage]()
    for at, one in days:
        found |= history_of([(at, one)])
        if at.day == newest:
            of_newest[at.account_id] = one
    return found, of_newest


def read_at(days: Iterable[tuple[AccountDay, DayCoverage]]) -> datetime | None:
    """When the newest loaded day of each account was read: the earliest of these times."""
    newest: dict[str, tuple[date, datetime]] = {}
    for at, one in days:
        if one.loaded and at.day >= newest.get(at.account_id, (date.min,))[0]:
            newest[at.account_id] = at.day, one.loaded.as_of
    return min((as_of for _, as_of in newest.values()), default=None)


def together(history: History, account_ids: Iterable[str], day: date) -> Figures | None:
    """The sum of accounts on a day; `None` without figures of any."""
    found = [history[at] for account_id in account_ids if (at := AccountDay(account_id, day)) in history]
    return added(found) if found else None


def compare(history: History, account_ids: Iterable[str], day: date, base: date) -> Comparison | None:
    """A day against another one, over the accounts that have both; `None` without any."""
    both = [one for one in account_ids if AccountDay(one, day) in history and AccountDay(one, base) in history]
    if not both:
        return None
    now, then = (added([history[AccountDay(one, of)] for one in both]) for of in (day, base))
    return Comparison(now, then, len(both))


def cost_per_conversion(figures: Figures) -> Decimal | None:
    """转化成本 in 元; `None` without conversions, or if they are unknown."""
    return figures.cost / figures.conversions if figures.conversions else None


def added(figures: Sequence[Figures]) -> Figures:
    """The sum of figures; its 转化 are unknown if any is."""
    counts = [one.conversions for one in figures if one.conversions is not None]
    return Figures(
        sum(one.rows for one in figures),
        sum((one.cost for one in figures), ZERO),
        sum(counts, ZERO) if len(counts) == len(figures) else None,
    )
