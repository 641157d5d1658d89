"""The card on last week, after Monday's settling run: no call is made for it."""

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import DayRange, china_day
from pipeline.core.outcome import Run
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import yesterday
from pipeline.core.telling.week import Week, week_of, weeks
from pipeline.render.period_card import weekly_card
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.telling.tell import tell_once

MONDAY = 0

log = structlog.get_logger()


def tell_week(ctx: Context, run: Run) -> None:
    """Send the week's card once, after Monday's settling run; a card that fails does not fail the run."""
    now = ctx.now()
    due = china_day(now).weekday() == MONDAY and run.kind is RunKind.SETTLE and run.day == yesterday(now)
    if not (due and ctx.settings.report_weekly and ctx.bot()):
        return
    try:
        home = ctx.for_table("", "") if run.table else ctx
        tell_once(ctx, "weekly", weekly_card(last_week(home)))
    except LaikeError as error:
        log.warning("weekly_card_failed", error=error.message)


def last_week(ctx: Context) -> Week:
    """Last week, account by account; raises as `coverage` does."""
    last, before = weeks(china_day(ctx.now()))
    return week_of(last, coverage(ctx, DayRange(before.first, last.last)))
