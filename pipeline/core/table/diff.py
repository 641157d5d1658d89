"""Compare the wanted rows with the table's: what to create and to update, and why (`Causes`: restated, edited).

Nothing is deleted: rows that the source no longer returns, and people's rows, stay as they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.model import ZERO, AccountDay, Cell, FoundRow, Key, WantedRow, by_key


@dataclass(frozen=True, slots=True)
class Update:
    """Changed cells of one row, old and new."""

    record_id: str
    row: WantedRow
    old: Mapping[str, Cell]
    new: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write: rows to create in the order of their keys, changed rows, and the count of correct rows."""

    create: tuple[WantedRow, ...]
    update: tuple[Update, ...]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether nothing is to be written."""
        return not (self.create or self.update)


def diff(wanted: Sequence[WantedRow], found: Iterable[FoundRow]) -> Difference:
    """Compare the wanted rows with those found.

    Of several rows of one key the oldest is updated; the read-back reports the others.
    """
    there = by_key(found)
    create = sorted((row for row in wanted if row.key not in there), key=lambda row: row.key)
    compared = [_update(row, there[row.key][0]) for row in wanted if row.key in there]
    update = tuple(change for change in compared if change.new)
    return Difference(tuple(create), update, len(compared) - len(update))


def after(difference: Difference, found: Iterable[FoundRow]) -> list[FoundRow]:
    """The table's rows after a difference is written: what a read-back would find."""
    changed = {one.record_id: one.row.cells for one in difference.update}
    there = [row.holding(changed[row.record_id]) if row.record_id in changed else row for row in found]
    created = (
        FoundRow("", row.key.day, row.key.item_id, "", ZERO, row.cells, owner=row.key.owner)
        for row in difference.create
    )
    return [*there, *created]


def _update(wanted: WantedRow, found: FoundRow) -> Update:
    names = wanted.differing(found)
    old = {name: found.cells.get(name) for name in names}
    return Update(found.record_id, wanted, old, {name: wanted.cells[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of one row, recorded before the first write: cells as text, old and new."""

    key: Key
    account_id: str
    created: bool
    old: Mapping[str, str]
    new: Mapping[str, str]

    @property
    def at(self) -> AccountDay:
        """The row's account and day."""
        return AccountDay(self.account_id, self.key.day)


def changes(difference: Difference) -> Iterable[Change]:
    """The changes that a difference makes."""
    for row in difference.create:
        yield Change(key=row.key, account_id=row.account_id, created=True, old={}, new=_text(row.cells))
    for update in difference.update:
        row = update.row
        yield Change(
            key=row.key, account_id=row.account_id, created=False, old=_text(update.old), new=_text(update.new)
        )


def _text(cells: Mapping[str, Cell]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in cells.items()}


@dataclass(frozen=True, slots=True)
class Causes:
    """Why rows changed: the source's figures changed, or a person changed the table.

    `refilled`: for each column with a new field, the rows that were empty there and are filled again.
    """

    restated: tuple[AccountDay, ...]
    edited: int
    recreated: int
    refilled: Mapping[str, int] = field(default_factory=dict)


def causes(
    done: Iterable[Change],
    source: Mapping[AccountDay, str],
    loaded: Mapping[AccountDay, str],
    is_new: Callable[[AccountDay, str], bool] = lambda _at, _column: False,
) -> Causes:
    """Tell restatements from edits by hand, and both from cells that a new field lacks.

    Args:
        done: The changes.
        source: The checksum of the source's figures now, by account and day.
        loaded: The checksum of what was last loaded; a day never loaded is in neither group.
        is_new: Whether a column has another field now than when the day was last loaded.
    """
    changed = [(change, refills(change, is_new)) for change in done]
    restated = tuple(sorted(at for at, now in source.items() if loaded.get(at, now) != now))
    same = [(change, lacked) for change, lacked in changed if loaded.get(change.at) == source.get(change.at, "")]
    recreated = sum(change.created for change, _ in same)
    edited = sum(not (lacked and lacked == set(change.new)) for change, lacked in same if not change.created)
    refilled = Counter(sorted(name for _, lacked in changed for name in lacked))
    return Causes(restated, edited, recreated, refilled)


def refills(change: Change, is_new: Callable[[AccountDay, str], bool]) -> set[str]:
    """Columns that a row lacks because their field is newer than the row."""
    return {name for name, old in change.old.items() if not old and is_new(change.at, name)}
