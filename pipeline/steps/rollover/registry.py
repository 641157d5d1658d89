"""Make, read and write 数据表清单, the registry of physical tables."""

from collections.abc import Mapping, Sequence

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.errors import ColumnVanished, RowVanished, TableMismatch, TablesDisagree
from pipeline.core.rollover.registry import (
    FIELDS,
    FOUND_BY,
    NAME,
    STATE,
    TITLE,
    Chains,
    place,
    places,
    read_chains,
    row_cells,
    state_of,
    with_rows,
)
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import TEXT
from pipeline.core.table.record import Record
from pipeline.steps.rollover.named import made_or_found, taken_cure
from pipeline.steps.table.create import create_surely
from pipeline.steps.table.read import read_again, time_zone
from pipeline.steps.table.write import until_known

Cells = Mapping[str, object]

log = structlog.get_logger()


def make(ctx: Context, base: Base) -> str:
    """Make the registry, or adopt the table of its name and add the columns that it lacks; its id.

    Raises:
        TableMismatch: A person's table has the name, or a column has another type.
        ColumnVanished: A person deleted or renamed a column by which rows are found.
        LaikeError: As the service says: no right to make tables, or no place for one more.
    """
    table_id, made = made_or_found(ctx, base, NAME, FIELDS)
    if not made:
        _complete(base, table_id)
    return table_id


def read(ctx: Context, base: Base, registry_id: str) -> Chains:
    """The chains of the base, by the id of their first table; what is wrong with rows of a chain is in `broken`.

    Raises:
        NotFoundYet: A person deleted the registry.
        ColumnVanished: A person deleted or renamed a column by which rows are found.
    """
    return read_chains(_records(base, registry_id), time_zone(ctx, base), registry_id)


def registered_chain(ctx: Context, there: Mapping[str, str]) -> Chain:
    """Our chain as the registry has it, remembered again; the table alone if the base has no registry.

    Args:
        there: The ids of the base's tables by name.

    Raises:
        TablesDisagree: The registry does not say which days our tables hold.
        LaikeError: It cannot be read.
    """
    if not (registry_id := there.get(NAME)):
        return ctx.chain
    chains = read(ctx, ctx.base(None), registry_id)
    found = chains.of(ctx.chain.root)
    if found is None:
        return ctx.chain
    if why := chains.broken.get(found.root):
        raise TablesDisagree(why)
    ctx.chains.learn(found)
    return found


def row_counts(ctx: Context, chain: Chain) -> dict[str, int]:
    """Rows of a chain's tables by id, as last counted."""
    counts = {table_id: ctx.at_table(table_id).table_facts.rows() for table_id in chain.ids}
    return {table_id: rows[max(rows)] for table_id, rows in counts.items() if rows}


def remove_row(base: Base, chain: Chain, table: PhysicalTable) -> None:
    """Remove a table's row, if it is there."""
    if not table.record_id:
        return
    try:
        base.records(chain.registry).batch_delete([table.record_id])
    except RowVanished:
        log.info("row_was_gone", table=table.table_id or table.name)


def write_rows(ctx: Context, base: Base, chain: Chain, rows: Mapping[str, int] | None = None) -> Chain:
    """Bring a chain's rows up to date: one call where each has its row; the chain with the record ids of its rows.

    A row that a person deleted is made again, and so is a column by which no row is found.

    Args:
        base: With the writer lock.
        rows: Rows by table id, where they are known; others stay as they are in the registry.

    Raises:
        NotFoundYet: A person deleted the registry.
        ColumnVanished: A person deleted or renamed a column by which rows are found.
        Retryable: The outcome stayed unknown.
    """
    write = _Writing(ctx, base, chain, rows or {})
    try:
        return until_known(write.now, ctx.pause)
    except ColumnVanished:
        _complete(base, chain.registry)
        return until_known(write.now, ctx.pause)


class _Writing:
    """Writes the rows of one chain; done again it finds what is left to do."""

    def __init__(self, ctx: Context, base: Base, chain: Chain, rows: Mapping[str, int]) -> None:
        self.ctx, self.base, self.chain, self.rows = ctx, base, chain, rows
        self.records, self.pause = base.records(chain.registry), ctx.pause
        self.zone, self.begun = time_zone(ctx, base), ctx.now()

    def now(self) -> Chain:
        if not all(table.record_id for table in self._tables()):
            self._look_up()
        new = [table for table in self._tables() if not table.record_id]
        changes = [(table.record_id, self._cells(table)) for table in self._tables() if table.record_id]
        try:
            if changes:
                self.records.batch_update(changes)
        except RowVanished:
            self._look_up()
            raise
        if new:
            create_surely(self, new)
            self._look_up()
        return self.chain

    def name(self, rows: Sequence[PhysicalTable]) -> str:
        return f"{self.chain.registry} {self.chain.root} {' '.join(map(place, rows))} {self.begun.isoformat()}"

    def send(self, rows: Sequence[PhysicalTable], token: str) -> None:
        self.records.batch_create([self._cells(table) for table in rows], token)

    def absent(self, rows: Sequence[PhysicalTable]) -> list[PhysicalTable]:
        found = self._found()
        return [table for table in rows if place(table) not in found]

    def _look_up(self) -> None:
        self.chain = with_rows(self.chain, self._found())

    def _found(self) -> dict[str, str]:
        return places(_records(self.base, self.chain.registry), self.chain.root, self.zone)

    def _tables(self) -> list[PhysicalTable]:
        told = self.chain.announced
        return [*self.chain.tables, *([told] if told else [])]

    def _cells(self, table: PhysicalTable) -> dict[str, object]:
        return row_cells(
            table,
            root=self.chain.root,
            state=state_of(self.chain, table),
            rows=self.rows.get(table.table_id),
            link=self.ctx.at_table(table.table_id).settings.table_url if table.table_id else None,
            zone=self.zone,
            report=self.ctx.report,
        )


def _records(base: Base, registry_id: str) -> list[Record]:
    """All rows. Columns are named, so that a missing one is an error and not an empty cell; a title may be missing."""
    records = base.records(registry_id)
    try:
        return read_again(lambda: list(records.search(None, (*FOUND_BY, TITLE))))
    except ColumnVanished:
        return read_again(lambda: list(records.search(None, FOUND_BY)))


def _complete(base: Base, registry_id: str) -> None:
    """Add our columns that the registry lacks."""
    there = {field.name: field for field in base.tables.fields(registry_id)}
    missing = [one for one in FIELDS if one["field_name"] not in there]
    if len(missing) == len(FIELDS):
        raise TableMismatch(f"a table named {NAME} is there and has none of our columns", what_to_do=taken_cure(NAME))
    if gone := [name for name in FOUND_BY if name not in there]:
        raise ColumnVanished(f"columns that {NAME} lacks: {gone}", what_to_do=f"请恢复{NAME}的列：{'、'.join(gone)}。")
    if unfit := [str(one["field_name"]) for one in FIELDS if not _fits(one, there)]:
        cure = f"{NAME}的列类型有变动，请改回原来的类型：{'、'.join(unfit)}。"
        raise TableMismatch(f"columns of {NAME} have another type: {unfit}", what_to_do=cure)
    for one in missing:
        base.tables.create_field(registry_id, one)


def _fits(wanted: Cells, there: Mapping[str, Field]) -> bool:
    found = there.get(str(wanted["field_name"]))
    return found is None or found.type == wanted["type"] or (wanted["field_name"] == STATE and found.type == TEXT)
