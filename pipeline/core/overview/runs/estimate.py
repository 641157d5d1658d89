"""What a backfill will cost, from what is known of its accounts: calls, rows, room and time."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pipeline.core.model import AccountDay, DayRange, grouped
from pipeline.core.outcome import Run
from pipeline.core.reports import PROMOTION, Report
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
        account_days: Days of accounts, of which `loaded` are in the table already; in each of several tables.
        rows: Rows of the source; `new_rows` of them are not in the table yet.
        reports: Calls to Ocean Engine.
        feishu: Calls to Feishu.
        seconds: If nothing else runs meanwhile.
        feishu_used: Calls to Feishu of this month, of `feishu_limit` (0: no limit).
        known: Whether any rows of these accounts are remembered; if not, rows and what follows from them are too low.
        exact: Whether all accounts were looked at, or a part that stands for the others.
        tables: In how many tables it loads.
        unknown: The names of further tables of which no rows are remembered, though of others some are.
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
    tables: int = 1
    unknown: tuple[str, ...] = ()

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


@dataclass(frozen=True, slots=True, kw_only=True)
class InTable:
    """What a backfill loads into one table.

    Attributes:
        run: The run in this table alone.
        report: The report that it holds.
        base: Tells its base from others.
    """

    run: Run
    known: Known
    tables: Tables
    report: Report = PROMOTION
    base: str = ""


def estimate_of(wanted: Sequence[InTable], rate: float) -> Estimate:
    """Estimate a planned backfill, table by table.

    Args:
        rate: Calls a second to each report of Ocean Engine.
    """
    made = [_Cost(one) for one in wanted]
    reports, accounts = _reports(made), _account_reports(made)
    feishu = _feishu_by_base(made)
    fetching_s = max(accounts, *reports.values()) / (PACE * rate)
    telling = [cost for cost in made if cost.rows.known]
    first = wanted[0].run
    return Estimate(
        days=first.days,
        accounts=len({account.id for one in wanted for account in one.run.accounts}),
        account_days=sum(len(one.run.accounts) * len(one.run.days) for one in wanted),
        loaded=round(sum(cost.rows.loaded_days for cost in made)),
        batches=sum(len(cost.cut) for cost in made),
        rows=round(sum(sum(cost.rows.source.values()) for cost in made)),
        new_rows=round(sum(sum(cost.rows.new.values()) for cost in made)),
        reports=round(sum(reports.values())) + accounts,
        feishu=sum(reading + writing for reading, writing in feishu),
        seconds=FETCH_S + max(fetching_s, *(reading * READ_S + writing * WRITE_S for reading, writing in feishu)),
        rooms=tuple(room for cost in made for room in cost.rooms()),
        known=bool(telling),
        exact=all(len(one.known.chosen) == len(one.run.accounts) for one in wanted),
        tables=len(wanted),
        unknown=tuple(cost.its.run.table for cost in made if cost not in telling) if telling else (),
    )


class _Cost:
    """What one table costs: its batches, and its rows."""

    def __init__(self, its: InTable) -> None:
        self.its, self.cut, self.rows = its, parts(its.run), _Rows(its.run, its.known)

    def rooms(self) -> Iterator[Room]:
        """The room of each of its physical tables."""
        return (_room(self.its.tables, table_id, days, self.rows) for table_id, days in self.its.tables.spans)


def _reports(made: Sequence[_Cost]) -> dict[str, float]:
    """Calls to each report but that of accounts, which is read once for all tables."""
    calls = {PROMOTION.name: 0.0}
    for one in made:
        if not one.its.report.about_account:
            pages = sum(one.rows.report_pages(part) for part in one.cut)
            calls[one.its.report.name] = calls.get(one.its.report.name, 0) + pages
    return calls


def _account_reports(made: Sequence[_Cost]) -> int:
    """Calls to the account report: one for each account and block of days, whatever the number of tables."""
    return len({(account.id, part.days) for one in made for part in one.cut for account in part.accounts})


def _feishu_by_base(made: Sequence[_Cost]) -> list[tuple[int, int]]:
    """Calls that read and that write, of each base; 同步状态 is written once for all tables of one batch.

    For the views of a further table the base's tables are listed.
    """
    found = []
    for those in grouped((one.its.base, one) for one in made).values():
        short = [one.cut for one in those if len(one.cut) == 1]
        told: list[Sequence[Run]] = [[one for cut in short for one in cut]] if short else []
        told += [one.cut[n : n + STATUS_BATCHES] for one in those if one.cut not in short for n in _starts(one.cut)]
        calls = [*(_feishu(one.cut, one.rows) for one in those), *map(_status, told)]
        reading = sum(reading for reading, _ in calls) + sum(bool(one.its.run.table) for one in those)
        found.append((reading, sum(writing for _, writing in calls)))
    return found


def _starts(cut: Sequence[Run]) -> range:
    return range(0, len(cut), STATUS_BATCHES)


def _status(some: Sequence[Run]) -> tuple[int, int]:
    """Calls for 同步状态 of some batches."""
    return 1, math.ceil(sum(len(part.days) * len(part.accounts) for part in some) / WRITE_ROWS_A_CALL)


def _room(tables: Tables, table_id: str, days: DayRange, rows: "_Rows") -> Room:
    more = round(sum(rows.new[day] for day in days))
    held = tables.held.get(table_id)
    return Room(table_id=table_id, name=tables.names[table_id], days=days, held=held, more=more, cap=tables.cap)


def _feishu(cut: Sequence[Run], rows: "_Rows") -> tuple[int, int]:
    """Calls that read and that write: of each batch, then of the views."""
    reading, writing = 1, 0  # the list of views
    for before, part in zip([None, *cut], cut, strict=False):
        there, new = rows.in_table(part.days), rows.of(part, rows.new)
        reading += 0 if before and before.days == part.days else _early(there)
        reading += max(1, math.ceil((there + new) / SEARCH_ROWS_A_PAGE))
        writing += math.ceil(new / WRITE_ROWS_A_CALL)
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
        """Calls to the table's report: at least one an account."""
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
