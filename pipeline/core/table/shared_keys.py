"""Keys that stand in the table under another account of ours than the one that reports them.

A main account and its copy report the same promotion, a promotion is moved, a person picks another name: what it is,
only the other account's own report tells.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.model import Account, AccountDay, FoundRow, Key, ReportRow, WantedRow, by_key
from pipeline.core.table.columns import DIMENSIONS
from pipeline.core.table.layout import Layout


@dataclass(frozen=True, slots=True)
class Guest:
    """A wanted row whose key stands under another account."""

    row: WantedRow
    holder: Account

    @property
    def at(self) -> AccountDay:
        """The account and day that report the key."""
        return AccountDay(self.row.account_id, self.row.key.day)

    @property
    def at_holder(self) -> AccountDay:
        """The holder's day, of which its own report is asked for."""
        return AccountDay(self.holder.id, self.row.key.day)


@dataclass(frozen=True, slots=True)
class SharedKey:
    """What was decided about a key of an account: it stays as its holder reports it, or is not written."""

    key: Key
    account_id: str
    holder: Account
    row: ReportRow | None  # the holder's; `None`: the two contradict each other, or nobody knows

    @classmethod
    def of(cls, guest: Guest, row: ReportRow | None) -> "SharedKey":
        """What was decided about a guest."""
        return cls(guest.row.key, guest.row.account_id, guest.holder, row)


def under_other_names(
    wanted: Sequence[WantedRow], found: Iterable[FoundRow], names: Mapping[str, str]
) -> list[tuple[WantedRow, FoundRow]]:
    """The rows whose oldest row in the table has not the name of their account, with that one.

    Args:
        names: What is written for each account, by id.
    """
    keys = {row.key: row for row in wanted}
    matched = [(row, key) for row in found if (key := row.key) in keys]
    elsewhere = {key for row, key in matched if row.account_name != names[keys[key].account_id]}
    there = by_key(row for row, key in matched if key in elsewhere)
    oldest = ((keys[key], rows[0]) for key, rows in sorted(there.items()))
    return [(row, other) for row, other in oldest if other.account_name != names[row.account_id]]


def guests(elsewhere: Iterable[tuple[WantedRow, FoundRow]], accounts: Iterable[Account]) -> list[Guest]:
    """Those of them that stand under another account that we know."""
    holders = {account.name: account for account in accounts}
    return [Guest(row, holders[there.account_name]) for row, there in elsewhere if there.account_name in holders]


def decided(layout: Layout, guest: Guest, theirs: ReportRow | None) -> SharedKey | None:
    """What becomes of a guest; `None`: its holder does not report it, so that it is rewritten as what it is now.

    Args:
        theirs: What the holder's report says of the key.
    """
    if theirs is None:
        return None
    there, ours = layout.want(theirs, guest.holder).cells, guest.row.cells
    figures = [column.name for column in layout.columns if column.source not in DIMENSIONS]
    same = all(there[name] == ours[name] for name in figures)
    return SharedKey.of(guest, theirs if same else None)


def settled(wanted: Sequence[WantedRow], shared: Iterable[SharedKey], layout: Layout) -> list[WantedRow]:
    """The wanted rows by what was decided: shared ones under their holder, without those that are not written."""
    said = {(one.account_id, one.key): one for one in shared}
    rows = ((row, said.get((row.account_id, row.key))) for row in wanted)
    kept = (row if one is None else _as_held(layout, row, one) for row, one in rows)
    return [row for row in kept if row]


def _as_held(layout: Layout, row: WantedRow, one: SharedKey) -> WantedRow | None:
    return replace(row, cells=layout.want(one.row, one.holder).cells) if one.row else None
