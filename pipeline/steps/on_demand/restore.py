"""Restore a backup: make the rows and views that the table lacks, change nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import BatchSize
from pipeline.context import Context
from pipeline.core.errors import Disagreement, TableFull, TableMismatch
from pipeline.core.table.backup import Backup, Comparison, SavedRow, SavedView, comparison, lacking
from pipeline.core.table.cells import Field
from pipeline.core.table.layout import Layout
from pipeline.steps.table.create import create_surely
from pipeline.steps.table.read import layout_now, read_everything
from pipeline.steps.table.save import filter_of
from pipeline.steps.table.write import write_batches

Tell = Callable[[int, int], None]  # takes the number done, and of all


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a table lacks of a backup."""

    rows: Comparison
    views: tuple[SavedView, ...]

    @property
    def nothing(self) -> bool:
        """Whether the table lacks nothing."""
        return not (self.rows.create or self.views)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made, and the views left out because a column or an option of their filter is missing."""

    rows: int
    views: tuple[str, ...]
    views_left: tuple[str, ...]


def look(ctx: Context, backup: Backup) -> Lacks:
    """What the table lacks of a backup.

    Raises:
        TableMismatch: The table lacks columns of the backup, or has them in another type; names them.
        TableFull: The rows do not fit.
    """
    base = ctx.base(None)
    layout, fields = layout_now(ctx, base)
    _check_columns(backup, fields)
    there = read_everything(base)
    rows = comparison(layout, backup, there)
    _check_capacity(ctx, len(there), len(rows.create))
    names = {view.name for view in base.views.all()}
    return Lacks(rows, tuple(view for view in backup.header.views if view.name not in names))


def restore(ctx: Context, backup: Backup, tell: Tell) -> Restored:
    """Make what the table lacks of a backup, and read it back.

    Args:
        tell: Takes the number of rows created, and of all.

    Raises:
        Disagreement: Rows that were written do not read back.
        LaikeError: As the service says; what was made stays, another restore makes the rest.
    """
    with ctx.writing() as base:
        lacks = look(ctx, backup)
        if not lacks.nothing:
            ctx.writes.begin_writing()
        layout, _ = layout_now(ctx, base)
        _Creation(ctx, base, layout, backup).create_all(lacks.rows.create, ctx.batch_size, tell)
        made, left = _make_views(base, lacks.views)
    if missing := comparison(layout, backup, read_everything(base)).create:
        raise Disagreement(f"{len(missing)} of the restored rows are not in the table")
    return Restored(len(lacks.rows.create), made, left)


class _Creation:
    """Creates rows of a backup that the table lacks."""

    def __init__(self, ctx: Context, base: Base, layout: Layout, backup: Backup) -> None:
        self._base, self._layout, self._backup = base, layout, backup
        self.pause, self._done = ctx.pause, 0
        # a token of an earlier restore would repeat its answer and create no row
        self._name = f"{base.table_id} restore {ctx.now().isoformat()}"

    def create_all(self, rows: Sequence[SavedRow], size: BatchSize, tell: Tell) -> None:
        def create(batch: Sequence[SavedRow]) -> None:
            create_surely(self, batch)
            self._done += len(batch)
            tell(self._done, len(rows))

        write_batches(rows, size, create)

    def name(self, rows: Sequence[SavedRow]) -> str:
        return f"{self._name} {self._done} {len(rows)}"

    def send(self, rows: Sequence[SavedRow], token: str) -> None:
        self._base.records().batch_create([row.cells for row in rows], token)

    def absent(self, rows: Sequence[SavedRow]) -> list[SavedRow]:
        lacking_ids = {
            row.record_id for row in comparison(self._layout, self._backup, read_everything(self._base)).create
        }
        return [row for row in rows if row.record_id in lacking_ids]


def _make_views(base: Base, views: Sequence[SavedView]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the views made, and of those left out."""
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


def _check_capacity(ctx: Context, count: int, more: int) -> None:
    cap = ctx.settings.table_max_rows
    if count + more > cap:
        msg = f"{more} rows to restore do not fit: the table holds {count} of {cap} (LAIKE_TABLE_MAX_ROWS)"
        raise TableFull(msg, what_to_do=f"表格已有 {count:,} 行，上限 {cap:,} 行，需恢复 {more:,} 行：请先腾出空间。")
