"""What only a run of many batches needs: an end before its time, and an earlier attempt taken up."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.context import Context
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.findings import Findings
from pipeline.core.runs.plan import parts, window
from pipeline.steps.runs.alive import under_way
from pipeline.steps.runs.carried import fresh

RUNS_LOOKED_AT = 400
DAYS_LOOKED_AT = 7


def begun_parts(ctx: Context, run: Run) -> tuple[Sequence[Run], Sequence[Run]]:
    """A run's batches, and apart from them those that will not be begun any more because it was given up."""
    cut = parts(run)
    if not ctx.ledger.given_up(run.run_id):
        return cut, ()
    sent = ctx.marks.sent(run.run_id)
    return [part for part in cut if str(part.batch) in sent], [part for part in cut if str(part.batch) not in sent]


def stop(ctx: Context, run: Run) -> None:
    """Let no further batch begin; those under way go to their end."""
    why = Trouble(
        reason="stopped",
        message=f"{run.run_id} was stopped; the same command again goes on with what is left",
        what_to_do="补数已按要求停止；重新补数即可继续。",
    )
    ctx.ledger.give_up(run.run_id, why)


def rows_a_day(ctx: Context, accounts: Collection[Account]) -> int:
    """How many rows a day of these accounts has: each one's fullest day of the last week, by what was loaded of it."""
    days = window(ctx.now(), DAYS_LOOKED_AT)
    covered = ctx.coverage.at(AccountDay(account.id, day) for account in accounts for day in days)
    most: dict[str, int] = {}
    for at, one in covered.items():
        most[at.account_id] = max(one.rows, most.get(at.account_id, 0))
    return sum(most.values())


def open_attempt(ctx: Context, wanted: Run) -> Run | None:
    """The backfill of the same days and accounts that somebody is still at."""
    return next((run for run in _attempts(ctx, wanted) if under_way(ctx, run)), None)


def taken_up(ctx: Context, wanted: Run) -> Run:
    """A backfill that knows which batches attempts before it loaded, back to the last one that was a success.

    Those are read back first, and fetched only if the table does not have them as they were left. It is cut as the
    newest of the attempts was. An attempt without an end, of which nobody is left, begins nothing any more: this one
    does it.
    """
    since = None
    for run in _attempts(ctx, wanted):
        summary = ctx.ledger.summary(run.run_id)
        if summary and summary.state == RunState.SUCCESS:
            break
        if not summary:
            stop(ctx, run)
        if since is None:
            wanted = replace(wanted, rows_a_day=run.rows_a_day)
        since = run.started_at
    loaded = tuple(part.batch for part in parts(wanted) if since and _loaded_since(ctx, part, since))
    return replace(wanted, loaded_before=loaded)


def left_out_unread(run: Run) -> Iterator[Findings]:
    """Batches that a plan of an older version leaves out: nobody read them back in this run, so that it is partial."""
    every = parts(replace(run, loaded=()))
    why = Trouble(
        reason="interrupted",
        message=f"{run.run_id} left out what an earlier attempt had loaded, and did not read it back",
        what_to_do="这些日期由此前的补数写入，本次未核对；请重新补数。",
    )
    return (Findings(every[batch], {}, None, None, left_out=why) for batch in run.loaded)


def _attempts(ctx: Context, wanted: Run) -> list[Run]:
    """Backfills of the same days and accounts into the same table, the newest first."""
    begin = f"backfill-{wanted.days.first}-{wanted.days.last}-"
    runs = ctx.ledger.plans([name for name in ctx.ledger.newest(RUNS_LOOKED_AT) if name.startswith(begin)])
    return [run for run in runs if run.accounts == wanted.accounts and run.table_id in ("", wanted.table_id)]


def _loaded_since(ctx: Context, part: Run, since: datetime) -> bool:
    covered = fresh(ctx, part)
    return covered is not None and all(one.as_of >= since for one in covered.values())
