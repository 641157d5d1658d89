"""The early read: what the table holds, staged while the reports are fetched."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.pieces import pieces
from pipeline.core.runs.plan import follows_on, of_one_table, parts
from pipeline.core.runs.reading import still_shows
from pipeline.state.runs.staging import Snapshot
from pipeline.steps.rollover.check import check_registry
from pipeline.steps.rollover.make import made_id
from pipeline.steps.runs.carried import AS_LEFT, as_left
from pipeline.steps.runs.once import Work, once
from pipeline.steps.table.capacity import check_capacity
from pipeline.steps.table.read import rows_of, take_snapshot, time_zone

log = structlog.get_logger()


def read_table(ctx: Context, run_id: str, batch: int) -> int:
    """Stage the table's rows of a batch's days; return how many, or -1 or -2. The first of a table checks the capacity.

    -1: it failed, and the load reads the table itself and tells why; or the batch has the days of the one before, whose
    read-back is its early read. -2: an earlier attempt loaded the batch, and the table still has it (`carried.py`).

    Raises:
        Busy, Unforeseen: As `once` says.
    """
    run = ctx.ledger.run(run_id)
    cut = parts(run)
    part = cut[batch]
    first = part == of_one_table(cut, part)[0]
    spared = follows_on(run, batch) and not run.dry_run and batch not in run.loaded_before
    work = Work(lambda counting: -1 if spared else _read_table(counting, part, first=first), lambda _: -1)
    return once(ctx, run_id, Step(READ, batch), int, work)


def fresh_or_anew(ctx: Context, run: Run, base: Base) -> Snapshot:
    """The early read, if the table has not changed since and no earlier delivery began to write; else a new one."""
    early = ctx.staging.snapshot(run.batch_id)
    if early and early.layout.columns == ctx.settings.columns and not ctx.staging.changes(run.batch_id):
        written = ctx.writes.days_written(early.writes, base.table_id)
        if still_shows(run.days, written, early.read_at, ctx.now()):
            return early
    snapshot = take_snapshot(ctx, run, base)
    ctx.staging.put_snapshot(run.batch_id, snapshot)
    return snapshot


def _read_table(ctx: Context, part: Run, *, first: bool) -> int:
    if first:
        check_capacity(ctx, part.run_id)
    cut = pieces(part, list(part.days))
    try:
        if part.chain:
            time_zone(ctx, ctx.base(part))  # else each of the threads asks for it
        with ThreadPoolExecutor(max_workers=len(cut) + 1) as pool:
            checked = pool.submit(check_registry, ctx) if first and _to_check(part) else None
            read = dict(zip(cut, pool.map(partial(_snapshot, ctx), cut), strict=True))
            if checked:
                checked.result()
    except LaikeError as error:
        log.warning("read_table_failed", run=part.run_id, error=error.message)
        return -1
    rows = sum(len(snapshot.records) for snapshot in read.values())
    ctx.events.emit(part.run_id, "table_read", batch=part.batch, rows=rows, **ctx.tally.facts())
    found = (row for piece, one in read.items() for row in rows_of(one.layout, one.records, piece.days))
    if as_left(ctx, part, found):
        return AS_LEFT
    for piece, snapshot in read.items():
        ctx.staging.put_snapshot(piece.batch_id, snapshot)
    return rows


def _to_check(part: Run) -> bool:
    """Whether to compare our tables with the registry, unless the run has just written it."""
    return part.chain is not None and not part.made and not part.dry_run


def _snapshot(ctx: Context, piece: Run) -> Snapshot:
    here = ctx.of(piece)
    made = ctx.staging.snapshot(made_id(piece.table_id)) if piece.made and not piece.piece else None
    return made or take_snapshot(here, piece, here.base(piece))
