"""What must be written so that the table holds the wanted rows: create, update, or nothing.

Nothing is ever deleted here. A row that the source no longer returns, and a person's row, stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.model import Cell, FoundRow, WantedRow, by_key


@dataclass(frozen=True, slots=True)
class Update:
    """Changed cells of one row: what it held, what it becomes."""

    record_id: str
    row: WantedRow
    old: Mapping[str, Cell]
    new: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is to be written: rows to create in the order of their keys, changed rows, and how many are right."""

    create: tuple[WantedRow, ...]
    update: tuple[Update, ...]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.create or self.update)


def diff(wanted: Sequence[WantedRow], found: Iterable[FoundRow]) -> Difference:
    """Compare what should be there with what is there.

    Of several rows of one key the oldest is kept up to date; that there are several is for the read-back to tell.
    """
    there = by_key(found)
    create = sorted((row for row in wanted if row.key not in there), key=lambda row: row.key)
    compared = [_update(row, there[row.key][0]) for row in wanted if row.key in there]
    update = tuple(change for change in compared if change.new)
    return Difference(tuple(create), update, len(compared) - len(update))


def _update(wanted: WantedRow, found: FoundRow) -> Update:
    names = wanted.differing(found)
    old = {name: found.cells.get(name) for name in names}
    return Update(found.record_id, wanted, old, {name: wanted.cells[name] for name in names})
