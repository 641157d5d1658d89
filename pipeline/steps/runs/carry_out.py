"""Carry out a run in this process, as `--local` does, or stop it half-way."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.errors import Busy, Trouble
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.runs.lines import line_of
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS, Step, lanes, next_steps
from pipeline.core.runs.plan import parts
from pipeline.core.runs.summary import bare_summary
from pipeline.core.unforeseen import TRIES, Unforeseen
from pipeline.steps.runs.due import owing
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account

T = TypeVar("T")
Stop = Callable[[], bool]  # whether a person wants to stop
FETCHES_AT_ONCE = 16  # threads; the shared limiter sets the pace
FIRST_CALLS_S = 0.2  # in which the first calls are sent, undisturbed
FIRST: Mapping[str, Callable[..., object]] = {READ: read_table, FETCH: fetch_account}

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
    run = ctx.ledger.run(run_id)
    cut = lanes(parts(run))
    with ThreadPoolExecutor(max_workers=FETCHES_AT_ONCE) as pool, ThreadPoolExecutor(max(1, len(cut))) as tables:
        carried = [tables.submit(_carry_table, ctx, run, lane, stop, pool) for lane in cut]
        for one in carried:
            one.result()
    summary: Summary = _surely(stop, partial(_act(FINISH), ctx, run_id, ended))
    _look_after_views(ctx, stop)
    return summary


def _carry_table(ctx: Context, run: Run, lane: Sequence[Run], stop: Stop, pool: Executor) -> None:
    """Do the steps of a run's batches in one table, which wait for no other."""
    done = set[str]()
    while (steps := next_steps(lane, done)) != [Step(FINISH)]:
        if steps[0] in (Step(READ, batch) for batch in run.loaded_before):
            steps = steps[:1]  # it says whether anything is fetched
        acts = [partial(_act(step.name), ctx, run.run_id, **step.arguments) for step in steps]
        begun = [pool.submit(_surely, stop, act) for act in acts]
        wait(begun, FIRST_CALLS_S)
        _act(FINISH)  # imported while the calls wait for their answers
        for one in begun:
            one.result()
        done.update(map(str, steps))


def _look_after_views(ctx: Context, stop: Stop) -> None:
    """Look after the views that ended runs owe, this one's among them."""
    for run in owing(ctx):
        with suppress(Busy, Halted):  # another process is at them, or they are found again
            _surely(stop, partial(_act(VIEWS), ctx, run.run_id))


def interrupt(ctx: Context, run: Run) -> Summary:
    """Close a run as interrupted, or return how it ended before.

    What was loaded stays; what was not read back is still owed to the next run of these days.
    """
    why = Trouble(
        reason="interrupted",
        message=f"{run.run_id} was stopped half-way; the same command again completes it",
        what_to_do="运行已被手动停止；重新运行即可补齐。",
    )
    if ended := ctx.ledger.summary(run.run_id):
        return ended
    ctx.ledger.give_up(run.run_id, why)
    summary = bare_summary(run, why, ctx.now(), RunState.INTERRUPTED)
    if ctx.ledger.close(summary):
        ctx.events.emit(run.run_id, "finished", state=summary.state)
        ctx.events.archive(run.run_id, line_of(run, summary, summary.state))
        return summary
    return ctx.ledger.summary(run.run_id) or summary


def _act(name: str) -> Any:  # noqa: ANN401 a step's function
    """The function of a step; those of the later steps are imported with the first of them."""
    if name in FIRST:
        return FIRST[name]
    from pipeline.steps.runs import finish, load, verify, views  # noqa: PLC0415 no call waits for this

    later = {LOAD: load.load, VERIFY: verify.verify, VIEWS: views.check_views, FINISH: finish.finish}
    return later[name]


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
