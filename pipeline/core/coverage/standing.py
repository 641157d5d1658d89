"""What the table has of an account's day, and which of two readings stands there: the later one."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.coverage.day import Loaded
from pipeline.core.model import ZERO, Account, AccountDay, Cell, FoundRow, grouped
from pipeline.core.runs.findings import Word
from pipeline.core.runs.reading import believed

Moments = Mapping[AccountDay, datetime]


@dataclass(frozen=True, slots=True)
class TableDay:
    """The rows under an account's name on a day: count, 消耗 in 元, digest of our cells (not of ids and creators)."""

    rows: int
    cost: Decimal
    digest: str


def read_later(
    read_at: Moments, loaded: Mapping[AccountDay, Loaded], begun: Moments, now: datetime
) -> dict[AccountDay, Loaded | None]:
    """Days of which something was read later: what was found to agree, or `None` until somebody has read it back.

    Args:
        read_at: When the days were read.
        begun: By which reading rows were last written, or are about to be.
        now: The clock that dates readings.
    """
    found = dict[AccountDay, Loaded | None]()
    for at, moment in read_at.items():
        there = loaded.get(at)
        if there and believed(there.as_of, now) > moment:
            found[at] = there
        elif believed(begun.get(at), now) > moment:
            found[at] = None
    return found


def words_of(later: Mapping[AccountDay, Loaded | None]) -> dict[AccountDay, Word]:
    """What is said of days that were read back later; the others are left out."""
    return {at: Word(one.outcome(at.day), one.as_of) for at, one in later.items() if one}


def table_days(found: Iterable[FoundRow], places: Mapping[AccountDay, Account]) -> dict[AccountDay, TableDay]:
    """What the table has of each place; a day without rows has a digest too."""
    of = {(account.name, at.day): at for at, account in places.items()}
    rows = grouped((at, row) for row in found if (at := _place(of, row)))
    return {at: _day(rows.get(at, [])) for at in places}


def _place(of: Mapping[tuple[str, date], AccountDay], row: FoundRow) -> AccountDay | None:
    return of.get((row.account_name, row.day)) if row.day else None


def _day(rows: list[FoundRow]) -> TableDay:
    names = sorted(rows[0].cells) if rows else ()
    lines = sorted("|".join([_text(row.cells[name]) for name in names]) for row in rows)
    text = "\n".join([" ".join(names), *lines])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return TableDay(len(rows), sum((row.cost for row in rows), ZERO), digest)


def _text(cell: Cell) -> str:
    """A cell as text; an empty text equals an absent cell."""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell or "")
