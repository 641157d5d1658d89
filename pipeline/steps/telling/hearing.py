"""What the group has heard, what it has not, and which trouble a run ended."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pipeline.context import Context
from pipeline.core.errors import NeedsAuthorization, NeedsPerson
from pipeline.core.model import china_day
from pipeline.core.outcome import Run, Summary
from pipeline.core.runs.plan import tables_of
from pipeline.core.tables.ends import ends
from pipeline.core.telling.recovery import Recovery, past_troubles
from pipeline.render.cards import authorize_link_in
from pipeline.steps.coverage.owed import owed
from pipeline.steps.telling.token import told_as

RUNS_SEARCHED = 100  # the newest runs; a day has fewer
EARLIER_RUNS = 30  # runs with a card that are looked at
TOKEN_TROUBLES = (told_as(NeedsAuthorization.reason), told_as(NeedsPerson.reason))


def recoveries(ctx: Context, summary: Summary) -> tuple[Recovery, ...]:
    """Accounts whose trouble was on a card and that owe nothing since this run, table by table."""
    if not summary.further:
        found = [_recovery(ctx, summary, _heard_of(ctx, summary), None)]
    else:
        earlier = list(_heard_of(ctx, summary))
        places = {one.table: one for one in tables_of(ctx.ledger.run(summary.run_id))}
        found = [_recovery(ctx, end, earlier, places[end.table]) for end in ends(summary)]
    return tuple(one for one in found if one)


def _recovery(ctx: Context, end: Summary, earlier: Iterable[Summary], run: Run | None) -> Recovery | None:
    """What is over in one table; `run` is the run there, `None`: the context is on it."""
    past = past_troubles(end, earlier)
    owing = owed(ctx.of(run) if past and run else ctx, past, end.day)
    over = {account_id: since for account_id, since in past.items() if account_id not in owing}
    names = tuple(account.name for account in end.accounts if account.id in over)
    return Recovery(names, min(over.values()), end.table) if over else None


def mends(ctx: Context, summary: Summary) -> bool:
    """Whether a run ended a trouble that was on a card."""
    return _anything_good(summary) and (bool(_token_told(ctx)) or bool(recoveries(ctx, summary)))


def unheard(ctx: Context, summary: Summary) -> list[Summary]:
    """Earlier runs whose news is on no card, the newest first."""
    found = (ctx.ledger.summary(run_id) for run_id in ctx.untold.quiet() if run_id != summary.run_id)
    return [one for one in found if one]


def heard(ctx: Context, summary: Summary, runs: list[Summary]) -> None:
    """Remember that a card told of a run and of the news of these runs."""
    ctx.untold.forget_quiet([summary.run_id, *(one.run_id for one in runs)])
    if authorize_link_in(summary):  # the card has told of the dead token, so keep_token need not today
        ctx.told.mark_trouble(china_day(ctx.now()), told_as(NeedsAuthorization.reason))
    elif _anything_good(summary):
        for day, what in _token_told(ctx):
            ctx.told.unmark_trouble(day, what)


def keep_for_later(ctx: Context, summary: Summary) -> None:
    """Leave the news of a run without a card to the next card."""
    if any(end.news or end.restatements for end in ends(summary)):
        ctx.untold.learn_quiet(summary.run_id, summary.ended_at)


def _anything_good(summary: Summary) -> bool:
    """Whether the run's day is good in some table for some account."""
    return any(account.of_day.good for end in ends(summary) for account in end.accounts)


def _token_told(ctx: Context) -> list[tuple[date, str]]:
    """Troubles with the token that were told today or yesterday."""
    today = china_day(ctx.now())
    days = (today, today - timedelta(days=1))
    return [(day, what) for day in days for what in TOKEN_TROUBLES if ctx.told.of_trouble(day, what)]


def _heard_of(ctx: Context, summary: Summary) -> Iterator[Summary]:
    """Runs that began before this one and had a card, the newest first."""
    told = (run_id for run_id in ctx.ledger.newest(RUNS_SEARCHED) if ctx.told.of_run(run_id))
    for _, run_id in zip(range(EARLIER_RUNS), told, strict=False):
        earlier = ctx.ledger.summary(run_id) if run_id != summary.run_id else None
        if earlier and earlier.started_at < summary.started_at:
            yield earlier
