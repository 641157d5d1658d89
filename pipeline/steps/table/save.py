"""Back up the table, or rows about to be removed, into a file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.views import Condition, Filter
from pipeline.context import Context
from pipeline.core.table.backup import Header, SavedCondition, SavedField, SavedRow, SavedView, saved_fields, saved_row
from pipeline.core.table.cells import Field
from pipeline.core.table.duplicates import Copy
from pipeline.core.table.write_shape import writable
from pipeline.state.files import own_folder, refuse_existing
from pipeline.state.table import backups
from pipeline.steps.table.read import read_everything

WHOLE = "table"  # kind of a file made by `laike backup`
SELECTS = (3, 4)  # field types whose view conditions hold ids of options


@dataclass(frozen=True, slots=True)
class Made:
    """A backup of the whole table."""

    path: Path
    rows: int
    views: int


def back_up(ctx: Context, path: Path | None, tell: Callable[[int, int], None]) -> Made:
    """Save fields, views and rows of the table, except rows without a filled cell.

    Args:
        path: By default a new file in the folder of the backups.
        tell: Takes the number of rows read, and of all rows.

    Raises:
        WrongInput: There is such a file.
        LaikeError: As the service says, or the file cannot be written.
    """
    if path:
        refuse_existing(path, backups.KIND)
    base = ctx.base(None)
    fields = base.tables.fields(base.table_id)
    views = _views(base, fields)
    kinds, count = writable(fields), base.records().count()
    records = read_everything(base, tell=lambda read: tell(read, count))
    tell(len(records), count)
    rows = [row for record in records if (row := saved_row(record, kinds)).cells]
    path = path or backups.new_path(own_folder(ctx.settings.backups, backups.KIND), WHOLE, base.table_id, ctx.now())
    backups.write(path, _header(ctx, saved_fields(fields), WHOLE, views), rows)
    return Made(path, len(rows), len(views))


def save_copies(ctx: Context, fields: Sequence[Field], gone: Sequence[Copy], why: str) -> Path:
    """Save rows that are about to be removed; the file's path.

    Raises:
        LaikeError: The file cannot be written: remove nothing.
    """
    rows = [_saved(one) for one in gone]
    folder, table_id = own_folder(ctx.settings.backups, backups.KIND), ctx.settings.bitable_table_id
    path = backups.new_path(folder, why, table_id, ctx.now())
    backups.write(path, _header(ctx, saved_fields(fields), why, ()), rows)
    return path


def condition_values(field: Field, values: Sequence[str], *, to_ids: bool) -> tuple[str, ...] | None:
    """Turn a select's option ids in a view's condition into option names, or back; `None`: no such option."""
    if field.type not in SELECTS:
        return tuple(values)
    names = dict(field.options) if to_ids else {option_id: name for name, option_id in field.options.items()}
    return tuple(names[value] for value in values) if names.keys() >= set(values) else None


def _header(ctx: Context, fields: tuple[SavedField, ...], why: str, views: tuple[SavedView, ...]) -> Header:
    made_at, table_id = ctx.now().isoformat(), ctx.settings.bitable_table_id
    return Header(made_at=made_at, table_id=table_id, why=why, fields=fields, views=views)


def _saved(one: Copy) -> SavedRow:
    row = one.row
    return SavedRow(record_id=row.record_id, created_by=row.creator, created_ms=row.created_ms, cells=dict(one.cells))


def _views(base: Base, fields: Sequence[Field]) -> tuple[SavedView, ...]:
    by_id = {field.id: field for field in fields}
    saved = []
    for view in base.views.all():
        found = base.views.filter(view.id)
        conditions = [_condition(by_id[one.field_id], one) for one in found.conditions if one.field_id in by_id]
        kept = tuple(one for one in conditions if one)
        saved.append(SavedView(name=view.name, type=view.type, conjunction=found.conjunction, conditions=kept))
    return tuple(saved)


def _condition(field: Field, found: Condition) -> SavedCondition | None:
    values = condition_values(field, found.values, to_ids=False)
    return None if values is None else SavedCondition(column=field.name, operator=found.operator, values=values)


def filter_of(view: SavedView, fields: Sequence[Field]) -> Filter | None:
    """The filter of a saved view for a table with these fields; `None` if a column or an option is missing."""
    by_name = {field.name: field for field in fields}
    conditions = []
    for one in view.conditions:
        field = by_name.get(one.column)
        values = condition_values(field, one.values, to_ids=True) if field else None
        if field is None or values is None:
            return None
        conditions.append(Condition(field.id, one.operator, values))
    return Filter(view.conjunction, tuple(conditions))
