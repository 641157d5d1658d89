"""数据表清单, the registry of physical tables: its columns, its rows, and the chains that they tell of.

Follows the Bitable pages on fields (types) and on the data structure of records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.reports import PROMOTION, Report
from pipeline.core.table.cells import decoder, midnight_ms, plain_text
from pipeline.core.table.columns import DATE, NUMBER, SINGLE_SELECT, TEXT, Column, Kind
from pipeline.core.table.record import Record

NAME = "数据表清单"
TITLE, TABLE_ID, LINK, REPORT, FIRST, ROWS, STATE, ROOT = (
    "名称", "表ID", "链接", "报表", "起始日", "行数", "状态", "首表ID"
)  # fmt: skip
URL = 15
FIELDS: Sequence[Mapping[str, object]] = (
    {"field_name": TITLE, "type": TEXT},
    {"field_name": TABLE_ID, "type": TEXT},
    {"field_name": LINK, "type": URL},  # even an empty property is refused
    {"field_name": REPORT, "type": TEXT},
    {"field_name": FIRST, "type": DATE, "property": {"date_formatter": "yyyy/MM/dd"}},
    {"field_name": ROWS, "type": NUMBER, "property": {"formatter": "0"}},
    {"field_name": STATE, "type": SINGLE_SELECT},
    {"field_name": ROOT, "type": TEXT},
)
FOUND_BY = (TABLE_ID, FIRST, ROOT)  # columns without which no row says anything
IN_USE, REPLACED, ANNOUNCED = "使用中", "已换新", "预告"
_FIRST_DAY = Column(FIRST, "day", Kind.DAY)


class Chains(dict[str, Chain]):
    """What the registry says: chains by the id of their first table.

    The first table heads its chain even if its row is gone; it then has no `record_id`.

    Attributes:
        broken: What is wrong with rows of a chain, as a sentence, by the same id: such a chain may lack a table.
    """

    def __init__(self, chains: Mapping[str, Chain], broken: Mapping[str, str]) -> None:
        super().__init__(chains)
        self.broken = dict(broken)

    def of(self, table_id: str) -> Chain | None:
        """The chain that a table belongs to."""
        return next((chain for chain in self.values() if table_id in chain.ids), None)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that tells of a table."""

    root: str
    table: PhysicalTable


def row_cells(
    table: PhysicalTable,
    *,
    root: str,
    state: str,
    rows: int | None,
    link: str | None,
    zone: ZoneInfo,
    report: Report = PROMOTION,
) -> dict[str, object]:
    """A table's row in write shape.

    What is not known is left out, so that an update leaves it: an announced table has no id, and an update must not
    take one from a table that another process has made.
    """
    cells: dict[str, object] = {
        TITLE: table.name,
        TABLE_ID: table.table_id,
        LINK: {"text": table.name or link, "link": link} if link else "",
        REPORT: f"{report.item}日报",
        FIRST: midnight_ms(table.first, zone) if table.first else "",
        ROWS: "" if rows is None else rows,
        STATE: state,
        ROOT: root,
    }
    return {name: value for name, value in cells.items() if value != ""}


def state_of(chain: Chain, table: PhysicalTable) -> str:
    """The word for the state of one of a chain's tables."""
    if not table.table_id:
        return ANNOUNCED
    return IN_USE if table.table_id == chain.newest.table_id else REPLACED


def read_chains(records: Iterable[Record], zone: ZoneInfo, registry_id: str) -> Chains:
    """The chains that the rows tell of.

    Rows that name no first table, or neither a table nor a day, are a person's. For one first day of a chain the oldest
    row wins; one that names a table beats an announcement. Of announcements behind the last table the latest day
    counts: a boundary that could not be kept only ever moves back.
    """
    by_root: dict[str, list[PhysicalTable]] = {}
    for row in _rows(records, zone):
        by_root.setdefault(row.root, []).append(row.table)
    broken = {root: words for root, tables in by_root.items() if (words := "; ".join(_broken(root, tables)))}
    return Chains({root: _chain(root, tables, registry_id) for root, tables in by_root.items()}, broken)


def places(records: Iterable[Record], root: str, zone: ZoneInfo) -> dict[str, str]:
    """Record ids of a chain's rows, the oldest of each, by what `place` says of its table."""
    found: dict[str, str] = {}
    for row in _rows(records, zone):
        if row.root == root:
            found.setdefault(place(row.table), row.table.record_id)
    return found


def place(table: PhysicalTable) -> str:
    """By what a table's row is found: its id, or the first day of an announced one."""
    return table.table_id or f"{table.first}"


def with_rows(chain: Chain, found: Mapping[str, str]) -> Chain:
    """A chain with the record ids of `places`; empty for tables without a row.

    A table whose row is gone takes that of the announcement of its first day.
    """
    tables = tuple(
        replace(table, record_id=found.get(place(table)) or found.get(f"{table.first}", "")) for table in chain.tables
    )
    told = chain.announced
    announced = replace(told, record_id=found.get(place(told), "")) if told else None
    return replace(chain, tables=tables, announced=announced)


def made_meanwhile(remembered: Chain, registered: Chain | None) -> PhysicalTable | None:
    """The announced successor, where the registry says that it was made: its maker did not come to remember it."""
    if not remembered.announced or not registered or registered.ids[:-1] != remembered.ids:
        return None
    return registered.newest if registered.newest.first == remembered.announced.first else None


def disagreement(remembered: Chain, registered: Chain | None) -> str | None:
    """How what is remembered and the registry disagree, as a sentence.

    Names are no disagreement, since people rename tables. Nor are announcements: no day is in an announced table, and a
    person who deletes or moves one, or a process that moved it a moment ago, is to be obeyed.
    """
    if registered is None:
        return f"{NAME} has no row of {', '.join(remembered.ids)}"
    ours, theirs = ({table.table_id: table for table in chain.tables} for chain in (remembered, registered))
    words = [f"{one} has no row in {NAME}" for one in ours if one not in theirs or not theirs[one].record_id]
    words += [f"{NAME} has {one}, which is not remembered" for one in theirs if one not in ours]
    both = [(ours[one], theirs[one]) for one in ours if one in theirs]
    words += [
        f"{mine.table_id} is remembered from {mine.first} on, {NAME} has it from {its.first} on"
        for mine, its in both
        if mine.first != its.first
    ]
    if not words and remembered.ids != registered.ids:
        words = [f"the order is remembered as {', '.join(remembered.ids)}, {NAME} has {', '.join(registered.ids)}"]
    return "; ".join(words) or None


def _rows(records: Iterable[Record], zone: ZoneInfo) -> Iterator[_Row]:
    """The rows that tell of a table, the oldest first."""
    day = decoder(_FIRST_DAY, zone)
    for record in sorted(records, key=lambda one: (one.created_ms, one.record_id)):
        root, table_id, name = (plain_text(record.cells.get(key) or "").strip() for key in (ROOT, TABLE_ID, TITLE))
        first = day(record.cells.get(FIRST))
        bounded = first if isinstance(first, date) and table_id != root else None  # the first table has no lower bound
        if root and (table_id or bounded):
            yield _Row(root, PhysicalTable(table_id, bounded, name, record.record_id))


def _chain(root: str, rows: Sequence[PhysicalTable], registry_id: str) -> Chain:
    head = next((table for table in rows if table.table_id == root), PhysicalTable(root))
    made: dict[date, PhysicalTable] = {}
    for table in _once_each(rows):
        made.setdefault(table.first or date.min, table)
    last = max(made, default=date.min)
    told: dict[date, PhysicalTable] = {}
    for table in rows:
        if not table.table_id and table.first and table.first > last:
            told.setdefault(table.first, table)
    tables = (head, *(made[day] for day in sorted(made)))
    return Chain(tables, told[max(told)] if told else None, registry_id)


def _once_each(rows: Sequence[PhysicalTable]) -> list[PhysicalTable]:
    """The tables with a first day, the oldest row of each."""
    oldest: dict[str, PhysicalTable] = {}
    for table in rows:
        if table.table_id and table.first:
            oldest.setdefault(table.table_id, table)
    return list(oldest.values())


def _broken(root: str, rows: Sequence[PhysicalTable]) -> Iterator[str]:
    if not any(table.table_id == root for table in rows):
        yield f"the first table {root} has no row in {NAME}"
    days: dict[str, set[date | None]] = {}
    for table in rows:
        if table.table_id and table.table_id != root:
            days.setdefault(table.table_id, set()).add(table.first)
    for table_id, firsts in days.items():
        if None in firsts:
            yield f"the row of {table_id} in {NAME} has no first day"
        elif len(firsts) > 1:
            yield f"{NAME} has two first days of {table_id}: {', '.join(map(str, sorted(filter(None, firsts))))}"
