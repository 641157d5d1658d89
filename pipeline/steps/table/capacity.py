"""Check that all rows of a backfill fit before its first write: a table that fills up half-way helps nobody."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from pipeline.clients.oceanengine.reports import report_rows
from pipeline.context import Context
from pipeline.core.errors import Busy, LaikeError, TableFull
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.plan import parts
from pipeline.steps.table.read import layout_now, remembered_count

COUNTS_AT_ONCE = 16  # threads; the shared limiter sets the pace

log = structlog.get_logger()


def check_capacity(ctx: Context, run_id: str) -> None:
    """Give up a backfill of several batches if its rows do not all fit. Makes no call while capacity is ample."""
    run = ctx.ledger.run(run_id)
    if not _of_many(run) or _ample_capacity(ctx, run):
        return
    try:
        full = _lack(ctx, run)
    except LaikeError as error:  # each batch checks for itself, too
        log.warning("room_not_counted", run=run_id, error=error.message)
        return
    if full:
        ctx.ledger.give_up(run_id, full.trouble())


def require_capacity(ctx: Context, part: Run) -> None:
    """Let a batch load once the capacity for all batches is checked.

    Raises:
        TableFull: The rows do not fit: no batch is written.
        Busy: The check has not ended.
    """
    run = ctx.ledger.run(part.run_id)
    if not _of_many(run):
        return
    given_up = ctx.ledger.given_up(run.run_id)
    if given_up and given_up.reason == TableFull.reason:
        raise TableFull(given_up.message, what_to_do=given_up.what_to_do)
    if ctx.now() <= run.deadline and not ctx.outcomes.is_done(run.run_id, str(Step(READ))):
        raise Busy(f"{run.run_id}: it is not known yet whether the rows of all batches fit")


def _of_many(run: Run) -> bool:
    """Whether all batches are checked together; in several tables each batch is, so that none holds up the others."""
    return run.backfill and not run.further and len(parts(run)) > 1


def _ample_capacity(ctx: Context, run: Run) -> bool:
    """Whether twice the rows that the accounts' fullest days foretell would leave much capacity in each table."""
    return bool(run.rows_a_day) and all(
        remembered_count(ctx.at_table(table_id), 2 * run.rows_a_day * len(days)) is not None
        for table_id, days in ctx.chain.spans(run.days)
    )


def _lack(ctx: Context, run: Run) -> TableFull | None:
    """The error if the rows of some table do not fit."""
    spans = ctx.chain.spans(run.days)
    return next(filter(None, (_lack_in(ctx.at_table(one), run.accounts, days) for one, days in spans)), None)


def _lack_in(ctx: Context, accounts: Sequence[Account], days: DayRange) -> TableFull | None:
    """The error of one table. Counts by one call an account; rows already in the table count once."""
    base, api, cap = ctx.base(None), ctx.oceanengine(None), ctx.settings.table_max_rows
    with ThreadPoolExecutor(max_workers=COUNTS_AT_ONCE) as pool:
        rows = sum(pool.map(lambda account: report_rows(api, ctx.report, account.id, days), accounts))
    held = base.records().count()
    if held + rows <= cap:
        return None
    layout, _ = layout_now(ctx, base)
    more = max(0, rows - sum(base.records().count(search) for search in layout.day_filters(days)))
    if held + more <= cap:
        return None
    msg = f"about {more} rows to create do not fit: the table holds {held} of {cap} (LAIKE_TABLE_MAX_ROWS)"
    advice = (
        f"表格已有 {held:,} 行，上限 {cap:,} 行，补数约需新增 {more:,} 行，未写入；"
        "请归档旧数据、换一张新表，或缩小日期范围。"
    )
    return TableFull(msg, what_to_do=advice)
