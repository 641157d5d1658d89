"""The 同步状态 table: its columns, its rows, and where a new row finds a place when it is full.

Follows the Bitable pages on fields (types) and on the data structure of records.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.core.coverage.states import STATES, WORDS
from pipeline.core.model import CHINA, AccountDay, DayRange, grouped
from pipeline.core.outcome import DayOutcome
from pipeline.core.table.cells import midnight_ms, plain_text
from pipeline.core.table.layout import between
from pipeline.core.table.record import Record
from pipeline.core.tables.further import STATUS_TABLE

NAME = STATUS_TABLE
DAY, ACCOUNT, STATE, ROWS, COST, AS_OF, REASON = "日期", "账户", "状态", "行数", "消耗", "数据截至", "原因"
TABLE = "数据表"  # the id of the data table of a row
FIELDS: Sequence[Mapping[str, object]] = (
    {"field_name": DAY, "type": 5, "property": {"date_formatter": "yyyy/MM/dd"}},
    {"field_name": ACCOUNT, "type": 1},
    {"field_name": STATE, "type": 3},
    {"field_name": ROWS, "type": 2, "property": {"formatter": "0"}},
    {"field_name": COST, "type": 2, "property": {"formatter": "0.00"}},
    {"field_name": AS_OF, "type": 5, "property": {"date_formatter": "yyyy/MM/dd HH:mm"}},
    {"field_name": REASON, "type": 1},
    {"field_name": TABLE, "type": 1},
)
OURS = frozenset(str(one["field_name"]) for one in FIELDS)
FOUND_BY = frozenset((DAY, ACCOUNT))  # columns by which a row is found again
DAY_MS = 24 * 3600 * 1000
# From then on the figures of the day before have settled: a row that says so is worth a write, a later reading that
# says the same is not. A minute before the run that reads them again: Redis, whose clock dates a reading, may be a
# little behind the one of beat.
SETTLED = time(10, 34)
KEPT_DAYS = 10  # rows of the newest days are never reused
# types that nobody fills: lookup, formula, button, who and when, auto number
COMPUTED = frozenset((19, 20, 1001, 1002, 1003, 1004, 1005, 3001))


RowKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One row: its place, its cells in write shape, and a digest; the same digest is not worth a write.

    Attributes:
        good: Whether the day is no longer owed.
        root: The first table of the chain that it is about; its place is one among the rows of that chain.
    """

    place: str
    cells: Mapping[str, object]
    digest: str
    day_ms: int
    good: bool = True
    root: str = ""

    @property
    def key(self) -> RowKey:
        """What tells it from the rows of all tables."""
        return self.root, self.place


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row that may carry a later day: its record id, its day (ms since the epoch), its data table."""

    record_id: str
    day_ms: int
    table_id: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where new rows go: created, carried by old rows, or nowhere."""

    create: tuple[StatusRow, ...] = ()
    reuse: tuple[tuple[OldRow, StatusRow], ...] = ()
    without: tuple[StatusRow, ...] = ()


def table_of(cells: Mapping[str, object]) -> str:
    """The id of a row's data table; empty in rows of older releases."""
    return plain_text(cells.get(TABLE) or "").strip()


def place(at: AccountDay) -> str:
    """The name of an account's day among the status rows."""
    return f"{at.account_id} {at.day.isoformat()}"


def status_row(
    at: AccountDay, outcome: DayOutcome, read_at: datetime, *, name: str, table_id: str, zone: ZoneInfo, root: str = ""
) -> StatusRow:
    """The row of an account's day, in the base's time zone."""
    day_ms = midnight_ms(at.day, zone)
    cells: dict[str, object] = {
        DAY: day_ms,
        ACCOUNT: name,
        STATE: WORDS[outcome.state],
        ROWS: outcome.rows,
        COST: float(outcome.cost),
        REASON: outcome.note,
        TABLE: table_id,
    }
    digest = hashlib.sha256(repr([cells, _settled(at.day, read_at)]).encode()).hexdigest()[:16]
    as_of = int(read_at.timestamp() * 1000)
    return StatusRow(place(at), {**cells, AS_OF: as_of}, digest, day_ms, outcome.state.good, root)


def _settled(day: date, read_at: datetime) -> bool:
    return read_at >= datetime.combine(day + timedelta(days=1), SETTLED, CHINA)


def rows_of(days: DayRange, zone: ZoneInfo) -> dict[str, object]:
    """The filter that passes the rows of some days."""
    return _around(midnight_ms(day, zone) for day in (days.first, days.last))


def rows_about(rows: Sequence[StatusRow]) -> dict[str, object]:
    """The filter that passes the rows of the same days."""
    return _around(row.day_ms for row in rows)


def _around(days_ms: Iterable[int]) -> dict[str, object]:
    """One day wider on each side, since the filter takes days only."""
    days = list(days_ms)
    return between(DAY, min(days) - DAY_MS, max(days) + DAY_MS)


def there(rows: Sequence[StatusRow], records: Iterable[Record], owner: str | None) -> dict[RowKey, str]:
    """Record ids of the rows that are there already: those of the same day, account name and table.

    Args:
        owner: The table that rows without one are about; unknown, they may be about any.
    """
    places = grouped(((row.day_ms, row.cells[ACCOUNT]), row) for row in rows)
    found: dict[RowKey, str] = {}
    for record in records:
        cells = record.cells
        for row in places.get((cells.get(DAY), plain_text(cells.get(ACCOUNT) or "")), ()):  # type: ignore[arg-type]
            if (table_of(cells) or owner or row.cells[TABLE]) == row.cells[TABLE]:
                found.setdefault(row.key, record.record_id)
    return found


def reusable(
    records: Iterable[Record], creator: str | None, before_ms: int, computed: Collection[str]
) -> Iterator[OldRow]:
    """Our rows of days before a moment in which no person filled anything.

    Args:
        records: With all cells and their creator.
        creator: The creator of our rows.
        computed: Names of columns that nobody fills.
    """
    for record in records:
        cells = record.cells
        day, state = cells.get(DAY), plain_text(cells.get(STATE) or "")
        ours = creator is not None and record.creator == creator and state in STATES
        if not ours or not isinstance(day, int) or day >= before_ms:
            continue
        if not any(_filled(value) for name, value in cells.items() if name not in OURS and name not in computed):
            yield OldRow(record.record_id, day, table_of(cells))


def places_for(new: Sequence[StatusRow], free: int, old: Sequence[OldRow]) -> Places:
    """Where new rows go, the earliest days into free capacity; if not all fit, only days that are not good are written.

    Args:
        free: Rows that the table still takes.
        old: Rows that may be reused, the oldest first; each takes a later day than its own.
    """
    every = _laid_out(new, free, old)
    if not every.without:
        return every
    owed = _laid_out([row for row in new if not row.good], free, old)
    return Places(owed.create, owed.reuse, (*owed.without, *(row for row in new if row.good)))


def _laid_out(new: Sequence[StatusRow], free: int, old: Sequence[OldRow]) -> Places:
    rows = sorted(new, key=lambda row: (row.day_ms, row.place, row.root))
    later = rows[free:]
    pairs = list(_paired(old, later[max(0, len(later) - len(old)) :]))
    taken = {row.key for _, row in pairs}
    return Places(tuple(rows[:free]), tuple(pairs), tuple(row for row in later if row.key not in taken))


def _paired(old: Sequence[OldRow], rows: Iterable[StatusRow]) -> Iterator[tuple[OldRow, StatusRow]]:
    """As many pairs as fit; both come by day, so the oldest row takes the first later day."""
    left = iter(old)
    one = next(left, None)
    for row in rows:
        if one and one.day_ms < row.day_ms:
            yield one, row
            one = next(left, None)


def _filled(value: object) -> bool:
    """Whether a cell holds something: 0 does, an unticked box does not."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return True
    return bool(value.strip()) if isinstance(value, str) else bool(value)
