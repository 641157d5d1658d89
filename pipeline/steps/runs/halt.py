"""Stop a run of this process, and close it so that no worker continues it."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.context import Context
from pipeline.core.errors import Trouble
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.runs.summary import bare_summary

Stop = Callable[[], bool]  # whether a person wants to stop


class Halted(Exception):
    """A person stopped the run: no further step begins."""


def never() -> bool:
    """Nobody stops the run."""
    return False


def interrupt(ctx: Context, run: Run) -> Summary:
    """Close a run as interrupted, or return how it ended before.

    What was loaded stays; what was not read back is still owed to the next run of these days.
    """
    why = Trouble(
        reason="interrupted",
        message=f"{run.run_id} was stopped half-way; the same command again completes it",
        what_to_do="运行已被手动停止；重新运行即可补齐。",
    )
    ctx.ledger.give_up(run.run_id, why)
    summary = replace(bare_summary(run, why, ctx.now()), state=RunState.INTERRUPTED)
    if ctx.ledger.close(summary):
        ctx.events.emit(run.run_id, "finished", state=summary.state)
        ctx.events.archive(run.run_id)
        return summary
    return ctx.ledger.summary(run.run_id) or summary
