"""Accounts, days, rows and tokens as frozen data.

Ids are text (19 digits do not survive a float), money is `Decimal` in 元, business days are Asia/Shanghai.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pipeline.core.redaction import hold_passing

K = TypeVar("K")
T = TypeVar("T")
CHINA = ZoneInfo("Asia/Shanghai")
ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Account:
    """A 本地推 account: its id and the name that is written into the table."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DayRange:
    """Business days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a range of days ends before it starts: {self.first} .. {self.last}")

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def ranges(days: Iterable[date]) -> list[DayRange]:
    """Days as ranges without gaps, the oldest first."""
    found: list[DayRange] = []
    for day in sorted(set(days)):
        if found and day == found[-1].last + timedelta(days=1):
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return found


def blocks(days: Iterable[date], longest: int) -> Iterator[DayRange]:
    """Ranges of at most `longest` days that cover `days`; each begins and ends with one of them."""
    left = sorted(days)
    while left:
        end = bisect_left(left, left[0] + timedelta(days=longest))
        yield DayRange(left[0], left[end - 1])
        left = left[end:]


class AccountDay(NamedTuple):
    """One account on one business day."""

    account_id: str
    day: date


class Key(NamedTuple):
    """The unique key of a row: its day, the id of what it is about, as 单元ID, and the account where ids need one."""

    day: date
    item_id: str
    owner: str = ""


_AS_STORED = {"item_id": "promotion_id", "item_name": "promotion_name"}  # the names by which releases know each other


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One promotion, project, material or account on one day, as the source reports it.

    `owner` is the account where an id names something within its account only.
    """

    __pydantic_config__: ClassVar = {"alias_generator": lambda name: _AS_STORED.get(name, name)}

    account_id: str
    day: date
    item_id: str
    item_name: str
    metrics: Mapping[str, Decimal]
    owner: str = ""

    @property
    def key(self) -> Key:
        """The row's key in the table."""
        return Key(self.day, self.item_id, self.owner)

    @property
    def cost(self) -> Decimal:
        """消耗 in 元."""
        return self.metrics["stat_cost"]


@dataclass(frozen=True, slots=True)
class Totals:
    """The account report of one day: 消耗 in 元, and 转化数."""

    cost: Decimal
    conversions: Decimal


Cell = str | Decimal | date | None


@dataclass(frozen=True, slots=True)
class WantedRow:
    """One row as the table should hold it, by column."""

    key: Key
    account_id: str
    cells: Mapping[str, Cell]

    def differing(self, found: "FoundRow") -> tuple[str, ...]:
        """Names of cells that differ in the table; an empty text equals an absent cell."""
        if found.cells is self.cells:  # shared once they were found equal
            return ()
        return tuple(name for name, value in self.cells.items() if not _same(value, found.cells.get(name)))


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row as the table holds it.

    `cells` has the value of each of our columns, `None` if empty or unreadable. A row without a day or an id has no
    key: it can only be a person's. `owner` as in `ReportRow`.
    """

    record_id: str
    day: date | None
    item_id: str
    account_name: str
    cost: Decimal
    cells: Mapping[str, Cell]
    creator: str | None = None
    created_ms: int = 0
    owner: str = ""

    @property
    def key(self) -> Key | None:
        """The row's key, if it has one."""
        return Key(self.day, self.item_id, self.owner) if self.day and self.item_id else None

    def holding(self, cells: Mapping[str, Cell]) -> "FoundRow":
        """The same row with these cells; `dataclasses.replace` is too slow for large batches."""
        own = self.record_id, self.day, self.item_id, self.account_name, self.cost
        return FoundRow(*own, cells, self.creator, self.created_ms, self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An OAuth pair of Ocean Engine; `generation` (issue time in ms) says which of two pairs is newer.

    `previous` is the pair that this one replaced, without its own `previous`. `app_id` is the app it was issued for,
    `brought` the generation of the pair that a person brought and this one descends from; pairs of older releases have
    neither.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime
    generation: int
    previous: "TokenPair | None" = None
    app_id: str = ""
    brought: int = 0

    def __post_init__(self) -> None:
        hold_passing(self.access_token, self.refresh_token)


def china_day(now: datetime) -> date:
    """The business day (Asia/Shanghai) of an aware time."""
    return now.astimezone(CHINA).date()


def grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """The values of each key, in their order."""
    found: dict[K, list[T]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)


def by_account(values: Mapping[AccountDay, T]) -> dict[str, dict[date, T]]:
    """The values of each account, by day."""
    found: dict[str, dict[date, T]] = defaultdict(dict)
    for at, value in values.items():
        found[at.account_id][at.day] = value
    return dict(found)


def by_key(found: Iterable[FoundRow]) -> dict[Key, list[FoundRow]]:
    """Rows of the table by key, the oldest first; rows without a key are left out."""
    oldest_first = sorted(found, key=lambda row: (row.created_ms, row.record_id))
    return grouped((row.key, row) for row in oldest_first if row.key)


def _same(one: Cell, other: Cell) -> bool:
    return one == other or (one in ("", None) and other in ("", None))
