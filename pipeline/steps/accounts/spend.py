"""Days on which an account spent more than a report's rows: read its witness, judge, remember."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog

from pipeline.context import Context
from pipeline.core.accounts.account_options import AccountOptions
from pipeline.core.accounts.bare import bare, judge_bare
from pipeline.core.accounts.spend import LATELY, Look, Reading, Weighing, accepted, falls_short, weigh, weighing_of
from pipeline.core.errors import LaikeError
from pipeline.core.model import ZERO, AccountDay, ReportRow, china_day
from pipeline.core.outcome import DayOutcome, Run
from pipeline.core.reports import PROMOTION, REPORTS
from pipeline.core.runs import plan
from pipeline.steps.accounts.reports import Reports

log = structlog.get_logger()


def weigh_days(
    ctx: Context,
    reports: Reports,
    run: Run,
    account_id: str,
    *,
    rows: Iterable[ReportRow],
    days: Sequence[DayOutcome],
) -> Weighing:
    """Judge whether each day that falls short is whole; one more call if there is such a day.

    Args:
        reports: The account's reports, as they are being read.
        rows: The report of all `days`.
        days: The days as the sums alone judge them.
    """
    short = [day for day in days if falls_short(day)]
    expected = ctx.settings.account_options.get(account_id, AccountOptions()).expected
    if not expected and any(bare(day, ctx.report) for day in days):
        return _weigh_bare(ctx, account_id, days, reports.as_of)
    if expected or not short or not ctx.report.witness:
        made = tuple(accepted(day) if expected and day in short else day for day in days)
        return Weighing(made, look_again=not all(day.state.good for day in made))
    costs, at = _costs(rows), reports.as_of
    witness, unread = _witness(ctx, reports, account_id, [day.day for day in short])
    look = Look(
        account_id=account_id,
        run_id=run.run_id,
        at=at,
        settle_at=ctx.settings.settle_at,
        owed_from=plan.window(at, ctx.settings.catch_up_days).first,
        witness=witness,
        unread=unread.trouble() if unread else None,
        noted=ctx.spend.noted(account_id),
        readings=ctx.spend.readings(account_id, [day.day for day in short]) if _is_remembered(ctx) else {},
        with_rows={*costs, *_loaded_with_rows(ctx, account_id, short)},
        report=ctx.report,
    )
    return weighing_of(days, {day.day: weigh(day, costs.get(day.day, {}), look) for day in short}, look, unread)


def _weigh_bare(ctx: Context, account_id: str, days: Sequence[DayOutcome], at: datetime) -> Weighing:
    """Days without rows on which the account spent: read once more at once, unless they are loaded as empty."""
    found = [day.day for day in days if bare(day, ctx.report)]
    loaded = ctx.coverage.at(AccountDay(account_id, day) for day in {*found, *_shortly_before(found)})
    with_rows = {one.day for one, there in loaded.items() if there.rows} | {day.day for day in days if day.rows}
    settle_at = ctx.settings.settle_at
    made = tuple(judge_bare(day, ctx.report, with_rows, at, settle_at) if day.day in found else day for day in days)
    again = any(AccountDay(account_id, day) not in loaded for day in found)
    return Weighing(made, look_again=again or not all(day.state.good for day in made))


def remember(ctx: Context, account_id: str, rows: Iterable[ReportRow], weighing: Weighing) -> None:
    """Remember a reading of promotions for later ones."""
    if not _is_remembered(ctx):
        return
    costs, good = _costs(rows), [day for day in weighing.days if day.state.good]
    if not good and not weighing.noted:
        return
    ctx.spend.learn(
        account_id,
        china_day(ctx.now()),
        noted=weighing.noted,
        balanced=[day.day for day in good if not day.outside],
        readings={day.day: Reading(costs.get(day.day, {}), day.totals.cost if day.totals else ZERO) for day in good},
    )


def _is_remembered(ctx: Context) -> bool:
    return ctx.report is PROMOTION


def _witness(
    ctx: Context, reports: Reports, account_id: str, days: Collection[date]
) -> tuple[dict[date, Decimal] | None, LaikeError | None]:
    """The witness' sums by day, or why it cannot be read: the report's own rows are good nevertheless."""
    try:
        return reports.sums(REPORTS[ctx.report.witness], days), None
    except LaikeError as error:
        log.warning("witness_unread", account=account_id, error=error.message)
        return None, error


def _loaded_with_rows(ctx: Context, account_id: str, short: Iterable[DayOutcome]) -> set[date]:
    """Days with loaded rows shortly before those without any row."""
    before = _shortly_before(day.day for day in short if not day.rows)
    return {
        at.day for at, loaded in ctx.coverage.at(AccountDay(account_id, day) for day in before).items() if loaded.rows
    }


def _shortly_before(days: Iterable[date]) -> set[date]:
    return {day - timedelta(days=ago) for day in days for ago in range(1, LATELY.days + 1)}


def _costs(rows: Iterable[ReportRow]) -> dict[date, dict[str, Decimal]]:
    """消耗 of each item by day."""
    found: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        found[row.day][row.item_id] = row.cost
    return dict(found)
