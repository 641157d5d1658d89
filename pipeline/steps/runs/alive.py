"""Whether a run without an end is still worked on."""

from pipeline.context import Context
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.plan import ENDING_S, state_of_open


def is_alive(ctx: Context, run_id: str) -> bool:
    """Whether a run gave a sign of life within the last minute."""
    return ctx.pulse.silent_s(run_id) < ENDING_S


def is_silent(ctx: Context, run_id: str) -> bool:
    """Whether a run gave no sign of life for `LAIKE_WATCHDOG_S`, so that the watchdog takes it over."""
    return ctx.pulse.silent_s(run_id) >= ctx.settings.watchdog_s


def state_without_end(ctx: Context, run: Run) -> RunState:
    """The state of a run without an end: running or interrupted."""
    return state_of_open(run, ctx.now(), alive=is_alive(ctx, run.run_id))


def under_way(ctx: Context, run: Run) -> bool:
    """Whether a run is open and running."""
    return ctx.ledger.summary(run.run_id) is None and state_without_end(ctx, run) == RunState.RUNNING
