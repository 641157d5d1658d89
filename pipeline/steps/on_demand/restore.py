"""Bring a backup's rows and views back: what the table lacks is made, nothing that is there is changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.errors import Disagreement, TableFull, TableMismatch
from pipeline.core.model import Key
from pipeline.core.table.backup import Backup, Cells, Comparison, SavedRow, SavedView, compare, lacking, saved_row
from pipeline.core.table.cells import Field
from pipeline.core.table.layout import Layout
from pipeline.steps.table.read import layout_now, read_everything
from pipeline.steps.table.save import filter_of
from pipeline.steps.table.write import create_surely, write_batches

Tell = Callable[[int, int], None]  # is told how much is done, and of how much


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a table lacks of a backup."""

    rows: Comparison
    views: tuple[SavedView, ...]

    @property
    def nothing(self) -> bool:
        """Whether everything is there."""
        return not (self.rows.create or self.views)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made, and the views that could not be: a column or an option of their filter is not there."""

    rows: int
    views: tuple[str, ...]
    views_left: tuple[str, ...]


def look(ctx: Context, backup: Backup) -> Lacks:
    """What the table lacks of a backup.

    Raises:
        TableMismatch: The table lacks columns of the backup, or has them in another type; they are named.
        TableFull: The rows do not fit.
    """
    base = ctx.base(None)
    layout, fields = layout_now(ctx, base)
    _check_columns(backup, fields)
    there = read_everything(base)
    rows = _compare(layout, backup, there)
    _check_room(ctx, len(there), len(rows.create))
    names = {view.name for view in base.views.all()}
    return Lacks(rows, tuple(view for view in backup.header.views if view.name not in names))


def restore(ctx: Context, backup: Backup, tell: Tell) -> Restored:
    """Make what the table lacks of a backup, and read back that it is there.

    Args:
        tell: Is told how many rows were created, and of how many.

    Raises:
        Disagreement: Rows are not there although they were written.
        LaikeError: As the service says; what was made stays, and another restore makes the rest.
    """
    with ctx.writing() as base:
        lacks = look(ctx, backup)
        if not lacks.nothing:
            ctx.writes.begin_writing()
        layout, _ = layout_now(ctx, base)
        _create(ctx, base, layout, backup, rows=lacks.rows.create, tell=tell)
        made, left = _make_views(base, lacks.views)
    if missing := _compare(layout, backup, read_everything(base)).create:
        raise Disagreement(f"{len(missing)} of the restored rows are not in the table")
    return Restored(len(lacks.rows.create), made, left)


def _create(
    ctx: Context,
    base: Base,
    layout: Layout,
    backup: Backup,
    *,
    rows: Sequence[SavedRow],
    tell: Tell,
) -> None:
    # a token of an earlier restore would bring that one's answer back, and no row
    name, done = f"{base.table_id} restore {ctx.now().isoformat()}", 0
    absent = partial(_absent, base, layout, backup)

    def create(batch: Sequence[SavedRow]) -> None:
        nonlocal done
        create_surely(batch, partial(_send, base), absent, f"{name} {done} {len(batch)}", ctx.pause)
        done += len(batch)
        tell(done, len(rows))

    write_batches(rows, ctx.batch_size, create)


def _send(base: Base, rows: Sequence[SavedRow], token: str) -> None:
    base.records().batch_create([row.cells for row in rows], token)


def _absent(base: Base, layout: Layout, backup: Backup, rows: Sequence[SavedRow]) -> list[SavedRow]:
    lacking_ids = {row.record_id for row in _compare(layout, backup, read_everything(base)).create}
    return [row for row in rows if row.record_id in lacking_ids]


def _compare(layout: Layout, backup: Backup, there: Sequence[Mapping[str, Any]]) -> Comparison:
    kinds = {field.name: field.type for field in backup.header.fields}
    saved = [(_key(layout, row.record_id, row.cells), row) for row in backup.rows]
    rows = (saved_row(record, kinds) for record in there)
    return compare(saved, [(_key(layout, row.record_id, row.cells), row.cells) for row in rows])


def _key(layout: Layout, record_id: str, cells: Cells) -> Key | None:
    return layout.decode({"record_id": record_id, "fields": cells}).key


def _make_views(base: Base, views: Sequence[SavedView]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the views that were made, and of those that could not be."""
    fields = base.tables.fields(base.table_id) if views else []  # with the options that the rows brought
    made, left = [], []
    for view in views:
        wanted = filter_of(view, fields)
        if wanted is None:
            left.append(view.name)
            continue
        view_id = base.views.create(view.name, view.type)
        if wanted.conditions:
            base.views.set_filter(view_id, wanted)
        made.append(view.name)
    return tuple(made), tuple(left)


def _check_columns(backup: Backup, fields: Sequence[Field]) -> None:
    if names := lacking(backup.header.fields, fields):
        msg = f"the table lacks columns of the backup: {', '.join(names)}; nothing was restored"
        raise TableMismatch(msg, what_to_do=f"请先在多维表格中补上这些列：{'、'.join(names)}。")


def _check_room(ctx: Context, count: int, more: int) -> None:
    cap = ctx.settings.table_max_rows
    if count + more > cap:
        msg = f"{more} rows to restore do not fit: the table holds {count} of {cap} (LAIKE_TABLE_MAX_ROWS)"
        raise TableFull(msg, what_to_do=f"表格已有 {count:,} 行，上限 {cap:,} 行，需恢复 {more:,} 行：请先腾出空间。")
