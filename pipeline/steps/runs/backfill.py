"""Backfills: stop one, or take over what an earlier attempt loaded."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from pipeline.context import Context
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.findings import STOPPED
from pipeline.core.runs.plan import backfill_id, fullest, is_attempt_at, parts, window
from pipeline.steps.runs.alive import under_way
from pipeline.steps.runs.carried import fresh

RUNS_LOOKED_AT = 400
DAYS_LOOKED_AT = 7


def stop(ctx: Context, run: Run) -> None:
    """Let no further batch begin; those under way go on to their end."""
    why = Trouble(
        reason=STOPPED,
        message=f"{run.run_id} was stopped; the same command again goes on with what is left",
        what_to_do="补数已按要求停止；重新补数即可继续。",
    )
    ctx.ledger.give_up(run.run_id, why)


def rows_a_day(ctx: Context, accounts: Collection[Account]) -> int:
    """Rows that a day of these accounts may have, by what was loaded in the last week."""
    days = window(ctx.now(), DAYS_LOOKED_AT)
    covered = ctx.coverage.at(AccountDay(account.id, day) for account in accounts for day in days)
    return fullest({at: one.rows for at, one in covered.items()})


def open_attempt(ctx: Context, wanted: Run) -> Run | None:
    """The backfill of the same days and accounts that is under way."""
    return next((run for run in _attempts(ctx, wanted) if under_way(ctx, run)), None)


def taken_up(ctx: Context, wanted: Run) -> Run:
    """A backfill with the batches that attempts since the last success loaded.

    These are read back first, and fetched only if the table differs. It is cut into batches as the newest attempt was.
    A dead attempt is stopped: this run takes over its batches.
    """
    since = None
    for run in _attempts(ctx, wanted):
        summary = ctx.ledger.summary(run.run_id)
        if summary and summary.state == RunState.SUCCESS:
            break
        if not summary:
            stop(ctx, run)
        if since is None:
            again = zip(wanted.further, run.further, strict=True)
            others = tuple(replace(now, rows_a_day=before.rows_a_day) for now, before in again)
            wanted = replace(wanted, rows_a_day=run.rows_a_day, further=others)
        since = run.started_at
    loaded = tuple(part.batch for part in parts(wanted) if since and _loaded_since(ctx.of(part), part, since))
    return replace(wanted, loaded_before=loaded)


def _attempts(ctx: Context, wanted: Run) -> list[Run]:
    """Backfills of the same days and accounts into the same table, the newest first."""
    newest = [run_id for run_id in ctx.ledger.newest(RUNS_LOOKED_AT) if run_id.startswith(backfill_id(wanted.days))]
    return [run for run in ctx.ledger.plans(newest) if is_attempt_at(run, wanted)]


def _loaded_since(ctx: Context, part: Run, since: datetime) -> bool:
    covered = fresh(ctx, part)
    return covered is not None and all(one.as_of >= since for one in covered.values())
