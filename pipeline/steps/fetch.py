"""Fetch one account's days: report and totals at the same time, judged, staged. Never raises for what an API does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import account_costs, promotion_report
from pipeline.context import Context
from pipeline.core.errors import BadResponse, LaikeError, Trouble
from pipeline.core.model import ReportRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.quality import checksum, judge_days
from pipeline.core.table import DEFAULT_COLUMNS, DIMENSIONS
from pipeline.state.staging import Fetched

SECOND_LOOK_S = 20.0  # figures that do not add up are read once more after so long
METRICS = tuple(column.source for column in DEFAULT_COLUMNS if column.source not in DIMENSIONS)

log = structlog.get_logger()


def fetch_account(ctx: Context, run_id: str, account_id: str) -> FetchOutcome:
    """Fetch an account for a run, or return what an earlier delivery fetched.

    Its rows are staged with the outcome; a failure is an outcome too.
    """
    if known := ctx.staging.fetched(run_id, account_id):
        return known.outcome
    run = ctx.ledger.run(run_id)
    ctx.ledger.emit(run_id, "fetching", account=account_id)
    fetched = _fetch_or_tell(ctx, run, account_id)
    ctx.staging.put_fetched(run_id, fetched)
    newest = fetched.outcome.days[-1]
    ctx.ledger.emit(
        run_id,
        "fetched",
        account=account_id,
        state=newest.state if newest.state.good else "failed",
        rows=fetched.outcome.rows,
        cost=str(sum(day.cost for day in fetched.outcome.days)),
        reason=fetched.outcome.trouble.message if fetched.outcome.trouble else "",
    )
    return fetched.outcome


def _fetch_or_tell(ctx: Context, run: Run, account_id: str) -> Fetched:
    try:
        rows, days = _fetch(ctx, ctx.oceanengine(run), run, account_id)
    except LaikeError as error:
        log.warning("fetch_failed", run=run.run_id, account=account_id, error=error.message)
        rows, days = [], _all_failed(run, error.trouble())
    except Exception as error:
        # a header of the chord never raises: a bug of ours must not keep the other accounts out of the table
        log.exception("fetch_broke", run=run.run_id, account=account_id)
        rows, days = [], _all_failed(run, _bug(error))
    outcome = FetchOutcome(account_id=account_id, days=days, rows=len(rows), checksum=checksum(rows), as_of=ctx.now())
    return Fetched(outcome, tuple(rows))


def _fetch(
    ctx: Context, api: OceanEngine, run: Run, account_id: str
) -> tuple[Sequence[ReportRow], tuple[DayOutcome, ...]]:
    """Read an account, and once more after a while if the first reading is not whole."""
    try:
        rows, days = _read(api, run, account_id)
        if all(day.state.good for day in days):
            return rows, days
    except BadResponse as error:
        log.warning("second_look", run=run.run_id, account=account_id, error=error.message)
    ctx.pause(SECOND_LOOK_S)
    return _read(api, run, account_id)


def _read(api: OceanEngine, run: Run, account_id: str) -> tuple[list[ReportRow], tuple[DayOutcome, ...]]:
    with ThreadPoolExecutor(max_workers=1) as pool:
        costs = pool.submit(account_costs, api, account_id, run.days)
        rows = promotion_report(api, account_id, run.days, METRICS)
        return rows, judge_days(rows, costs.result(), run.days)


def _all_failed(run: Run, trouble: Trouble) -> tuple[DayOutcome, ...]:
    return tuple(DayOutcome(day=day, state=DayState.FAILED, trouble=trouble) for day in run.days)


def _bug(error: Exception) -> Trouble:
    return Trouble(
        reason="bug",
        message=f"{type(error).__name__} in our own code; the log has the trace",
        what_to_do=LaikeError.advice,
    )
