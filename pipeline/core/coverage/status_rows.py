"""Rows of 同步状态: one as it is written, and those that are there already."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from pipeline.core.coverage.states import WORDS
from pipeline.core.coverage.status import (
    ACCOUNT,
    AS_OF,
    COST,
    DAY,
    DAY_MS,
    REASON,
    ROWS,
    STATE,
    TABLE,
    StatusRow,
    table_of,
)
from pipeline.core.model import CHINA, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome
from pipeline.core.table.cells import midnight_ms, plain_text
from pipeline.core.table.layout import between
from pipeline.core.table.record import Record

# From then on yesterday's figures have settled: a row that says so is worth a write, a later minute is not. A minute
# before the run that reads them again: Redis, whose clock dates a reading, may be a little behind the one of beat.
SETTLED = time(10, 34)


def place(at: AccountDay) -> str:
    """The name of an account's day among the status rows."""
    return f"{at.account_id} {at.day.isoformat()}"


def status_row(
    at: AccountDay, outcome: DayOutcome, read_at: datetime, *, name: str, table_id: str, zone: ZoneInfo
) -> StatusRow:
    """The row of an account's day.

    Args:
        name: The account's.
        zone: The base's time zone.
    """
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
    digest = hashlib.sha256(repr([cells, _phase(read_at)]).encode()).hexdigest()[:16]
    as_of = int(read_at.timestamp() * 1000)
    return StatusRow(place(at), {**cells, AS_OF: as_of}, digest, day_ms, outcome.state.good)


def _phase(read_at: datetime) -> str:
    local = read_at.astimezone(CHINA)
    return f"{local.date()} {local.time() >= SETTLED}"


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


def there(rows: Sequence[StatusRow], records: Iterable[Record], ours: str, owner: str | None) -> dict[str, str]:
    """Record ids by place of the rows that are there already: those of the same day, account name and table.

    Args:
        ours: The id of our table.
        owner: The table that rows without one are about.
    """
    places: dict[tuple[object, object], str] = {(row.day_ms, row.cells[ACCOUNT]): row.place for row in rows}
    found: dict[str, str] = {}
    for record in records:
        cells = record.cells
        at = places.get((cells.get(DAY), plain_text(cells.get(ACCOUNT) or "")))
        if at and (table_of(cells) or owner or ours) == ours:
            found.setdefault(at, record.record_id)
    return found
