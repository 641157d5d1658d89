"""What the table has of an account's day, to be compared with what another reading left there."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.core.model import ZERO, Account, AccountDay, Cell, FoundRow


@dataclass(frozen=True, slots=True)
class TableDay:
    """The rows under an account's name on a day: how many, their 消耗 in 元, a digest of our columns' cells.

    The digest is the same whatever ids the rows have, and whoever made them.
    """

    rows: int
    cost: Decimal
    digest: str


def table_days(found: Iterable[FoundRow], places: Mapping[AccountDay, Account]) -> dict[AccountDay, TableDay]:
    """What the table has of each place; the digest of a day without rows is one, too."""
    of = {(account.name, at.day): at for at, account in places.items()}
    rows: dict[AccountDay, list[FoundRow]] = defaultdict(list)
    for row in found:
        if at := _place(of, row):
            rows[at].append(row)
    return {at: _day(rows[at]) for at in places}


def _place(of: Mapping[tuple[str, date], AccountDay], row: FoundRow) -> AccountDay | None:
    return of.get((row.account_name, row.day)) if row.day else None


def _day(rows: list[FoundRow]) -> TableDay:
    names = sorted(rows[0].cells) if rows else ()
    lines = sorted("|".join([_text(row.cells[name]) for name in names]) for row in rows)
    text = "\n".join([" ".join(names), *lines])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return TableDay(len(rows), sum((row.cost for row in rows), ZERO), digest)


def _text(cell: Cell) -> str:
    """A cell by what it means: an empty text and an absent cell do the same."""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell or "")
