"""Make the successor of a table, or adopt the table that has its name: one that nobody has used yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.errors import TableMismatch
from pipeline.core.rollover.registry import Chains
from pipeline.core.table.cells import Field
from pipeline.core.table.write_shape import writable, write_shape
from pipeline.steps.rollover.named import made_or_found, taken_cure


@dataclass(frozen=True, slots=True)
class Successor:
    """A successor.

    Attributes:
        adopted: It was there already: made by a process that was killed or whose answer was lost, or by a person.
        field_ids: Field ids by the names in the table, where it was looked at: one that was adopted, or one with
            columns that people renamed.
    """

    table_id: str
    adopted: bool = False
    field_ids: Mapping[str, str] = field(default_factory=dict)


def create_or_adopt(
    ctx: Context, base: Base, chains: Chains, name: str, fields: Sequence[Mapping[str, object]]
) -> Successor:
    """Make the announced table, or adopt the one of its name.

    Args:
        base: With the writer lock.
        chains: What the registry says: a table that it names holds other days.
        fields: As `new_fields` describes them.

    Raises:
        TableMismatch: A table of this name is there that is in use, or lacks columns.
        LaikeError: As the service says: no right to make tables, or no place for one more.
    """
    table_id, made = made_or_found(ctx, base, name, fields)
    renamed = {str(one["field_name"]) for one in fields} - {column.name for column in ctx.settings.columns}
    if made and not renamed:
        return Successor(table_id)
    found = base.tables.fields(table_id)
    if not made:
        if chains.of(table_id):
            raise _mismatch(name, "holds the days of another table")
        _refuse_unfit(name, fields, found)
        _refuse_used(base, table_id, name, found)
    return Successor(table_id, adopted=not made, field_ids={one.name: one.id for one in found})


def _refuse_unfit(name: str, wanted: Sequence[Mapping[str, object]], found: Sequence[Field]) -> None:
    types = {one.name: one.type for one in found}
    unfit = [str(one["field_name"]) for one in wanted if types.get(str(one["field_name"])) != one["type"]]
    if unfit:
        raise _mismatch(name, f"has no columns {', '.join(unfit)}, or of other types")


def _refuse_used(base: Base, table_id: str, name: str, found: Sequence[Field]) -> None:
    """Refuse a table in which anybody filled a cell; a new table may come with blank rows."""
    kinds = writable(found)
    for record in base.records(table_id).search(None, []):
        if any(value is not False for value in write_shape(record.cells, kinds).values()):
            raise _mismatch(name, "has rows")


def _mismatch(name: str, why: str) -> TableMismatch:
    words = f"the table {name!r} is there and {why}: it cannot be the successor"
    return TableMismatch(words, what_to_do=taken_cure(name))
