"""Read the story of one run, also while it runs."""

import re
from dataclasses import replace

from pipeline.context import Context
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, RunState
from pipeline.core.overview.runs.lines import troubles_of
from pipeline.core.overview.runs.progress import Progress, progress_of, steps_of_loads
from pipeline.core.overview.runs.story import AccountStory, RunTold, story_of
from pipeline.core.runs.flow import FETCH, Step
from pipeline.state.store import clock
from pipeline.steps.overview.runs import state_of

ACCOUNTS_SHOWN = 50
_RUN_ID = re.compile(r"[\w-]{1,120}", re.ASCII)  # what ids are made of; nothing else is asked of Redis


def exists(ctx: Context, run_id: str) -> bool:
    """Whether there is such a run; `False` for what is no id of one."""
    return bool(_RUN_ID.fullmatch(run_id)) and ctx.ledger.has(run_id)


def told(ctx: Context, run_id: str, after: int = 0) -> RunTold:
    """A run as it went or goes.

    Args:
        after: How many of its accounts to skip; `ACCOUNTS_SHOWN` are told.

    Raises:
        WrongInput: There is no such run, or it cannot be read.
    """
    run, end = ctx.ledger.run(run_id), ctx.ledger.summary(run_id)
    state, now_ms = state_of(ctx, run, end), round(clock(ctx.client).timestamp() * 1000)
    story = story_of(run, ctx.events.kept(run_id), end, now_ms)
    shown = story.accounts[after : after + ACCOUNTS_SHOWN]
    return RunTold(
        run=run,
        state=state,
        end=end,
        story=story,
        accounts=tuple(shown if end else _with_troubles(ctx, run, shown)),
        skipped=after,
        count=len(story.accounts),
        bad=sum(one.bad for one in story.accounts),
        troubles=tuple((trouble, tuple(names)) for trouble, names in troubles_of(end)) if end else (),
        progress=None if end else progress(ctx, run),
        seconds=(end.ended_at - run.started_at if end else ctx.now() - run.started_at).total_seconds(),
    )


def progress(ctx: Context, run: Run) -> Progress:
    """How far an open run is."""
    done = ctx.outcomes.done(run.run_id)
    loads = ctx.outcomes.outcomes(run.run_id, [one for one in steps_of_loads(run) if one in done], LoadOutcome)
    seconds = (ctx.now() - run.started_at).total_seconds()
    return progress_of(run, done, loads, seconds, stopping=ctx.ledger.given_up(run.run_id) is not None)


def under_way(ctx: Context, run_ids: list[str]) -> list[Progress]:
    """How far some runs are, without those that have ended."""
    found = ctx.ledger.overview(run_ids)
    return [progress(ctx, run) for run, end in found if state_of(ctx, run, end) == RunState.RUNNING]


def _with_troubles(ctx: Context, run: Run, accounts: tuple[AccountStory, ...]) -> list[AccountStory]:
    """The same, and why each account that failed so far did."""
    steps = {n: str(Step(FETCH, one.failed.batch or 0, one.account.id)) for n, one in enumerate(accounts) if one.failed}
    found = ctx.outcomes.outcomes(run.run_id, list(steps.values()), FetchOutcome)
    why = {n: found[step].trouble for n, step in steps.items() if step in found}
    return [replace(one, trouble=why.get(n)) for n, one in enumerate(accounts)]
