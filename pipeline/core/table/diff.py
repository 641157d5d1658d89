"""What must be written so that the table holds the wanted rows: create, update, or nothing.

Nothing is ever deleted here. A row that the source no longer returns, and a person's row, stay as they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.model import ZERO, AccountDay, Cell, FoundRow, Key, WantedRow, by_key


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


def after(difference: Difference, found: Iterable[FoundRow]) -> list[FoundRow]:
    """The rows of the table as they are once a difference is written: what a read-back would find."""
    changed = {one.record_id: one.row.cells for one in difference.update}
    there = [row.holding(changed[row.record_id]) if row.record_id in changed else row for row in found]
    return [*there, *(_created(row) for row in difference.create)]


def _created(row: WantedRow) -> FoundRow:
    return FoundRow("", row.key.day, row.key.promotion_id, "", ZERO, row.cells)


def _update(wanted: WantedRow, found: FoundRow) -> Update:
    names = wanted.differing(found)
    old = {name: found.cells.get(name) for name in names}
    return Update(found.record_id, wanted, old, {name: wanted.cells[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one row, as it is recorded before the first write: cells as text, old and new."""

    key: Key
    account_id: str
    created: bool
    old: Mapping[str, str]
    new: Mapping[str, str]

    @property
    def at(self) -> AccountDay:
        """The account and day that the row belongs to."""
        return AccountDay(self.account_id, self.key.day)


def changes(difference: Difference) -> Iterable[Change]:
    """The record of what a difference sets out to do."""
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
    """Why rows changed: the source says something else than it did, or a person had touched the table.

    `refilled`: rows by the column that is another one now than the day was loaded into, and so was empty.
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
    """Tell restatements from edits by hand, and both from cells that a new column lacks.

    Args:
        done: What was changed.
        source: The checksum of what the source says now, by account and day.
        loaded: The checksum of what was last loaded; a day that never was is in neither group.
        is_new: Whether a column is another one than that into which the day was last loaded.
    """
    changed = [(change, _refills(change, is_new)) for change in done]
    restated = tuple(sorted(at for at, now in source.items() if loaded.get(at, now) != now))
    same = [(change, refills) for change, refills in changed if loaded.get(change.at) == source.get(change.at, "")]
    recreated = sum(change.created for change, _ in same)
    edited = sum(not (refills and refills == set(change.new)) for change, refills in same if not change.created)
    refilled = Counter(sorted(name for _, refills in changed for name in refills))
    return Causes(restated, edited, recreated, refilled)


def _refills(change: Change, is_new: Callable[[AccountDay, str], bool]) -> set[str]:
    """Columns that were empty in a row since they were not there when it was written."""
    return {name for name, old in change.old.items() if not old and is_new(change.at, name)}
