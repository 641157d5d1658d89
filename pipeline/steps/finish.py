"""End a run: summary, status table, coverage, ledger, card."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.absence import Readings
from pipeline.core.errors import LaikeError
from pipeline.core.findings import Findings
from pipeline.core.flow import FETCH, FINISH, LOAD, VERIFY, VIEWS, Step
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, Summary, VerifyOutcome, ViewsOutcome
from pipeline.core.summary import BatchEnd, bare_summary, end_of, summarize
from pipeline.state.store import StoreTrouble
from pipeline.steps.backfill import begun_parts, loaded_before
from pipeline.steps.card import tell_run
from pipeline.steps.health import tell_outside
from pipeline.steps.known import learn_states, note_absences
from pipeline.steps.limits import limit_warnings
from pipeline.steps.once import Work, once
from pipeline.steps.status import write_status
from pipeline.steps.unforeseen import tell_error
from pipeline.steps.weekly import tell_week
from pipeline.steps.write import batches

T = TypeVar("T")
BATCHES_AT_ONCE = 5  # whose days are told together: those of a daily run of 1,000 accounts
log = structlog.get_logger()


def finish(ctx: Context, run_id: str) -> Summary:
    """Close a run, or return how it was closed before; then tell of it, which fails nothing.

    Raises:
        Busy: A living process is at it.
        Unforeseen: It broke, and is to be tried again.
    """
    run = ctx.ledger.run(run_id)
    work = Work(lambda counting: _finish(counting, run), lambda why: bare_summary(run, why, ctx.now()))
    summary = once(ctx, run_id, Step(FINISH), Summary, work)
    if ctx.ledger.close(summary):
        _besides(ctx, run, lambda: ctx.ledger.emit(run_id, "finished", state=summary.state))
    _besides(ctx, run, lambda: ctx.ledger.archive(run_id))
    if not run.dry_run:
        _besides(ctx, run, lambda: tell_run(ctx, summary))
        _besides(ctx, run, lambda: tell_outside(ctx, run))
        _besides(ctx, run, lambda: tell_week(ctx, run))
    return summary


def _besides(ctx: Context, run: Run, act: Callable[[], None]) -> None:
    """Do what comes after a run's end: what breaks it is told, and keeps nobody from what comes after that."""
    try:
        act()
    except StoreTrouble:
        raise  # Redis is away: whoever asked for the end comes back later
    except Exception as error:
        log.exception("after_the_end_broke", run=run.run_id)
        tell_error(ctx, f"{run.run_id} 已结束，但后续通知出错", error)


def _finish(ctx: Context, run: Run) -> Summary:
    begun, left_out = begun_parts(ctx, run)
    ends: list[BatchEnd] = []
    readings = Readings()
    warnings: dict[str, None] = {}  # what several batches say alike is told once
    for some in batches(begun, BATCHES_AT_ONCE):
        findings = [_found(ctx, part) for part in some]
        ends += map(end_of, findings)
        if not run.dry_run:
            readings.add(fetch for found in findings for fetch in found.fetches.values())
            warnings |= dict.fromkeys(_leave_behind(ctx, run, findings))
    why = ctx.ledger.given_up(run.run_id)
    ends += [end_of(Findings(part, {}, None, None, left_out=why)) for part in left_out]
    ends += map(end_of, loaded_before(ctx, run))
    views = ctx.ledger.outcome(run.run_id, str(Step(VIEWS)), ViewsOutcome) or ViewsOutcome()
    summary = summarize(run, ends, views, ctx.now())
    if run.dry_run:
        return summary
    news = (*ctx.rosters.take_news(run.run_id), *note_absences(ctx, run, readings))
    limits = limit_warnings(ctx, [end.load for end in ends], views)
    return replace(summary, warnings=(*news, *summary.warnings, *warnings, *limits))


def _found(ctx: Context, part: Run) -> Findings:
    """What the steps of a batch found."""

    def outcome(step: Step, kind: type[T]) -> T | None:
        return ctx.ledger.outcome(part.run_id, str(step), kind)

    fetches = {one.id: outcome(Step(FETCH, part.batch, one.id), FetchOutcome) for one in part.accounts}
    return Findings(
        part,
        {account_id: _without_totals(fetch) for account_id, fetch in fetches.items() if fetch},
        outcome(Step(LOAD, part.batch), LoadOutcome),
        outcome(Step(VERIFY, part.batch), VerifyOutcome),
    )


def _without_totals(fetch: FetchOutcome) -> FetchOutcome:
    """What the end needs of a fetch: a long backfill has many, and all are looked at together."""
    return replace(fetch, days=tuple(replace(day, totals=None) for day in fetch.days))


def _leave_behind(ctx: Context, run: Run, findings: Sequence[Findings]) -> list[str]:
    """Remember the days' states and write the status table; that it could not be written is a warning of the run."""
    outcomes = learn_states(ctx, findings)
    as_of = {account_id: fetch.as_of for found in findings for account_id, fetch in found.fetches.items()}
    try:
        write_status(ctx, run, outcomes, as_of)
    except LaikeError as error:
        log.warning("status_failed", run=run.run_id, error=error.message)
        return [f"同步状态表未更新: {error.what_to_do}"]
    return []
