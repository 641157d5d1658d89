"""The steps that runs lack: open ones, and ended ones that owe their views."""

from collections.abc import Sequence

import structlog

from pipeline.context import Context
from pipeline.core.outcome import Run, ViewsOutcome
from pipeline.core.runs.flow import FINISH, LOAD, VIEWS, Step, next_steps
from pipeline.core.runs.plan import parts
from pipeline.state import keys
from pipeline.state.lease import held

log = structlog.get_logger()


def begun_parts(ctx: Context, run: Run) -> tuple[Sequence[Run], Sequence[Run]]:
    """A run's batches, and apart from them those that never begin because it was given up."""
    cut = parts(run)
    if not ctx.ledger.given_up(run.run_id):
        return cut, ()
    sent = ctx.marks.sent(run.run_id)
    return [part for part in cut if str(part.batch) in sent], [part for part in cut if str(part.batch) not in sent]


def due(ctx: Context, run_id: str) -> list[Step]:
    """The steps to do next; none if the run has ended.

    A run killed between its last step and its closing has all outcomes and is open: its end is done again.
    """
    if summary := ctx.ledger.summary(run_id):
        ctx.ledger.close(summary)
        return []
    run = ctx.ledger.run(run_id)
    begun, _ = begun_parts(ctx, run)
    return next_steps(begun, ctx.outcomes.done(run_id), late=ctx.now() > run.deadline) or [Step(FINISH)]


def views_made(ctx: Context, run_id: str) -> ViewsOutcome | None:
    """What became of a run's views; `None` until they are looked after."""
    return ctx.outcomes.outcome(run_id, str(Step(VIEWS)), ViewsOutcome)


def owing(ctx: Context) -> list[Run]:
    """The ended runs that owe their views; one that cannot be read is left to its accounts' next run."""
    run_ids = ctx.views_owed.owing()
    found = {run.run_id: (run, end) for run, end in ctx.ledger.overview(run_ids)}
    for run_id in run_ids:
        if run_id not in found:
            log.warning("views_not_owed", run=run_id)
            ctx.views_owed.settle(run_id)
    return [run for run, end in found.values() if end]  # one that died before its closing is ended again first


def waits_too_long(ctx: Context, run_id: str) -> bool:
    """Whether a load still waits for its fetches past the run's deadline, and no process is at it."""
    if ctx.now() <= ctx.ledger.run(run_id).deadline:
        return False
    return any(step.name == LOAD and not held(ctx.client, keys.step(run_id, str(step))) for step in due(ctx, run_id))
