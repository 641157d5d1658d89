"""Make the successor of a table, or adopt the table that has its name: one that nobody has used yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain
from pipeline.core.errors import TableMismatch
from pipeline.core.rollover.registry import made_meanwhile
from pipeline.core.table.cells import Field
from pipeline.core.table.write_shape import writable, write_shape
from pipeline.steps.rollover.named import made_or_found, taken_cure
from pipeline.steps.rollover.registry import read


@dataclass(frozen=True, slots=True)
class Successor:
    """A successor.

    Attributes:
        adopted: It was there already: made by a process that was killed or whose answer was lost, or by a person.
        field_ids: Field ids by the names in the table.
    """

    table_id: str
    adopted: bool = False
    field_ids: Mapping[str, str] = field(default_factory=dict)


def create_or_adopt(
    ctx: Context, base: Base, chain: Chain, name: str, fields: Sequence[Mapping[str, object]]
) -> Successor:
    """Make the announced table, or adopt the one of its name.

    Args:
        base: With the writer lock.
        chain: With the announced successor; a table that the registry has for its first day is the one.
        fields: As `new_fields` describes them.

    Raises:
        TableMismatch: A table of this name is there that is in use, or lacks columns.
        LaikeError: As the service says: no right to make tables, or no place for one more.
    """
    there, made = made_or_found(ctx, base, name, fields)
    table_id = there.table_id
    if made and there.field_ids:
        return Successor(table_id, field_ids=dict(zip(map(_name, fields), there.field_ids, strict=True)))
    found = base.tables.fields(table_id)
    if not made and not _registered(ctx, base, chain, table_id, name):
        _refuse_unfit(name, fields, found)
        _refuse_used(base, table_id, name, found)
    return Successor(table_id, adopted=not made, field_ids={one.name: one.id for one in found})


def _name(field: Mapping[str, object]) -> str:
    return str(field["field_name"])


def _registered(ctx: Context, base: Base, chain: Chain, table_id: str, name: str) -> bool:
    """Whether the registry has the table as this chain's announced successor; refuses a table that holds other days."""
    chains = read(ctx, base, chain.registry) if chain.registry else None
    made = made_meanwhile(chain, chains.get(chain.root)) if chains else None
    if made and made.table_id == table_id:
        return True
    if table_id in chain.ids or (chains and chains.of(table_id)):
        raise _mismatch(name, "holds the days of another table")
    return False


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
