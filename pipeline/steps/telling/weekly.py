"""On Monday, when yesterday's figures have settled, the group is told of last week. Everything is known already."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import structlog

from pipeline.context import Context
from pipeline.core.coverage.coverage import AccountCoverage, whole
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay, DayRange, china_day
from pipeline.core.outcome import Run, RunKind
from pipeline.core.runs.plan import yesterday
from pipeline.core.telling.week import AccountWeek, Week, account_week, weeks
from pipeline.render.period_card import weekly_card
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.coverage.history import history, read_at
from pipeline.steps.telling.tell import tell_once

MONDAY = 0

log = structlog.get_logger()


def tell_week(ctx: Context, run: Run) -> None:
    """Send the week's card after Monday's settling run, once; where that fails the run does not."""
    now = ctx.now()
    due = china_day(now).weekday() == MONDAY and run.kind is RunKind.SETTLE and run.day == yesterday(now)
    if not (due and ctx.settings.report_weekly and ctx.bot()):
        return
    try:
        tell_once(ctx, "weekly", weekly_card(last_week(ctx)))
    except LaikeError as error:
        log.warning("weekly_card_failed", error=error.message)


def last_week(ctx: Context) -> Week:
    """Last week as it was last loaded, account by account.

    Raises:
        LaikeError: As `coverage` says.
    """
    last, before = weeks(china_day(ctx.now()))
    both = DayRange(before.first, last.last)
    grid = coverage(ctx, both)
    known = {AccountDay(one.account.id, day): state for one in grid for day, state in one.days.items()}
    loaded: dict[str, dict[date, Figures]] = defaultdict(dict)
    for at, of in whole(history(ctx, [one.account.id for one in grid], both), known).items():
        loaded[at.account_id][at.day] = of
    accounts = tuple(_account_week(one, loaded[one.account.id], last) for one in grid)
    return Week(last, accounts, read_at(ctx, last, [one.account.id for one in grid]))


def _account_week(one: AccountCoverage, loaded: Mapping[date, Figures], last: DayRange) -> AccountWeek:
    good = [day for day, known in one.days.items() if known.state.good]
    return account_week(one.account.name, loaded, good, one.lacking, last)
