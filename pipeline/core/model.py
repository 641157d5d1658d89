"""The field's own words as frozen data: accounts, days, rows, outcomes, runs.

Ids are text (19 digits do not survive a float), money is `Decimal` in 元, business days are Asia/Shanghai.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline.core.errors import Trouble

CHINA = ZoneInfo("Asia/Shanghai")
ZERO = Decimal(0)
CENT = Decimal("0.01")


class RunState(StrEnum):
    """A run's state; one that is not `running` never changes again."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class DayState(StrEnum):
    """What is known of one account on one day."""

    LOADED = "loaded"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    MISSING = "missing"
    PARKED = "parked"
    OPEN = "open"

    @property
    def good(self) -> bool:
        """Whether nothing more is owed for the day."""
        return self in (DayState.LOADED, DayState.EMPTY)


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
            msg = f"a range of days ends before it starts: {self.first} .. {self.last}"
            raise ValueError(msg)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


class AccountDay(NamedTuple):
    """One account on one business day."""

    account_id: str
    day: date


class Key(NamedTuple):
    """What makes a row of the table unique: (时间, 单元ID)."""

    day: date
    promotion_id: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One promotion on one day, as the source reports it."""

    account_id: str
    day: date
    promotion_id: str
    promotion_name: str
    metrics: Mapping[str, Decimal]

    @property
    def key(self) -> Key:
        """The row's key in the table."""
        return Key(self.day, self.promotion_id)

    @property
    def cost(self) -> Decimal:
        """消耗 in 元."""
        return self.metrics["stat_cost"]


Cell = str | Decimal | date | None


@dataclass(frozen=True, slots=True)
class WantedRow:
    """One row as the table should hold it: each of our columns by name, decoded."""

    key: Key
    account_id: str
    cells: Mapping[str, Cell]

    def differing(self, found: "FoundRow") -> tuple[str, ...]:
        """Names of the cells that do not mean the same in the table; an empty text and an absent cell do."""
        return tuple(name for name, value in self.cells.items() if not _same(value, found.cells.get(name)))


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row as the table holds it.

    `cells` has the decoded value of each of our columns, `None` where it is empty or unreadable. A row
    without a day or without a 单元ID has no key: it can only be a person's.
    """

    record_id: str
    day: date | None
    promotion_id: str
    account_name: str
    cost: Decimal
    cells: Mapping[str, Cell]
    creator: str | None = None
    created_ms: int = 0

    @property
    def key(self) -> Key | None:
        """The row's key, if it has one."""
        return Key(self.day, self.promotion_id) if self.day and self.promotion_id else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """What a fetch found for one account on one day. `cost` in 元."""

    day: date
    state: DayState
    rows: int = 0
    cost: Decimal = ZERO
    trouble: Trouble | None = None

    @property
    def failed(self) -> bool:
        """Whether nothing of the day was fetched, so that nothing of it may be written or compared."""
        return self.state in (DayState.FAILED, DayState.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What came of fetching one account; its rows are staged under the same key."""

    account_id: str
    days: tuple[DayOutcome, ...]
    rows: int
    checksum: str
    as_of: datetime

    @property
    def trouble(self) -> Trouble | None:
        """The newest day's trouble, or that of the newest day that has one."""
        return next((d.trouble for d in reversed(self.days) if d.trouble), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOutcome:
    """What the load wrote, or would write in a dry run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restated: tuple[AccountDay, ...] = ()  # days whose source differs from what was last loaded
    edited: int = 0  # rows that a person had changed although the source had not
    conflicts: tuple[AccountDay, ...] = ()  # days with a key that two accounts report differently
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAgreement:
    """How the table, read back, compares with the source for one account and day."""

    account_id: str
    day: date
    missing: int = 0
    wrong: int = 0
    duplicates: int = 0
    gone: int = 0
    foreign: int = 0
    excess: Decimal = ZERO  # 元 by which the table exceeds the source

    @property
    def agrees(self) -> bool:
        """Every key of the source is in the table exactly once with the source's figures."""
        return not (self.missing or self.wrong or self.duplicates)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutcome:
    """What the read-back says."""

    agreements: tuple[DayAgreement, ...] = ()
    verified: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsOutcome:
    """What became of the per-account views; it never changes a run's state."""

    right: int = 0
    created: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it was planned; nothing of this changes afterwards."""

    run_id: str
    day: date
    days: DayRange
    accounts: tuple[Account, ...]
    started_at: datetime
    deadline: datetime
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account's line of a summary: `rows` and `cost` of the run's day, `window_…` of all its days."""

    id: str
    name: str
    state: DayState
    rows: int
    cost: Decimal
    window_rows: int
    window_cost: Decimal
    trouble: Trouble | None = None
    restated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended."""

    run_id: str
    state: RunState
    day: date
    days: DayRange
    accounts: tuple[AccountResult, ...]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restated: int = 0
    edited: int = 0
    gone: int = 0
    foreign: int = 0
    duplicates: int = 0
    verified: bool = False
    dry_run: bool = False
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None
    started_at: datetime
    ended_at: datetime
    view_notes: tuple[str, ...] = field(default=())

    @property
    def needs_person(self) -> bool:
        """Whether somebody must act before the next run can do better."""
        troubles = [self.trouble, *(account.trouble for account in self.accounts)]
        return any(trouble.needs_person for trouble in troubles if trouble)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An OAuth pair of Ocean Engine; `generation` (issue time in ms) says which of two pairs is newer."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime
    generation: int


def china_day(now: datetime) -> date:
    """The business day (Asia/Shanghai) of an aware time."""
    return now.astimezone(CHINA).date()


def by_key(found: Iterable[FoundRow]) -> dict[Key, list[FoundRow]]:
    """Rows of the table by key, the oldest first; rows without a key are left out."""
    rows: dict[Key, list[FoundRow]] = defaultdict(list)
    for row in sorted(found, key=lambda row: (row.created_ms, row.record_id)):
        if row.key:
            rows[row.key].append(row)
    return dict(rows)


def _same(one: Cell, other: Cell) -> bool:
    return one == other or (one in ("", None) and other in ("", None))
