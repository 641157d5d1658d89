"""Fetch one account's days: report and totals at the same time, judged, staged. Never raises for what an API does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import account_costs, promotion_report
from pipeline.context import Context
from pipeline.core.columns import metrics_of
from pipeline.core.errors import BadResponse, LaikeError, Retryable, Trouble
from pipeline.core.flow import FETCH, Step
from pipeline.core.model import ReportRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.quality import checksum, judge_days
from pipeline.state.staging import Fetched
from pipeline.state.store import StoreTrouble
from pipeline.steps.once import once, part_of

SECOND_LOOK_S = 20.0  # figures that do not add up are read once more after so long

log = structlog.get_logger()


def fetch_account(ctx: Context, run_id: str, batch: int, account_id: str, *, last: bool = True) -> FetchOutcome:
    """Fetch an account for a batch, or return what an earlier delivery fetched.

    Its rows are staged before its outcome is recorded. A failure is an outcome too.

    Args:
        last: Whether a failure that may pass is to be an outcome; else it is raised, to be tried again later.

    Raises:
        Busy: A living process is at it.
        Retryable: It failed, may succeed later, and this was not the last try.
        StoreTrouble: Redis is away.
    """
    part = part_of(ctx, run_id, batch)
    step = Step(FETCH, batch, account_id)
    return once(ctx, run_id, step, FetchOutcome, lambda: _fetch_and_stage(ctx, part, account_id, last=last))


def _fetch_and_stage(ctx: Context, part: Run, account_id: str, *, last: bool) -> FetchOutcome:
    ctx.ledger.emit(part.run_id, "fetching", account=account_id)
    try:
        rows, days = _fetch(ctx, ctx.oceanengine(part), part, account_id)
    except LaikeError as error:
        log.warning("fetch_failed", run=part.run_id, account=account_id, error=error.message)
        if isinstance(error, Retryable) and not last:
            raise
        rows, days = [], _all_failed(part, error.trouble())
    except StoreTrouble:
        raise  # Redis is away, the account is not: whoever called comes back later
    except Exception as error:
        # a header of the chord never raises: a bug of ours must not keep the other accounts out of the table
        log.exception("fetch_broke", run=part.run_id, account=account_id)
        rows, days = [], _all_failed(part, _bug(error))
    outcome = FetchOutcome(account_id=account_id, days=days, rows=len(rows), checksum=checksum(rows), as_of=ctx.now())
    ctx.staging.put_fetched(part.batch_id, Fetched(outcome, tuple(rows)))
    _tell(ctx, part, outcome)
    return outcome


def _tell(ctx: Context, part: Run, outcome: FetchOutcome) -> None:
    newest, trouble = outcome.days[-1], outcome.trouble
    ctx.ledger.emit(
        part.run_id,
        "fetched",
        account=outcome.account_id,
        state=newest.state if newest.state.good else "failed",
        rows=outcome.rows,
        cost=str(sum(day.cost for day in outcome.days)),
        reason=trouble.message if trouble else "",
    )


def _fetch(
    ctx: Context, api: OceanEngine, run: Run, account_id: str
) -> tuple[Sequence[ReportRow], tuple[DayOutcome, ...]]:
    """Read an account, and once more after a while if the first reading is not whole."""
    metrics = metrics_of(ctx.settings.columns)
    try:
        rows, days = _read(api, run, account_id, metrics)
        if all(day.state.good for day in days):
            return rows, days
    except BadResponse as error:
        log.warning("second_look", run=run.run_id, account=account_id, error=error.message)
    ctx.pause(SECOND_LOOK_S)
    return _read(api, run, account_id, metrics)


def _read(
    api: OceanEngine, run: Run, account_id: str, metrics: Sequence[str]
) -> tuple[list[ReportRow], tuple[DayOutcome, ...]]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        costs = pool.submit(account_costs, api, account_id, run.days)
        rows = promotion_report(api, account_id, run.days, metrics)
        return rows, judge_days(rows, costs.result(), run.days)


def _all_failed(run: Run, trouble: Trouble) -> tuple[DayOutcome, ...]:
    return tuple(DayOutcome(day=day, state=DayState.FAILED, trouble=trouble) for day in run.days)


def _bug(error: Exception) -> Trouble:
    return Trouble(
        reason="bug",
        message=f"{type(error).__name__} in our own code; the log has the trace",
        what_to_do=LaikeError.advice,
    )
