"""Look at 同步状态 beside a read-back, so that a run's end need not search it."""

from pipeline.context import Context
from pipeline.core.model import AccountDay, grouped
from pipeline.core.outcome import DayOutcome, DayState, Run
from pipeline.core.runs.findings import Word
from pipeline.core.runs.plan import tables_of
from pipeline.steps.coverage.status import Said, find, remembered, rows_said, status_table


def look_ahead(ctx: Context, run: Run) -> None:
    """Look which status rows of a run are there, making the table if needed, while nobody waits for it.

    In a run of several tables, the first of each base looks for all of them.
    """
    said = [Said(ctx, run, _unknown(run))] if not run.several else _in_base(ctx, run)
    if not said:
        return
    since = ctx.writes.ended_writes()  # a writer that is at it now may die before it says what it created
    if not ctx.status_memory.status_table():
        with ctx.writing() as base:
            ctx.writes.begin_writing()
            status_table(ctx, base)
        since = ctx.writes.writes()
    base = ctx.base(None)
    rows = [row for one in said for row in rows_said(base, one)]
    written = remembered(ctx, rows)
    if unknown := [row for row in rows if row.key not in written]:
        found = find(ctx, base.records(status_table(ctx, base)), unknown)
        absent = grouped((row.root, row.place) for row in unknown if row.key not in found)
        for one in said:
            one.ctx.status_ahead.learn(one.run.own_id, since, absent.get(one.ctx.chain.root, ()))


def _in_base(ctx: Context, run: Run) -> list[Said]:
    """A run in each table of the base, if a table is the first of them; else nothing."""
    tables = [one for one in tables_of(ctx.ledger.run(run.run_id)) if not one.halted]
    here = [(ctx.of(one), one) for one in tables]
    ours = [Said(there, one, _unknown(one)) for there, one in here if there.app_token() == ctx.app_token()]
    return ours if ours and ours[0].run.table == run.table else []


def _unknown(run: Run) -> dict[AccountDay, Word]:
    at = (AccountDay(account.id, day) for account in run.accounts for day in run.days)
    return {one: Word(DayOutcome(day=one.day, state=DayState.FAILED), None) for one in at}
