"""Remove our own late twins: rows of a write that landed after it had been looked up and repeated.

This is the only case in which a sync deletes rows. `late_twins` decides which; they are backed up first.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import DELETE_BATCH
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import WantedRow
from pipeline.core.outcome import Run
from pipeline.core.table.duplicates import Copy, copies, late_twins
from pipeline.core.table.layout import Layout
from pipeline.core.table.write_shape import writable
from pipeline.state.runs.staging import Cleared
from pipeline.steps.table.read import read_everything, read_rows
from pipeline.steps.table.save import save_copies
from pipeline.steps.table.write import batches, until_known

WHY = "twins"

log = structlog.get_logger()


def clear_twins(ctx: Context, run: Run, layout: Layout, wanted: Sequence[WantedRow]) -> tuple[str, ...]:
    """Remove the twins of a batch's rows; returns a warning if that fails and the rows stay."""
    try:
        with ctx.writing() as base:
            until_known(partial(_clear, ctx, run, base, layout, wanted), ctx.pause)
    except LaikeError as error:
        log.warning("twins_stay", run=run.run_id, error=error.message)
        return (f"重复写入的行未能清除：{error.what_to_do}",)
    return ()


def told(ctx: Context, run: Run, layout: Layout, wanted: Sequence[WantedRow]) -> tuple[str, ...]:
    """What a run says of the twins that it, or an earlier delivery, set out to remove."""
    cleared = ctx.staging.cleared(run.batch_id)
    if not cleared.record_ids:
        return ()
    there = {row.record_id for row in read_rows(ctx.base(None), layout, _days(run, wanted))}
    left = sum(record_id in there for record_id in cleared.record_ids)
    counts = {"已备份并清除": len(cleared.record_ids) - left, "已备份，但仍在表格中": left}
    return tuple(f"{count:,} 行重复写入的数据{words}" for words, count in counts.items() if count)


def _clear(ctx: Context, run: Run, base: Base, layout: Layout, wanted: Sequence[WantedRow]) -> None:
    ours, since_ms = ctx.base_facts.creator(), int(run.started_at.timestamp() * 1000)
    if not ours:
        return
    fields = base.tables.fields(base.table_id)
    same = copies(layout, read_everything(base, list(layout.day_filters(_days(run, wanted)))), writable(fields))
    doubled = [row for row in wanted if row.key in same]
    twins = [twin for row in doubled for twin in late_twins(same[row.key], row, ours, since_ms)]
    if not twins:
        return
    cleared = ctx.staging.cleared(run.batch_id)
    if new := [twin for twin in twins if twin.row.record_id not in cleared.record_ids]:
        file = str(save_copies(ctx, fields, new, WHY))
        log.info("twins_saved", run=run.run_id, rows=len(new), file=file)
        # recorded first, so that a process that takes over can tell of it
        ctx.staging.put_cleared(run.batch_id, Cleared((*cleared.record_ids, *_ids(new)), (*cleared.files, file)))
    ctx.writes.begin_writing()
    for batch in batches(_ids(twins), DELETE_BATCH):
        base.records().batch_delete(batch)


def _days(run: Run, wanted: Sequence[WantedRow]) -> set[date]:
    return {*run.days, *(row.key.day for row in wanted)}


def _ids(twins: Sequence[Copy]) -> tuple[str, ...]:
    return tuple(twin.row.record_id for twin in twins)
