"""What of a run's figures is out of the ordinary and was not told yet: from what is kept already, without a call."""

from collections.abc import Sequence

from pipeline.context import Context
from pipeline.core.coverage.history import History
from pipeline.core.model import Account, china_day
from pipeline.core.outcome import LoadOutcome, Run, RunState, Summary
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.plan import parts, yesterday
from pipeline.core.telling.anomalies import (
    Anomaly,
    idle_promotions,
    large_restatements,
    out_of_range,
    sentences,
    total_out_of_range,
)
from pipeline.steps.accounts.roster import remembered_accounts


def alerts(ctx: Context, summary: Summary, history: History, unheard: Sequence[Summary] = ()) -> tuple[str, ...]:
    """What the run's card is to tell besides, a sentence each; an event is on one card only.

    Args:
        history: The figures up to the run's day, as far back as the thresholds look.
        unheard: Runs that told nobody what they saw: the corrections that they met are told now.
    """
    if summary.state not in (RunState.SUCCESS, RunState.PARTIAL):
        return ()
    cut = parts(ctx.ledger.run(summary.run_id))
    corrected = [one for run in (summary, *unheard) for one in _restatements(ctx, run)]
    found = [*corrected, *_of_the_day(ctx, cut, summary, history)]
    new = ctx.told.claim_events([one.event for one in found], summary.run_id, china_day(summary.ended_at))
    return sentences([one for one in found if one.event in new])


def _of_the_day(ctx: Context, cut: Sequence[Run], summary: Summary, history: History) -> list[Anomaly]:
    """What is so of the newest closed day; what was so of older ones is no news."""
    if summary.day != yesterday(summary.ended_at):
        return []
    by, accounts = ctx.settings.anomalies, [Account(one.id, one.name) for one in summary.accounts]
    found = out_of_range(history, accounts, summary.day, by)
    if _all_there(ctx, summary):
        found = [*total_out_of_range(history, accounts, summary.day, by), *found]
    return [*found, *_idle(ctx, cut, summary)] if len(summary.days) >= by.idle_days else found


def _all_there(ctx: Context, summary: Summary) -> bool:
    known, ids = remembered_accounts(ctx), {account.id for account in summary.accounts}
    waited_for = known.names.keys() - ctx.absences.parked(summary.ended_at) if known else set()
    return len(ids) > 1 and bool(waited_for) and waited_for <= ids


def _idle(ctx: Context, cut: Sequence[Run], summary: Summary) -> list[Anomaly]:
    """By the rows that the fetches brought, which are kept for some days; one account's at a time."""
    found: list[Anomaly] = []
    for account in summary.accounts:
        batch_ids = [part.batch_id for part in cut if _has(part, account.id)]
        rows = [row for one in batch_ids for fetched in ctx.staging.fetched(one, [account.id]) for row in fetched.rows]
        found += idle_promotions(rows, Account(account.id, account.name), summary.day, ctx.settings.anomalies)
    return found


def _has(part: Run, account_id: str) -> bool:
    return any(account.id == account_id for account in part.accounts)


def _restatements(ctx: Context, summary: Summary) -> list[Anomaly]:
    names = {account.id: account.name for account in summary.accounts}
    cut = parts(ctx.ledger.run(summary.run_id))
    loads = (ctx.outcomes.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome) for part in cut)
    shifts = [shift for load in loads if load for shift in load.shifts]
    return large_restatements(shifts, names, ctx.settings.anomalies)
