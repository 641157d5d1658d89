"""Keys whose row in the table names another account of ours than the one that reports them.

A main account and its copy report the same promotion, a promotion was moved, or a person picked another name: the
other account's own report tells which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.model import Account, AccountDay, FoundRow, Key, ReportRow, WantedRow, by_key
from pipeline.core.table.layout import Layout


@dataclass(frozen=True, slots=True)
class Guest:
    """A wanted row whose key is in the table under another account, its holder."""

    row: WantedRow
    holder: Account

    @property
    def at(self) -> AccountDay:
        """The account and day that report the key."""
        return AccountDay(self.row.account_id, self.row.key.day)

    @property
    def at_holder(self) -> AccountDay:
        """The holder's day, whose report is to be read."""
        return AccountDay(self.holder.id, self.row.key.day)


@dataclass(frozen=True, slots=True)
class SharedKey:
    """The decision about a shared key: write it as its holder reports it, or not at all."""

    key: Key
    account_id: str
    holder: Account
    row: ReportRow | None  # the holder's; `None`: the two contradict each other, or it is unknown

    @classmethod
    def of(cls, guest: Guest, row: ReportRow | None) -> "SharedKey":
        """The decision about a guest."""
        return cls(guest.row.key, guest.row.account_id, guest.holder, row)


def under_other_names(
    wanted: Sequence[WantedRow], found: Iterable[FoundRow], names: Mapping[str, str]
) -> list[tuple[WantedRow, FoundRow]]:
    """Wanted rows whose oldest row in the table has another account's name, each with that row.

    Args:
        names: The accounts' written names, by id.
    """
    keys = {row.key: row for row in wanted}
    matched = [(row, key) for row in found if (key := row.key) in keys]
    elsewhere = {key for row, key in matched if row.account_name != names[keys[key].account_id]}
    there = by_key(row for row, key in matched if key in elsewhere)
    oldest = ((keys[key], rows[0]) for key, rows in sorted(there.items()))
    return [(row, other) for row, other in oldest if other.account_name != names[row.account_id]]


def guests(elsewhere: Iterable[tuple[WantedRow, FoundRow]], accounts: Iterable[Account]) -> list[Guest]:
    """Those of them whose row names another account of ours."""
    holders = {account.name: account for account in accounts}
    return [Guest(row, holders[there.account_name]) for row, there in elsewhere if there.account_name in holders]


def decided(layout: Layout, guest: Guest, theirs: ReportRow | None) -> SharedKey | None:
    """Decide about a guest by its holder's row; `None`: the holder does not report the key, the guest takes it over."""
    if theirs is None:
        return None
    there, ours = layout.want(theirs, guest.holder).cells, guest.row.cells
    figures = [column.name for column in layout.columns if column.metrics]
    same = all(there[name] == ours[name] for name in figures)
    return SharedKey.of(guest, theirs if same else None)


def settled(wanted: Sequence[WantedRow], shared: Iterable[SharedKey], layout: Layout) -> list[WantedRow]:
    """The wanted rows after the decisions: shared ones as their holder reports them, without those not written."""
    said = {(one.account_id, one.key): one for one in shared}
    rows = ((row, said.get((row.account_id, row.key))) for row in wanted)
    kept = (row if one is None else _as_held(layout, row, one) for row, one in rows)
    return [row for row in kept if row]


def _as_held(layout: Layout, row: WantedRow, one: SharedKey) -> WantedRow | None:
    return replace(row, cells=layout.want(one.row, one.holder).cells) if one.row else None
