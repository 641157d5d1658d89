"""Whether anybody is still at a run that has no end yet."""

from pipeline.context import Context
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.plan import ENDING_S, state_of_open


def state_without_end(ctx: Context, run: Run) -> RunState:
    """The state of a run without an end: while it gives signs of life it is running, also past its deadline."""
    return RunState.RUNNING if ctx.pulse.silent_s(run.run_id) < ENDING_S else state_of_open(run, ctx.now())


def under_way(ctx: Context, run: Run) -> bool:
    """Whether a run has not ended and may still do so in time."""
    return ctx.ledger.summary(run.run_id) is None and state_without_end(ctx, run) == RunState.RUNNING
