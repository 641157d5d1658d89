"""The card about a run: what it tells besides the run, and that it is told once."""

from datetime import date, datetime, time, timedelta

from pipeline.context import Context
from pipeline.core.errors import NeedsAuthorization
from pipeline.core.health import Verdict
from pipeline.core.model import CHINA, china_day
from pipeline.core.outcome import RunState, Summary
from pipeline.core.plan import yesterday
from pipeline.core.trend import chart_days, trend
from pipeline.render.cards import Around, authorize_link_in, run_card
from pipeline.steps.health import health
from pipeline.steps.history import history
from pipeline.steps.tell import Sent, send
from pipeline.steps.token import told_as

RUNS_LOOKED_AT = 50
NEWS_FOR = timedelta(hours=24)  # a card that could not be sent for so long tells nothing new


def send_card(ctx: Context, summary: Summary) -> None:
    """Tell the group, once; a card that cannot be sent never fails a run, and is tried again by `send_left`.

    A success is marked as told before it is sent and a failure after: rather no good news than twice, rather bad
    news twice than not at all. Where a success surely did not arrive, the mark is taken back.
    """
    good = summary.state == RunState.SUCCESS
    if not ctx.bot() or ctx.ledger.told(summary.run_id) or (good and not ctx.ledger.tell(summary.run_id)):
        return
    today, standing = china_day(ctx.now()), _standing(summary)
    if standing and ctx.memory.told(today, standing):
        ctx.ledger.tell(summary.run_id)
        return
    around = _around(ctx, summary)
    sent = send(ctx, run_card(summary, around))
    if sent == Sent.NO and good:
        ctx.ledger.untell(summary.run_id)
    if sent != Sent.YES:
        return
    ctx.ledger.tell(summary.run_id)
    if not good:
        ctx.memory.begin_trouble(china_day(summary.started_at))
    elif around.troubled_since:
        ctx.memory.end_trouble()
    if standing:
        ctx.memory.learn_told(today, standing)
    if authorize_link_in(summary):  # the group need not hear of the dead token once more today
        ctx.memory.learn_told(today, told_as(NeedsAuthorization.reason))


def send_left(ctx: Context) -> None:
    """Send the cards of the last day's runs that could not be sent, the oldest first."""
    if not ctx.bot():
        return
    for run_id in reversed(ctx.ledger.newest(RUNS_LOOKED_AT)):
        if ctx.ledger.told(run_id):
            continue
        summary = ctx.ledger.summary(run_id)
        if summary and not summary.dry_run and ctx.now() - summary.ended_at < NEWS_FOR:
            send_card(ctx, summary)


def _standing(summary: Summary) -> str | None:
    """The name of a trouble that fails every run until a person acts: one card a day is enough."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    found = next((trouble for trouble in troubles if trouble and trouble.needs_person), None)
    return f"run:{found.reason}:{found.code}" if found and summary.state == RunState.FAILED else None


def _around(ctx: Context, summary: Summary) -> Around:
    accounts = [account.id for account in summary.accounts]
    newest = summary.day == yesterday(ctx.now())
    return Around(
        trend=trend(history(ctx, accounts, chart_days(summary.day)), summary.day),
        table_link=_table_link(ctx),
        settles_at=_settles_at(ctx) if newest else None,
        settled=summary.run_id.startswith("settle-"),
        troubled_since=_troubled_since(ctx, summary) if newest else None,
    )


def _settles_at(ctx: Context) -> time | None:
    now, at = ctx.now(), ctx.settings.settle_at
    return at if now < datetime.combine(china_day(now), at, CHINA) else None


def _troubled_since(ctx: Context, summary: Summary) -> date | None:
    """Since when runs were no success, if with this one the day is loaded for every account."""
    since = ctx.memory.troubled_since() if summary.state == RunState.SUCCESS else None
    return since if since and health(ctx, summary.day).verdict == Verdict.OK else None


def _table_link(ctx: Context) -> str | None:
    """Where people open the table: the console's host instead of the API's."""
    token = ctx.memory.app_token()
    host = ctx.settings.feishu_base_url.replace("//open.", "//www.", 1)
    return f"{host}/base/{token}?table={ctx.settings.bitable_table_id}" if token else None
