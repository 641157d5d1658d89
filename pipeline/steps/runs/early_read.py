"""The early read: what the table holds, staged while the reports are waited for."""

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.plan import follows_on, parts
from pipeline.steps.runs.carried import AS_LEFT, as_left
from pipeline.steps.runs.once import Work, once
from pipeline.steps.table.capacity import check_capacity
from pipeline.steps.table.read import rows_of, take_snapshot

log = structlog.get_logger()


def read_table(ctx: Context, run_id: str, batch: int) -> int:
    """Stage what the table holds on the batch's days; the number of its rows. The first batch looks for room for all.

    Where that fails (-1) the load reads the table itself, and tells why. A batch of the same days as the one before it
    is not read (-1): the read-back of that is its early read (`steps/verify.py`), and later than any other could be.
    Of one that an earlier attempt loaded, and that is as it was left, nothing more is done (-2, `steps/carried.py`).

    Raises:
        Busy: A living process is at it.
        Unforeseen: It broke, and is to be tried again.
    """
    run = ctx.ledger.run(run_id)
    part = parts(run)[batch]
    spared = follows_on(run, batch) and not run.dry_run and batch not in run.loaded_before
    work = Work(lambda counting: -1 if spared else _read_table(counting, part), lambda _: -1)
    return once(ctx, run_id, Step(READ, batch), int, work)


def _read_table(ctx: Context, part: Run) -> int:
    if part.batch == 0:
        check_capacity(ctx, part.run_id)
    try:
        snapshot = take_snapshot(ctx, part, ctx.base(part))
    except LaikeError as error:
        log.warning("read_table_failed", run=part.run_id, error=error.message)
        return -1
    ctx.events.emit(part.run_id, "table_read", batch=part.batch, rows=len(snapshot.records), **ctx.tally.facts())
    if as_left(ctx, part, rows_of(snapshot.layout, snapshot.records, part.days)):
        return AS_LEFT
    ctx.staging.put_snapshot(part.batch_id, snapshot)
    return len(snapshot.records)
