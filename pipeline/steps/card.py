"""The card about a run: what it tells besides the run's end, and that the group gets it once.

A success is marked as told before it is sent and a failure after: rather no good news than twice, rather bad news twice
than not at all. The mark of a success whose card was certainly not taken is taken away again. What is not sent is tried
again for a day by `keep_token`.
"""

from datetime import timedelta

import structlog

from pipeline.context import Context
from pipeline.core.background import Background
from pipeline.core.errors import NeedsAuthorization
from pipeline.core.history import History
from pipeline.core.model import DayRange, china_day
from pipeline.core.outcome import RunState, Summary
from pipeline.core.recovery import Recovery, past_troubles
from pipeline.render.cards import authorize_link_in, run_card
from pipeline.state.store import StoreTrouble
from pipeline.steps.alerts import alerts
from pipeline.steps.history import history
from pipeline.steps.owed import owed
from pipeline.steps.tell import Sent, send
from pipeline.steps.token import told_as

EARLIER_RUNS = 30  # how far back troubles are looked for that are over now
LOOKED_BACK = timedelta(weeks=2)  # the chart; what is usual on a weekday may take more

log = structlog.get_logger()


def tell_run(ctx: Context, summary: Summary) -> None:
    """Tell the group how a run ended, once; a card that cannot be sent never fails a run."""
    if not ctx.bot() or ctx.ledger.told(summary.run_id):
        return
    today, standing = china_day(ctx.now()), _standing(summary)
    if standing and ctx.memory.told(today, standing):
        ctx.ledger.tell(summary.run_id)
        return
    sent = _send(ctx, summary)
    if sent == Sent.YES:
        if standing:
            ctx.memory.learn_told(today, standing)
        if authorize_link_in(summary):  # the group need not hear of the dead token once more today
            ctx.memory.learn_told(today, told_as(NeedsAuthorization.reason))


def tell_unsent(ctx: Context) -> None:
    """Try the cards again that could not be sent; while the bot takes none, one a time is enough."""
    for run_id in ctx.memory.unsent(ctx.now()):
        summary = next(iter(ctx.ledger.ends([run_id])), None)
        if summary and not ctx.ledger.told(run_id):
            tell_run(ctx, summary)
            if not ctx.ledger.told(run_id):
                return
        ctx.memory.forget_unsent(run_id)


def _send(ctx: Context, summary: Summary) -> Sent | None:
    """Send a card by the marks; `None`: somebody else is at it."""
    card, run_id = run_card(summary, _background(ctx, summary)), summary.run_id
    good = summary.state == RunState.SUCCESS
    if good and not ctx.ledger.tell(run_id):
        return None
    sent = send(ctx, card)
    if sent == Sent.YES:
        ctx.ledger.tell(run_id)
    elif sent == Sent.NOT or not good:
        ctx.memory.learn_unsent(run_id, ctx.now())
        ctx.ledger.untell(run_id)
    return sent


def _background(ctx: Context, summary: Summary) -> Background:
    try:
        return _gathered(ctx, summary)
    except StoreTrouble:
        raise  # Redis is away: whoever called comes back later
    except Exception:
        # what a card tells besides the run's end is no reason for the group not to hear of the end
        log.exception("background_broke", run=summary.run_id)
        return Background()


def _gathered(ctx: Context, summary: Summary) -> Background:
    back = max(LOOKED_BACK, timedelta(weeks=ctx.settings.anomalies.weeks))
    known = history(ctx, [account.id for account in summary.accounts], DayRange(summary.day - back, summary.day))
    return Background(
        history=known,
        recovery=_recovery(ctx, summary),
        alerts=_alerts(ctx, summary, known),
        table_url=ctx.settings.table_url,
        settle_at=ctx.settings.settle_at,
        clock_offset_s=ctx.settings.clock_offset_s,
    )


def _alerts(ctx: Context, summary: Summary, known: History) -> tuple[str, ...]:
    try:
        return alerts(ctx, summary, known)
    except StoreTrouble:
        raise
    except Exception:
        log.exception("alerts_broke", run=summary.run_id)  # the figures are told without them
        return ()


def _recovery(ctx: Context, summary: Summary) -> Recovery | None:
    """Whose trouble this run ended: accounts that were in trouble before, and owe nothing any more."""
    past = past_troubles(summary, _earlier(ctx, summary)) if summary.state == RunState.SUCCESS else {}
    owing = owed(ctx, past, summary.day)
    over = {number: since for number, since in past.items() if number not in owing}
    names = tuple(account.name for account in summary.accounts if account.id in over)
    return Recovery(names, min(over.values())) if over else None


def _earlier(ctx: Context, summary: Summary) -> list[Summary]:
    """Runs that began before, the newest first."""
    found = ctx.ledger.ends(ctx.ledger.newest(EARLIER_RUNS))
    return [one for one in found if one.run_id != summary.run_id and one.started_at < summary.started_at]


def _standing(summary: Summary) -> str | None:
    """The name of a trouble that fails every run until a person acts: one card a day is enough."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    found = next((trouble for trouble in troubles if trouble and trouble.needs_person), None)
    return f"run:{found.reason}:{found.code}" if found and summary.state == RunState.FAILED else None
