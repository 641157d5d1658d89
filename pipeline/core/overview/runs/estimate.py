"""What a backfill will cost, from what is known of its accounts: calls, rows, room and time."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.plan import REPORT_ROWS_A_PAGE, parts

SEARCH_ROWS_A_PAGE = 500  # 查询记录
WRITE_ROWS_A_CALL = 1000  # 新增多条记录
STATUS_BATCHES = 5  # whose days are written to 同步状态 together
READ_S, WRITE_S = 1.0, 1.5  # of a page, and of a write, as Feishu takes on a usual morning
FETCH_S = 2.5  # until the first reports are there
PACE = 0.99  # of the rate: the limiter keeps a little below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of some accounts.

    Attributes:
        rows: Loaded rows of the accounts that were looked at, on the range's days and the last week's.
        chosen: Those of them that the backfill loads; the others are in the same table.
        others: How many accounts it does not load, looked at or not.
    """

    rows: Mapping[AccountDay, int]
    chosen: Sequence[str]
    beside: Sequence[str] = ()
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One physical table: rows it has (`None`: not counted yet), rows to create, and its limit."""

    table_id: str
    name: str
    days: DayRange
    held: int | None
    more: int
    cap: int

    @property
    def fits(self) -> bool:
        """Whether the rows fit, as far as is known."""
        return self.held is None or self.held + self.more <= self.cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a backfill will cost.

    Attributes:
        account_days: Days of accounts, of which `loaded` are in the table already.
        rows: Rows of the source; `new_rows` of them are not in the table yet.
        reports: Calls to Ocean Engine.
        feishu: Calls to Feishu.
        seconds: If nothing else runs meanwhile.
        feishu_used: Calls to Feishu of this month, of `feishu_limit` (0: no limit).
        known: Whether any rows of these accounts are remembered; if not, rows and what follows from them are too low.
        exact: Whether all accounts were looked at, or a part that stands for the others.
    """

    days: DayRange
    accounts: int
    account_days: int
    loaded: int
    batches: int
    rows: int
    new_rows: int
    reports: int
    feishu: int
    seconds: float
    rooms: tuple[Room, ...]
    known: bool
    exact: bool
    feishu_used: int = 0
    feishu_limit: int = 0

    @property
    def within_quota(self) -> bool:
        """Whether the month's calls suffice, as far as is known."""
        return not self.feishu_limit or self.feishu_used + self.feishu <= self.feishu_limit

    @property
    def fits(self) -> bool:
        """Whether all rows fit, as far as is known."""
        return all(room.fits for room in self.rooms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of the range, what each is called, and how many rows it has if that was counted."""

    spans: Sequence[tuple[str, DayRange]]
    names: Mapping[str, str]
    held: Mapping[str, int]
    cap: int


def estimate_of(run: Run, known: Known, tables: Tables, rate: float) -> Estimate:
    """Estimate a planned backfill.

    Args:
        rate: Calls a second to each report of Ocean Engine.
    """
    cut, rows = parts(run), _Rows(run, known)
    promotion = sum(rows.report_pages(part) for part in cut)
    account = sum(len(part.accounts) for part in cut)
    reading, writing = _feishu(cut, rows)
    fetching_s = max(promotion, account) / (PACE * rate)
    return Estimate(
        days=run.days,
        accounts=len(run.accounts),
        account_days=len(run.accounts) * len(run.days),
        loaded=round(rows.loaded_days),
        batches=len(cut),
        rows=round(sum(rows.source.values())),
        new_rows=round(sum(rows.new.values())),
        reports=round(promotion) + account,
        feishu=reading + writing,
        seconds=FETCH_S + max(fetching_s, reading * READ_S + writing * WRITE_S),
        rooms=tuple(_room(tables, table_id, days, rows) for table_id, days in tables.spans),
        known=rows.known,
        exact=len(known.chosen) == len(run.accounts),
    )


def _room(tables: Tables, table_id: str, days: DayRange, rows: "_Rows") -> Room:
    more = round(sum(rows.new[day] for day in days))
    held = tables.held.get(table_id)
    return Room(table_id=table_id, name=tables.names[table_id], days=days, held=held, more=more, cap=tables.cap)


def _feishu(cut: Sequence[Run], rows: "_Rows") -> tuple[int, int]:
    """Calls that read and that write: of each batch, then of 同步状态 and the views."""
    reading, writing = 1, 0  # the list of views
    for before, part in zip([None, *cut], cut, strict=False):
        there, new = rows.in_table(part.days), rows.of(part, rows.new)
        reading += 0 if before and before.days == part.days else _early(there)
        reading += max(1, math.ceil((there + new) / SEARCH_ROWS_A_PAGE))
        writing += math.ceil(new / WRITE_ROWS_A_CALL)
    for n in range(0, len(cut), STATUS_BATCHES):
        account_days = sum(len(part.days) * len(part.accounts) for part in cut[n : n + STATUS_BATCHES])
        reading += 1
        writing += math.ceil(account_days / WRITE_ROWS_A_CALL)
    return reading, writing


def _early(there: float) -> int:
    """The early read: the fields, the rows, and where there are none a count that proves that rows can be seen."""
    return 1 + (math.ceil(there / SEARCH_ROWS_A_PAGE) if there >= 1 else 2)


class _Rows:
    """Rows by day, of the accounts that were looked at and, in proportion, of the others.

    Attributes:
        source: Rows that the source has of the chosen accounts.
        new: Those of them that the table lacks.
        loaded_days: Days of chosen accounts that were loaded.
    """

    def __init__(self, run: Run, known: Known) -> None:
        self._run, self._known = run, known
        self.known = not {at.account_id for at in known.rows}.isdisjoint(known.chosen)
        share = len(run.accounts) / max(1, len(known.chosen))
        self.new = {day: share * sum(self._lacking(one, day) for one in known.chosen) for day in run.days}
        there = {day: share * self._loaded(known.chosen, day) for day in run.days}
        beside = known.others / max(1, len(known.beside))
        self.source = {day: self.new[day] + there[day] for day in run.days}
        self._table = {day: there[day] + beside * self._loaded(known.beside, day) for day in run.days}
        places = (AccountDay(one, day) for one in known.chosen for day in run.days)
        self.loaded_days = share * sum(at in known.rows for at in places)

    def of(self, part: Run, by_day: Mapping[date, float]) -> float:
        """The rows of a batch."""
        return len(part.accounts) / len(self._run.accounts) * sum(by_day[day] for day in part.days)

    def in_table(self, days: DayRange) -> float:
        """The rows of all accounts that the table has of some days."""
        return sum(self._table[day] for day in days)

    def report_pages(self, part: Run) -> float:
        """Calls to the promotion report: at least one an account."""
        ids = {account.id for account in part.accounts}
        those = [one for one in self._known.chosen if one in ids] or self._known.chosen
        pages = sum(self._pages(one, part.days) for one in those)
        return len(part.accounts) * pages / len(those) if those else len(part.accounts)

    def _pages(self, account_id: str, days: DayRange) -> int:
        rows = sum(self._rows(account_id, day) for day in days)
        return max(1, math.ceil(rows / REPORT_ROWS_A_PAGE))

    def _rows(self, account_id: str, day: date) -> float:
        return self._known.rows.get(AccountDay(account_id, day), self._usual[account_id])

    def _lacking(self, account_id: str, day: date) -> float:
        return 0 if AccountDay(account_id, day) in self._known.rows else self._usual[account_id]

    def _loaded(self, account_ids: Collection[str], day: date) -> int:
        return sum(self._known.rows.get(AccountDay(one, day), 0) for one in account_ids)

    @cached_property
    def _usual(self) -> dict[str, float]:
        """Rows of a day of each account that was looked at: its own mean, else that of all."""
        told: dict[str, list[int]] = {}
        for at, rows in self._known.rows.items():
            told.setdefault(at.account_id, []).append(rows)
        means = {one: sum(days) / len(days) for one, days in told.items()}
        mean = sum(means.values()) / len(means) if means else 0.0
        return {one: means.get(one, mean) for one in self._known.chosen}
