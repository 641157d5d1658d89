"""The 同步状态 table: its columns, and where a new row finds a place when it is full.

Follows the Bitable pages on fields (types) and on the data structure of records.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.coverage.states import STATES
from pipeline.core.table.cells import plain_text
from pipeline.core.table.record import Record

NAME = "同步状态"
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
KEPT_DAYS = 10  # rows of the newest days are never reused
# types that nobody fills: lookup, formula, button, who and when, auto number
COMPUTED = frozenset((19, 20, 1001, 1002, 1003, 1004, 1005, 3001))


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One row: its place, its cells in write shape, and a digest; the same digest is not worth a write."""

    place: str
    cells: Mapping[str, object]
    digest: str
    day_ms: int
    good: bool = True  # whether the day is no longer owed


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
    rows = sorted(new, key=lambda row: (row.day_ms, row.place))
    later = rows[free:]
    pairs = list(_paired(old, later[max(0, len(later) - len(old)) :]))
    taken = {row.place for _, row in pairs}
    return Places(tuple(rows[:free]), tuple(pairs), tuple(row for row in later if row.place not in taken))


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
