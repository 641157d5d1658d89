"""Fetch one account's days: report and totals at once, judged, staged."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import totals_of
from pipeline.context import Context
from pipeline.core.accounts.spend import Weighing
from pipeline.core.errors import BadResponse, Busy, LaikeError, Retryable, Trouble
from pipeline.core.model import AccountDay, DayRange, ReportRow, Totals, ranges
from pipeline.core.outcome import DayOutcome, FetchOutcome, Run
from pipeline.core.reports import Report
from pipeline.core.runs import plan
from pipeline.core.runs.flow import FETCH, Step
from pipeline.core.runs.quality import all_failed, checksum, judge_days, moved, spent_before
from pipeline.core.runs.source import Fetched
from pipeline.state.runs.staging import staged
from pipeline.steps.accounts.reports import Reports
from pipeline.steps.accounts.spend import remember, weigh_days
from pipeline.steps.runs.carried import carried
from pipeline.steps.runs.once import Done, Work, once, part_of

SECOND_LOOK_S = 20.0  # before figures that do not add up are read once more

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    """One reading of an account."""

    rows: Sequence[ReportRow]
    weighing: Weighing
    spent_lately: bool = False
    as_of: datetime | None = None  # Redis' clock before its first call


def fetch_account(ctx: Context, run_id: str, batch: int, account_id: str, *, last: bool = True) -> FetchOutcome:
    """Fetch an account for a batch, or return what an earlier delivery fetched.

    Its rows are staged in the instant in which its outcome is recorded. A failure is an outcome too.

    Args:
        last: Whether a failure that may pass becomes the outcome; else it is raised, to be tried again later.

    Raises:
        Busy, Unforeseen: As `once` says.
        Retryable: It failed, may succeed later, and this was not the last try.
    """
    part = part_of(ctx, run_id, batch)

    def do(counting: Context) -> FetchOutcome | Done[FetchOutcome]:
        return carried(counting, part, account_id) or _attempt(counting, part, account_id, last=last)

    def give_up(why: Trouble) -> Done[FetchOutcome]:
        return _staged(ctx, part, account_id, _nothing(part, why))

    work: Work[FetchOutcome] = Work(do, give_up, passing=(Busy, Retryable))
    return once(ctx, run_id, Step(FETCH, batch, account_id), FetchOutcome, work)


def _attempt(ctx: Context, part: Run, account_id: str, *, last: bool) -> Done[FetchOutcome]:
    ctx.events.emit(part.run_id, "fetching", batch=part.batch, account=account_id)
    why = ctx.ledger.given_up(part.run_id)
    found = _nothing(part, why) if why else _fetch_or_fail(ctx, part, account_id, last=last)
    if not part.dry_run:
        remember(ctx, account_id, found.rows, found.weighing)
    done = _staged(ctx, part, account_id, found)
    _emit(ctx, part, done.outcome)
    return done


def _staged(ctx: Context, part: Run, account_id: str, found: _Found) -> Done[FetchOutcome]:
    """The outcome of a fetch, and its rows, to be kept in the same instant."""
    outcome = FetchOutcome(
        account_id=account_id,
        days=found.weighing.days,
        rows=len(found.rows),
        checksum=checksum(found.rows),
        as_of=found.as_of or ctx.shared_now(),
        spent_lately=found.spent_lately,
    )
    return Done(outcome, staged(part.fetched_id, Fetched(outcome, tuple(found.rows))))


def _fetch_or_fail(ctx: Context, part: Run, account_id: str, *, last: bool) -> _Found:
    try:
        found = _fetch(ctx, ctx.oceanengine(part), part, account_id)
        if isinstance(found.weighing.unread, Retryable) and not last:
            raise found.weighing.unread
        return found
    except LaikeError as error:
        log.warning("fetch_failed", run=part.run_id, account=account_id, error=error.message)
        if isinstance(error, Retryable) and not last:
            facts = {"reason": error.message, **ctx.tally.facts()}
            ctx.events.emit(part.run_id, "postponed", batch=part.batch, account=account_id, **facts)
            raise
        return _nothing(part, error.trouble())


def _emit(ctx: Context, part: Run, outcome: FetchOutcome) -> None:
    newest, trouble = outcome.days[-1], outcome.trouble
    ctx.events.emit(
        part.run_id,
        "fetched",
        batch=part.batch,
        account=outcome.account_id,
        state=newest.state if newest.state.good else "failed",
        rows=outcome.rows,
        cost=str(sum(day.cost for day in outcome.days)),
        reason=trouble.message if trouble else "",
        **ctx.tally.facts(),
    )


def _fetch(ctx: Context, api: OceanEngine, run: Run, account_id: str) -> _Found:
    """Read an account, and once more after 20 s if the first reading is not whole."""
    try:
        found = _read(ctx, api, run, account_id, anew=False)
        if not found.weighing.look_again:
            return found
    except BadResponse as error:
        log.warning("second_look", run=run.run_id, account=account_id, error=error.message)
    ctx.pause(SECOND_LOOK_S)
    return _read(ctx, api, run, account_id, anew=True)


def _read(ctx: Context, api: OceanEngine, run: Run, account_id: str, *, anew: bool) -> _Found:
    """Read both reports at once, then older days whose totals changed, then the report's witness if needed.

    The account report covers all days that may still be corrected, in the call that the batch's days need anyway.
    """
    report, reports = ctx.report, Reports(ctx, api, run, account_id, anew=anew)
    with ThreadPoolExecutor(max_workers=1) as pool:
        told = pool.submit(reports.account, plan.correctable(run.days, ctx.now()))
        rows = [] if report.about_account else reports.own(run.days)
        of_account = told.result()

    def own(days: DayRange) -> list[ReportRow]:
        return [row for row in of_account if row.day in days] if report.about_account else reports.own(days)

    totals = totals_of(of_account)
    if report.about_account:
        rows = own(run.days)
    days = judge_days(rows, totals, run.days, report)
    older = _moved(ctx, run, account_id, totals) if run.restatements else []
    for block in ranges(older):
        more, judged = _read_older(own, block, totals, report)
        rows, days = [*more, *rows], (*judged, *days)
    weighing = weigh_days(ctx, reports, run, account_id, rows=rows, days=days)
    return _Found(rows, weighing, spent_before(run.day, totals), reports.as_of)


def _read_older(
    own: Callable[[DayRange], list[ReportRow]], block: DayRange, totals: Mapping[date, Totals], report: Report
) -> tuple[list[ReportRow], tuple[DayOutcome, ...]]:
    """Days that are loaded already: a failure to read them does not fail the newest ones."""
    try:
        rows = own(block)
    except LaikeError as error:
        log.warning("older_days_failed", report=report.name, error=error.message)
        return [], all_failed(block, error.trouble())
    return rows, judge_days(rows, totals, block, report)


def _moved(ctx: Context, run: Run, account_id: str, totals: Mapping[date, Totals]) -> list[date]:
    """Loaded days before the batch's whose totals changed since."""
    horizon = plan.correctable(run.days, ctx.now())
    loaded = ctx.coverage.at(AccountDay(account_id, day) for day in horizon if day < run.days.first)
    return moved(totals, {at.day: one.totals for at, one in loaded.items()})


def _nothing(part: Run, why: Trouble) -> _Found:
    return _Found([], Weighing(all_failed(part.days, why)))
