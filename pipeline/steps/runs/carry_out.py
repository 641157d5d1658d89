"""Carry out a run in this process, as `--local` does, or stop it half-way."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.errors import Busy, Trouble
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.runs.lines import line_of
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, Step, next_steps
from pipeline.core.runs.plan import parts
from pipeline.core.runs.summary import bare_summary
from pipeline.core.unforeseen import TRIES, Unforeseen
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.load import load
from pipeline.steps.runs.verify import verify
from pipeline.steps.runs.views import check_views, owing

T = TypeVar("T")
Stop = Callable[[], bool]  # whether a person wants to stop
FETCHES_AT_ONCE = 16  # threads; the shared limiter sets the pace
ACTS: Mapping[str, Callable[..., object]] = {
    READ: read_table,
    FETCH: fetch_account,
    LOAD: load,
    VERIFY: verify,
}

log = structlog.get_logger()


class Halted(Exception):
    """A person stopped the run: no further step begins."""


def carry_out(
    ctx: Context, run_id: str, stop: Stop = lambda: False, ended: Callable[[Summary], None] = lambda _: None
) -> Summary:
    """Do every step of a run in threads of this process, then the views that ended runs owe.

    Args:
        ended: Called when the run has ended: the card and the views come after it.

    Raises:
        Halted: A person stopped it; the steps that had begun have ended.
    """
    run, done = ctx.ledger.run(run_id), set[str]()
    cut = parts(run)
    with ThreadPoolExecutor(max_workers=FETCHES_AT_ONCE) as pool:
        while (steps := next_steps(cut, done)) != [Step(FINISH)]:
            if steps[0] in (Step(READ, batch) for batch in run.loaded_before):
                steps = steps[:1]  # it says whether anything is fetched
            acts = [partial(ACTS[step.name], ctx, run_id, **step.arguments) for step in steps]
            for begun in [pool.submit(_surely, stop, act) for act in acts]:
                begun.result()
            done.update(map(str, steps))
    summary = _surely(stop, partial(finish, ctx, run_id, ended))
    for ended_run in owing(ctx):
        with suppress(Busy, Halted):  # another process is at them, or they are found again
            _surely(stop, partial(check_views, ctx, ended_run.run_id))
    return summary


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
        ctx.events.archive(run.run_id, line_of(run, summary, summary.state))
        return summary
    return ctx.ledger.summary(run.run_id) or summary


def _surely(stop: Stop, step: Callable[[], T]) -> T:
    """Do a step, and again at once if it breaks; after the last time it has an outcome."""
    for _ in range(TRIES - 1):
        if stop():
            raise Halted
        try:
            return step()
        except Unforeseen as error:
            log.info("at_once_again", error=error.message)
    return step()
