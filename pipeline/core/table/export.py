"""The lines of an export, in blocks, and their totals."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, Cell, DayRange, FoundRow, ReportRow
from pipeline.core.reports import PROMOTION, Report
from pipeline.core.table.columns import Column
from pipeline.core.table.layout import Layout, cells_of
from pipeline.core.table.record import Record

BLOCK_ROWS = 5000  # rows of the table in memory at a time, estimated from the days before


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an export; `cells` has the value of each of our columns by name, `cost` is 消耗 in 元."""

    day: date | None
    account: str
    item_id: str
    cost: Decimal
    cells: Mapping[str, Cell]
    owner: str | None = ""  # as in `ReportRow`; `None`: an id needs its account, and the row does not have it

    @property
    def place(self) -> tuple[date, str, str]:
        """The sort key of an export: day, account, id of what the row is about."""
        return (self.day or date.min, self.account, self.item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of an export: days of the table, or an account of the API."""

    lines: Sequence[Line]
    done: int  # days or accounts so far
    doubled: int = 0  # rows beyond the first one of their key
    unreadable: int = 0  # filled cells without a value of their column's kind
    account: Account | None = None  # for rows of the API
    trouble: Trouble | None = None  # why the account has none


@dataclass(slots=True)
class Tally:
    """Totals of an export."""

    rows: int = 0
    cost: Decimal = ZERO
    doubled: int = 0
    unreadable: int = 0
    account_rows: Counter[str] = field(default_factory=Counter)
    account_cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    unread: list[tuple[Account, Trouble]] = field(default_factory=list)  # accounts without rows, and why

    def add(self, block: Block) -> None:
        """Count a block in."""
        for line in block.lines:
            self.rows += 1
            self.cost += line.cost
            self.account_rows[line.account] += 1
            self.account_cost[line.account] += line.cost
        self.doubled += block.doubled
        self.unreadable += block.unreadable
        if block.account and block.trouble:
            self.unread.append((block.account, block.trouble))


@dataclass(slots=True)
class FoundLines:
    """Lines of some days of the table; `read` counts the rows of these days, whosever they are."""

    lines: list[Line] = field(default_factory=list)
    read: int = 0
    unreadable: int = 0


def lines_of(days: DayRange, accounts: Collection[Account], layout: Layout, records: Iterable[Record]) -> FoundLines:
    """The lines of some days and accounts; without accounts, those of every row."""
    found, decode = FoundLines(), layout.decoder()
    for record in records:
        row = decode(record)
        if row.day not in days:
            continue
        found.read += 1
        if not accounts or concerns(row, layout.columns, accounts):
            owner = row.owner or (None if layout.about.within_account else "")
            found.lines.append(Line(row.day, row.account_name, row.item_id, row.cost, row.cells, owner))
            found.unreadable += layout.unreadable(record, row)
    return found


def of_report(row: ReportRow, account: Account, columns: Sequence[Column], report: Report = PROMOTION) -> Line:
    """A row of the report as it would be in the table."""
    cells = cells_of(columns, row, account, report)
    cost = next(cells[column.name] for column in columns if column.source == "stat_cost")
    return Line(row.day, account.name, row.item_id, cost if isinstance(cost, Decimal) else ZERO, cells, row.owner)


def concerns(row: FoundRow, columns: Sequence[Column], accounts: Collection[Account]) -> bool:
    """Whether a row of the table belongs to one of these accounts, by its id if it has one, else by its name."""
    ids = [row.cells.get(column.name) for column in columns if column.source == "account_id"]
    if account_id := next((one for one in ids if one), None):
        return any(account.id == account_id for account in accounts)
    return any(account.name == row.account_name for account in accounts)


def doubled(lines: Iterable[Line]) -> int:
    """Count rows beyond the first of their key; rows without a key are no duplicates."""
    counts = Counter(
        (line.day, line.item_id, line.owner) for line in lines if line.day and line.item_id and line.owner is not None
    )
    return counts.total() - len(counts)


def next_days(days: int, rows: int) -> int:
    """How many days to read next for about `BLOCK_ROWS` rows, by the rows of the last block.

    At most twice as many days as before, so that no large block follows an empty week.
    """
    return max(1, min(2 * days, BLOCK_ROWS * days // max(1, rows)))
