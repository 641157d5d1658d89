"""The card about a run, sent once.

A success is marked as told before it is sent, a failure after: good news rather not at all than twice, bad news rather
twice than not at all. The mark is taken away if the bot certainly refused the card. `keep_token` tries unsent cards
again for a day.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from pipeline.context import Context
from pipeline.core.coverage.aftermath import aftermath
from pipeline.core.coverage.history import History, looked_back
from pipeline.core.model import DayRange, china_day
from pipeline.core.outcome import RunState, Summary
from pipeline.core.telling.background import Background
from pipeline.core.telling.other_tables import other_tables
from pipeline.core.telling.recovery import fails_for_good, lasting_troubles
from pipeline.render.cards import run_card
from pipeline.state.store import StoreTrouble
from pipeline.steps.coverage.aftermath import table_ends
from pipeline.steps.telling.alerts import alerts
from pipeline.steps.telling.hearing import heard, keep_for_later, mends, recoveries, unheard
from pipeline.steps.telling.tell import Sent, send

LOOKED_BACK = timedelta(weeks=2)  # for the chart; anomalies may look back longer

log = structlog.get_logger()


def tell_run(ctx: Context, summary: Summary) -> None:
    """Tell the group once how a run ended; a card that cannot be sent never fails a run.

    A run that a person began has a card only if that person said so, or if it ends a trouble that was on a card; else
    its news is on the next card.
    """
    if not ctx.bot() or ctx.told.of_run(summary.run_id):
        return
    today, lasting = china_day(ctx.now()), lasting_troubles(summary)
    if fails_for_good(summary) and all(ctx.told.of_trouble(today, one) for one in lasting):
        ctx.told.mark_run(summary.run_id)
    elif not _concerns_the_group(ctx, summary):
        keep_for_later(ctx, summary)
    elif _send(ctx, summary) == Sent.YES:
        for one in lasting:
            ctx.told.mark_trouble(today, one)


def tell_unsent(ctx: Context) -> None:
    """Send unsent cards again; stop at the first that fails again."""
    for run_id in ctx.untold.unsent(ctx.now()):
        summary = next(ctx.ledger.ends([run_id]), None)
        if summary and not ctx.told.of_run(run_id):
            tell_run(ctx.of(ctx.ledger.run(run_id)), summary)
            if not ctx.told.of_run(run_id) and _concerns_the_group(ctx, summary):
                return
        ctx.untold.forget_unsent(run_id)


def _concerns_the_group(ctx: Context, summary: Summary) -> bool:
    return ctx.ledger.run(summary.run_id).tell or mends(ctx, summary)


def _send(ctx: Context, summary: Summary) -> Sent | None:
    """Mark and send a card; `None`: another process does."""
    besides = unheard(ctx, summary)
    card, run_id = run_card(summary, _background(ctx, summary, besides)), summary.run_id
    good = summary.state == RunState.SUCCESS
    if good and not ctx.told.mark_run(run_id):
        return None
    sent = send(ctx, card)
    if sent == Sent.YES:
        ctx.told.mark_run(run_id)
        heard(ctx, summary, besides)
    elif sent == Sent.NOT or not good:
        ctx.untold.learn_unsent(run_id, ctx.now())
        ctx.told.unmark_run(run_id)
    return sent


def _background(ctx: Context, summary: Summary, besides: Sequence[Summary]) -> Background:
    try:
        return _gathered(ctx, summary, besides)
    except StoreTrouble:
        raise  # Redis is away: the caller comes back later
    except Exception:
        # the group must hear of the end even if the rest of the card cannot be made
        log.exception("background_broke", run=summary.run_id)
        return Background(unheard=tuple(besides))


def _gathered(ctx: Context, summary: Summary, besides: Sequence[Summary]) -> Background:
    account_ids, day = [account.id for account in summary.accounts], summary.day
    here = ctx.settings.bitable_table_id
    back = max(LOOKED_BACK, timedelta(weeks=ctx.settings.anomalies.weeks))
    history, of_day = looked_back(ctx.book.of(account_ids, DayRange(day - back, day)), day)
    return Background(
        history=history,
        after=aftermath(summary, of_day),
        now=ctx.now(),
        recoveries=recoveries(ctx, summary),
        unheard=tuple(besides),
        alerts=_alerts(ctx, summary, history, besides),
        table_url=ctx.settings.table_url,
        others=other_tables(ctx.chain, summary.days, here, lambda one: ctx.at_table(one).settings.table_url),
        further=table_ends(ctx, summary)[1:] if summary.further else (),
        several=bool(ctx.settings.tables),
        settle_at=ctx.settings.settle_at,
        clock_offset_s=ctx.settings.clock_offset_s,
    )


def _alerts(ctx: Context, summary: Summary, history: History, besides: Sequence[Summary]) -> tuple[str, ...]:
    try:
        return alerts(ctx, summary, history, besides)
    except StoreTrouble:
        raise
    except Exception:
        log.exception("alerts_broke", run=summary.run_id)  # the card goes out without them
        return ()
