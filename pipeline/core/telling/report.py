"""What a report says of some days of the table: sums by day, account and promotion, gathered row by row."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import ZERO, Account, DayRange, FoundRow
from pipeline.core.outcome import DayState
from pipeline.core.table.columns import name_column
from pipeline.core.table.layout import Layout
from pipeline.core.telling.other_tables import OtherTable

LISTED = 10  # promotions in each list
JUDGED_FROM = Decimal(100)  # 元: below that one conversion more or less decides
NO_ACCOUNT = "未填写账户"
WEEK = 7


@dataclass(slots=True)
class Sums:
    """Sums of some rows: 消耗 in 元, 转化数."""

    cost: Decimal = ZERO
    conversions: Decimal = ZERO
    rows: int = 0

    def add(self, cost: Decimal, conversions: Decimal) -> None:
        """Add a row."""
        self.cost += cost
        self.conversions += conversions
        self.rows += 1

    def join(self, other: "Sums") -> None:
        """Add the sums of other rows."""
        self.cost += other.cost
        self.conversions += other.conversions
        self.rows += other.rows

    @property
    def unit_cost(self) -> Decimal | None:
        """元 for each conversion; `None` without any."""
        return self.cost / self.conversions if self.conversions else None


@dataclass(slots=True)
class Promotion:
    """One promotion with its sums and its newest name."""

    account: str
    name: str
    newest: date
    sums: Sums = field(default_factory=Sums)


class PromotionKey(NamedTuple):
    """The identity of a promotion; a person's row without an id goes by its name."""

    account: str
    id: str
    name: str


@dataclass(slots=True)
class Tally:
    """Sums of all rows; it grows with days, accounts and promotions, not with rows."""

    total: Sums = field(default_factory=Sums)
    days: defaultdict[date, Sums] = field(default_factory=lambda: defaultdict(Sums))
    accounts: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    account_days: defaultdict[tuple[str, date], Sums] = field(default_factory=lambda: defaultdict(Sums))
    promotions: dict[PromotionKey, Promotion] = field(default_factory=dict)
    unreadable: int = 0  # our rows without a number as 消耗: they count as 0
    has_conversions: bool = True  # whether the table has a column of 转化数

    def join(self, later: "Tally") -> None:
        """Add the sums of a table that holds later days."""
        self.total.join(later.total)
        for day, sums in later.days.items():
            self.days[day].join(sums)
        for account, sums in later.accounts.items():
            self.accounts[account].join(sums)
        for place, sums in later.account_days.items():
            self.account_days[place].join(sums)
        for key, promotion in later.promotions.items():
            there = self.promotions.setdefault(key, Promotion(key.account, promotion.name, promotion.newest))
            there.name, there.newest = promotion.name, promotion.newest
            there.sums.join(promotion.sums)
        self.unreadable += later.unreadable


@dataclass(frozen=True, slots=True)
class Restated:
    """An account's day that the source corrected after its load: when that was seen, and by which run."""

    account: str
    day: date
    seen_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week (Monday: 0): how many whole days of it there are, and their average."""

    number: int
    days: int
    cost: Decimal
    conversions: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the page says."""

    days: DayRange
    tally: Tally
    grid: Mapping[Account, Mapping[date, DayCoverage]]
    restated: tuple[Restated, ...]
    as_of: datetime | None  # the earliest reading of any account's newest loaded day; `None`: nothing was loaded
    made_at: datetime
    link: str | None  # to the table
    others: tuple[OtherTable, ...] = ()  # tables besides that one that hold days of the period
    table: str = ""  # the name of a further table; empty: that of `LAIKE_BITABLE_TABLE_ID`
    item: str = "单元"  # what its rows are about

    @property
    def lacking(self) -> dict[date, list[str]]:
        """Days that are not whole, with the accounts that lack them; parked accounts are left out."""
        return {day: names for day in self.days if (names := self._in_state(day, parked=False))}

    @property
    def parked(self) -> dict[str, int]:
        """On how many days of the period each parked account is parked."""
        counts = {one.name: sum(day.state == DayState.PARKED for day in of.values()) for one, of in self.grid.items()}
        return {name: count for name, count in counts.items() if count}

    @property
    def unrecorded(self) -> dict[date, int]:
        """Days before the first one that somebody asked for, with the number of accounts."""
        counts = {day: sum(day not in of for of in self.grid.values()) for day in self.days}
        return {day: count for day, count in counts.items() if count}

    def _in_state(self, day: date, *, parked: bool) -> list[str]:
        states = ((account.name, of[day].state) for account, of in self.grid.items() if day in of)
        return [name for name, state in states if not state.good and (state == DayState.PARKED) == parked]


def tally(layout: Layout, rows: Iterable[FoundRow], only: Collection[str] | None = None) -> Tally:
    """Sum rows as they come and keep none; `only` names the accounts that count, `None`: all do."""
    conversions = next((column.name for column in layout.columns if column.source == "convert_cnt"), None)
    cost = layout.column("stat_cost").name
    found = Tally(has_conversions=conversions is not None)
    for row in rows:
        if only is None or row.account_name in only:
            found.unreadable += row.key is not None and not isinstance(row.cells.get(cost), Decimal)
            converted = row.cells.get(conversions) if conversions else None
            _take_in(found, layout, row, converted if isinstance(converted, Decimal) else ZERO)
    return found


def _take_in(found: Tally, layout: Layout, row: FoundRow, conversions: Decimal) -> None:
    if row.day is None:
        return
    account = row.account_name or NO_ACCOUNT
    for sums in (found.total, found.days[row.day], found.accounts[account], found.account_days[account, row.day]):
        sums.add(row.cost, conversions)
    name = _name(layout, row)
    key = PromotionKey(account, row.item_id, "" if row.item_id else name)
    promotion = found.promotions.setdefault(key, Promotion(account, name, row.day))
    if row.day >= promotion.newest:
        promotion.name, promotion.newest = name, row.day
    promotion.sums.add(row.cost, conversions)


def _name(layout: Layout, row: FoundRow) -> str:
    named = name_column(layout.columns)
    return str(row.cells.get(named) or "") if named else row.item_id


def top(found: Tally) -> list[Promotion]:
    """The promotions with the largest 消耗."""
    return sorted(_spending(found), key=lambda one: (-one.sums.cost, one.account, one.name))[:LISTED]


def worst(found: Tally) -> list[Promotion]:
    """Promotions that spent without a conversion, the most first; then the dearest per conversion."""
    spending = _spending(found) if found.has_conversions else []
    fruitless = [one for one in spending if not one.sums.conversions]
    judged = [one for one in spending if one.sums.conversions and one.sums.cost >= JUDGED_FROM]
    fruitless.sort(key=lambda one: (-one.sums.cost, one.account, one.name))
    judged.sort(key=lambda one: (-(one.sums.unit_cost or ZERO), one.account, one.name))
    return [*fruitless, *judged][:LISTED]


def _spending(found: Tally) -> list[Promotion]:
    return [one for one in found.promotions.values() if one.sums.cost > 0]


def weekdays(report: Report) -> list[Weekday]:
    """The average of each day of the week, over days that are recorded and whole."""
    lacking, unrecorded, sums = report.lacking, report.unrecorded, report.tally.days
    whole = [day for day in report.days if day not in lacking and unrecorded.get(day) != len(report.grid)]
    return [
        _weekday(number, [sums.get(day, Sums()) for day in whole if day.weekday() == number]) for number in range(WEEK)
    ]


def _weekday(number: int, days: list[Sums]) -> Weekday:
    count = max(1, len(days))
    cost, conversions = sum((one.cost for one in days), ZERO), sum((one.conversions for one in days), ZERO)
    return Weekday(number, len(days), cost / count, conversions / count)
