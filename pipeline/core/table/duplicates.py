"""Rows of one key: which one stays, what it takes over from the others, which go.

A sync removes only its own late twins (`late_twins`). All else waits for a person, who sees a `Plan` first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.model import FoundRow, Key, WantedRow, by_key
from pipeline.core.reports import PROMOTION, Report
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.core.table.write_shape import write_shape


@dataclass(frozen=True, slots=True)
class Copy:
    """One of several rows of a key.

    `cells` are its filled cells in write shape, `theirs` those in columns that people fill.
    """

    row: FoundRow
    cells: Mapping[str, object]
    theirs: Mapping[str, object]
    modified_ms: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that people filled differently in two rows: the kept row's stays, the other is in the backup."""

    column: str
    kept: object
    lost: object


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the rows of one key."""

    key: Key
    keep: Copy
    remove: tuple[Copy, ...]
    agrees: bool  # whether the kept row agrees with the source; unknown counts as no
    merge: Mapping[str, object] = field(default_factory=dict)  # cells that the kept row takes over
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Rows of one key that no clean touches, and why; `certain`: they are surely a person's."""

    key: Key
    rows: tuple[Copy, ...]
    why: str
    certain: bool


def left_alone(key: Key, same: Sequence[Copy], ours: str | None, report: Report = PROMOTION) -> LeftAlone | None:
    """Why rows of one key must not be cleaned; `None`: they are about one item of one account, some of them ours.

    People write sums such as 合计 below each account's rows, and these share a day and an id, too.

    Args:
        ours: Who the table says created our rows; unknown until we create one.
        report: The report whose rows the table holds.
    """
    numbered = key.item_id.isascii() and key.item_id.isdecimal()
    accounts = sorted({one.row.account_name for one in same})
    if not numbered:
        why = f"the {report.item}ID is no number: rows of people"
    elif report.within_account and not key.owner:
        why = f"the account's id is blank: whose {report.item} it is is not known"
    elif len(accounts) > 1:
        why = f"of several accounts: {', '.join(name or '(blank)' for name in accounts)}"
    elif ours is None:
        why = "whose rows they are is not known yet: a sync that creates a row tells"
    elif all(one.row.creator != ours for one in same):
        why = "none of them is ours"
    else:
        return None
    return LeftAlone(key, tuple(same), why, certain=not numbered)


def sorted_out(
    found: Mapping[Key, tuple[Copy, ...]], ours: str | None, report: Report = PROMOTION
) -> tuple[dict[Key, tuple[Copy, ...]], tuple[LeftAlone, ...]]:
    """The keys whose rows may be cleaned, and those that are left alone."""
    left = {key: why for key, rows in sorted(found.items()) if (why := left_alone(key, rows, ours, report))}
    return {key: rows for key, rows in found.items() if key not in left}, tuple(left.values())


def copies(layout: Layout, records: Iterable[Record], kinds: Mapping[str, int]) -> dict[Key, tuple[Copy, ...]]:
    """Rows of the table by key, the oldest first, for keys with more than one row.

    Args:
        layout: Our columns, matched with the table's.
        records: With every field.
        kinds: The types of the writable fields, by name.
    """
    by_id = {record.record_id: record for record in records}
    rows = by_key(map(layout.decoder(), by_id.values()))
    doubled = {key: same for key, same in rows.items() if len(same) > 1}
    return {
        key: tuple(_copy(layout, row, by_id[row.record_id], kinds) for row in same) for key, same in doubled.items()
    }


def _copy(layout: Layout, row: FoundRow, record: Record, kinds: Mapping[str, int]) -> Copy:
    cells = write_shape(record.cells, kinds)
    ours = {found.name for found in layout.fields.values()}
    theirs = {name: value for name, value in cells.items() if name not in ours}
    return Copy(row, cells, theirs, record.modified_ms or row.created_ms)


def late_twins(same: Sequence[Copy], wanted: WantedRow, ours: str, since_ms: int) -> tuple[Copy, ...]:
    """The rows of one key that a sync may remove: writes of this run that landed after they were repeated.

    All but one of the rows with our figures that our app created since the run began, except rows in which people
    filled a cell. Of equal rows the oldest stays.

    Args:
        same: The rows of one key.
        wanted: The source's row.
        ours: Who the table says created our rows.
        since_ms: When the run began, ms since the epoch; rows of that millisecond are older.
    """
    twins = sorted(
        (one for one in same if written_since(one.row, wanted, ours, since_ms)),
        key=lambda one: (not one.theirs, one.row.created_ms, one.row.record_id),
    )
    return tuple(one for one in twins[1:] if not one.theirs)


def written_since(row: FoundRow, wanted: WantedRow, ours: str, since_ms: int) -> bool:
    """Whether our app created a row after a moment, and the row agrees with the source."""
    created = row.creator == ours and row.created_ms > since_ms
    return created and row.key == wanted.key and not wanted.differing(row)


def resolve(key: Key, same: Sequence[Copy], wanted: WantedRow | None) -> Plan:
    """Propose a plan to a person: the row that agrees with the source stays, else the last edited one.

    Args:
        same: At least one row.
        wanted: The source's row, if the source could be asked.
    """
    agreeing = [one for one in same if wanted and not wanted.differing(one.row)]
    newest_first = sorted(same, key=_last_edited, reverse=True)
    keep = max(agreeing or same, key=_last_edited)
    remove = tuple(one for one in newest_first if one is not keep)
    merge: dict[str, object] = {}
    conflicts: list[Conflict] = []
    for one in remove:
        for name, value in one.theirs.items():
            kept = {**merge, **keep.theirs}.get(name)
            if kept is None:
                merge[name] = value
            elif kept != value:
                conflicts.append(Conflict(name, kept, value))
    return Plan(key, keep, remove, bool(agreeing), merge, tuple(conflicts))


def same_as(plan: Plan, agreed: Plan) -> bool:
    """Whether a plan does no more than the agreed one: the same row stays, no further row or cell is lost."""
    kept = plan.keep.row.record_id == agreed.keep.row.record_id
    going, allowed = ({one.row.record_id for one in which.remove} for which in (plan, agreed))
    return kept and going <= allowed and all(one in agreed.conflicts for one in plan.conflicts)


def _last_edited(one: Copy) -> tuple[int, int, str]:
    return one.modified_ms, len(one.theirs), one.row.record_id
