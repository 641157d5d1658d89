"""Judge a day without a call; tell an outside monitor after each run that covered it."""

from datetime import date, timedelta

import structlog

from pipeline.clients.heartbeat import Heartbeat
from pipeline.context import Context
from pipeline.core.coverage.health import Health, Verdict, judge
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Run
from pipeline.core.runs.plan import yesterday
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.owed import newest_day

log = structlog.get_logger()


def health(ctx: Context, day: date | None = None, longest: timedelta | None = None) -> Health:
    """The verdict on a day, by default the newest that is owed; `longest` is how old its figures may be.

    Parked accounts do not count.
    """
    ctx = ctx.pinned()
    now, accounts = ctx.now(), remembered_accounts(ctx)
    parked = ctx.absences.parked(now)
    names = {one: name for one, name in accounts.names.items() if one not in parked} if accounts else {}
    judged = day or newest_day(ctx, len(names))
    days = ctx.book.at(AccountDay(account_id, judged) for account_id in names)
    return judge(judged, names, {at.account_id: one for at, one in days.items()}, now, longest)


def tell_outside(ctx: Context, run: Run) -> None:
    """Ping `LAIKE_HEARTBEAT_URL` after a run that covered yesterday; a failed ping harms no run."""
    url, day = ctx.settings.heartbeat_url, yesterday(ctx.now())
    if not url or day not in run.days:
        return
    found = health(ctx, day)
    heartbeat, good = Heartbeat(url.get_secret_value()), found.verdict == Verdict.OK

    def ping() -> None:
        try:
            heartbeat.ping(found.words, good=good)
        except LaikeError as error:
            log.warning("heartbeat_failed", run=run.run_id, error=error.message)

    ctx.pings.send(ping)
