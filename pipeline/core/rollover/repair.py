"""What is wrong between 数据表清单, Redis and the base, what mending does, and which day no successor may begin on.

What both know stands as Redis has it: the days were loaded by it, and a day belongs to one table for ever. What only
one of them knows is taken from it. A table that people deleted is taken out of the chain, and nothing is made in its
place; its days then belong to the table before it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.rollover.tables import BASE_TABLES_MAX

AHEAD_DAYS = 366  # a successor is announced no further ahead


class Kind(StrEnum):
    """What is wrong with one table."""

    FORGOTTEN = "forgotten"
    UNREGISTERED = "unregistered"
    OTHER_DAY = "other day"
    ABSENT = "absent"
    UNCLEAR = "unclear"


SAYS = {
    Kind.FORGOTTEN: "数据表清单 has it, Redis does not remember it",
    Kind.UNREGISTERED: "Redis remembers it, it has no row in 数据表清单",
    Kind.OTHER_DAY: "数据表清单 and Redis have different first days of it",
    Kind.ABSENT: "it is not in the base: somebody deleted it",
    Kind.UNCLEAR: "nobody but a person knows which is right",
}
MENDS = {
    Kind.FORGOTTEN: "Redis takes it from 数据表清单",
    Kind.UNREGISTERED: "its row is written again",
    Kind.OTHER_DAY: "its row gets the first day by which its days were loaded",
    Kind.ABSENT: "it is taken out of the chain; its days then belong to the table before it",
    Kind.UNCLEAR: "nothing",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one table; `detail` says more, such as what is lost, or what a person does."""

    kind: Kind
    table: PhysicalTable
    detail: str = ""

    @property
    def says(self) -> str:
        """What is wrong."""
        return f"{SAYS[self.kind]}{f' ({self.detail})' if self.detail else ''}"

    @property
    def mends(self) -> str:
        """What mending does."""
        return MENDS[self.kind]


@dataclass(frozen=True, slots=True)
class Faults:
    """What was found.

    Attributes:
        remembered: The chain in Redis.
        registered: The chain in 数据表清单; `None` without one.
        present: Ids of the tables that the base holds.
        others: Tables outside of every chain that hold rows of ours, by what people call them.
        stopped: Why loading is stopped, if it is for a fault of this kind.
    """

    remembered: Chain
    registered: Chain | None
    present: frozenset[str]
    faults: tuple[Fault, ...]
    others: tuple[str, ...] = ()
    stopped: str | None = None

    @property
    def unclear(self) -> bool:
        """Whether a person must do something before anything is mended."""
        return any(fault.kind is Kind.UNCLEAR for fault in self.faults)

    @property
    def absent(self) -> bool:
        """Whether somebody deleted a table."""
        return any(fault.kind is Kind.ABSENT for fault in self.faults)

    @property
    def none(self) -> bool:
        """Whether there is nothing to mend and nothing to resume."""
        return not self.faults and self.stopped is None


def faults_of(
    remembered: Chain, registered: Chain | None, present: Collection[str], *, named: str, broken: str | None = None
) -> tuple[Fault, ...]:
    """What is wrong with the tables of a chain.

    Args:
        named: The table in the settings.
        broken: What is wrong with rows of 数据表清单.
    """
    found = [*_disagreeing(remembered, registered), *_absent(remembered, registered, present)]
    unclear = _unclear(remembered, registered, present, named, broken)
    return (*found, *unclear)


def _disagreeing(remembered: Chain, registered: Chain | None) -> Iterator[Fault]:
    ours, theirs = _by_id(remembered), _by_id(registered)
    if registered is None and not remembered.registry:
        return  # no boundary was ever foretold
    for table_id, table in theirs.items():
        if table.record_id and (table_id not in ours or not remembered.registry):
            yield Fault(Kind.FORGOTTEN, table, f"from {table.first or 'the beginning'} on")
    for table_id, table in ours.items():
        its = theirs.get(table_id)
        if its is None or not its.record_id:
            yield Fault(Kind.UNREGISTERED, table, f"from {table.first or 'the beginning'} on")
        elif remembered.registry and its.first != table.first:
            yield Fault(Kind.OTHER_DAY, table, f"loaded from {table.first} on, 数据表清单 says {its.first}")


def _absent(remembered: Chain, registered: Chain | None, present: Collection[str]) -> Iterator[Fault]:
    chain = _joined(remembered, registered)
    for table in chain.tables:
        if table.table_id not in present:
            last = chain.last_day(table.table_id)
            yield Fault(Kind.ABSENT, table, f"days {table.first or '…'} .. {last or '…'}")


def _unclear(
    remembered: Chain, registered: Chain | None, present: Collection[str], named: str, broken: str | None
) -> Iterator[Fault]:
    joined = _joined(remembered, registered)
    left = [table for table in joined.tables if table.table_id in present]
    if not left:
        yield Fault(
            Kind.UNCLEAR, joined.tables[0], "no table is left; restore one in Feishu, or `laike init` a new one"
        )
    elif named not in present:
        cure = f"restore it in Feishu, or set LAIKE_BITABLE_TABLE_ID to {left[0].table_id}"
        yield Fault(Kind.UNCLEAR, PhysicalTable(named), f"the settings name a table that is gone: {cure}")
    days: dict[date | None, str] = {}
    for table in left:
        if (other := days.setdefault(table.first, table.table_id)) != table.table_id:
            cure = "delete the row in 数据表清单 or the table that is not right"
            yield Fault(Kind.UNCLEAR, table, f"{other} begins on {table.first}, too: {cure}")
    if broken and not remembered.registry:
        yield Fault(
            Kind.UNCLEAR, joined.tables[0], f"{broken}: correct 数据表清单, Redis remembers nothing to check with"
        )


def mended(found: Faults) -> Chain:
    """The chain after mending; the first table left has no lower bound."""
    joined = _joined(found.remembered, found.registered)
    left = [table for table in joined.tables if table.table_id in found.present]
    tables = (replace(left[0], first=None), *left[1:]) if left else joined.tables
    told = joined.announced
    behind = told and told.first and told.first > (tables[-1].first or date.min)
    return replace(joined, tables=tables, announced=told if behind else None)


def gone(found: Faults) -> tuple[PhysicalTable, ...]:
    """The tables that mending takes out."""
    joined = _joined(found.remembered, found.registered)
    return tuple(table for table in joined.tables if table.table_id not in found.present)


def _joined(remembered: Chain, registered: Chain | None) -> Chain:
    """All that both know: a table's first day as remembered, its row and an announcement as registered."""
    if registered is None:
        tables = tuple(replace(table, record_id="") for table in remembered.tables)
        return replace(remembered, tables=tables)
    rows = _by_id(registered)
    known = _by_id(remembered) if remembered.registry else {}
    both = rows | {
        one: replace(table, record_id=rows[one].record_id if one in rows else "") for one, table in known.items()
    }
    tables = tuple(sorted(both.values(), key=lambda table: (table.first or date.min, table.table_id)))
    ours, theirs = remembered.announced, registered.announced
    told = ours if ours and theirs and ours.record_id == theirs.record_id and ours.first == theirs.first else theirs
    return Chain(tables, told, registered.registry)


def _by_id(chain: Chain | None) -> dict[str, PhysicalTable]:
    return {table.table_id: table for table in chain.tables} if chain else {}


def coming_day(loaded: Collection[date], planned: Collection[date], newest: PhysicalTable, yesterday: date) -> date:
    """The next day for which nothing is loaded or planned; the newest table holds one day at least."""
    taken = [*loaded, *planned, *([newest.first] if newest.first else [])]
    return max(taken) + timedelta(days=1) if taken else yesterday


def refusal(
    first: date, *, loaded: Collection[date], planned: Collection[date], newest: PhysicalTable, today: date
) -> str | None:
    """Why no successor may begin on a day, as a sentence."""
    if loaded and first <= max(loaded):
        return f"{max(loaded)} is loaded already: the successor begins after it"
    if planned and first <= max(planned):
        return f"an open run covers {max(planned)}: the successor begins after it, or wait for the run's end"
    if newest.first and first <= newest.first:
        return f"the newest table begins on {newest.first}: its successor begins after that"
    if first > (latest := today + timedelta(days=AHEAD_DAYS)):
        return f"{first} is too far ahead: at most {AHEAD_DAYS} days, up to {latest}"
    return None


def too_many(in_base: int, *, registry: bool) -> str | None:
    """Why the base takes no successor, if it is full; without a registry two tables are made."""
    if in_base + (1 if registry else 2) <= BASE_TABLES_MAX:
        return None
    return f"the base holds {in_base} of at most {BASE_TABLES_MAX} tables: delete one that nobody needs"
