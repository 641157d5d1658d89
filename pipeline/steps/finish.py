"""End a run: summary, status table, coverage, ledger, card."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.absence import Readings
from pipeline.core.errors import LaikeError
from pipeline.core.findings import Findings
from pipeline.core.flow import FETCH, FINISH, LOAD, VERIFY, VIEWS, Step
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, Summary, VerifyOutcome, ViewsOutcome
from pipeline.core.summary import BatchEnd, end_of, summarize
from pipeline.steps.backfill import begun_parts, loaded_before
from pipeline.steps.card import tell_run
from pipeline.steps.health import tell_outside
from pipeline.steps.known import learn_states, note_absences
from pipeline.steps.limits import limit_warnings
from pipeline.steps.once import once
from pipeline.steps.status import write_status
from pipeline.steps.weekly import tell_week
from pipeline.steps.write import batches

T = TypeVar("T")
BATCHES_AT_ONCE = 5  # whose days are told together: those of a daily run of 1,000 accounts
log = structlog.get_logger()


def finish(ctx: Context, run_id: str) -> Summary:
    """Close a run, or return how it was closed before.

    Raises:
        Busy: A living process is at it.
    """
    run = ctx.ledger.run(run_id)
    summary = once(ctx, run_id, Step(FINISH), Summary, lambda counting: _finish(counting, run))
    if ctx.ledger.close(summary):
        ctx.ledger.emit(run_id, "finished", state=summary.state)
    ctx.ledger.archive(run_id)
    if not run.dry_run:
        tell_run(ctx, summary)
        tell_outside(ctx, run)
        tell_week(ctx, run)
    return summary


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
    told = (*news, *summary.warnings, *warnings, *limits)
    return replace(summary, warnings=told, news=(*news, *summary.news))


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
