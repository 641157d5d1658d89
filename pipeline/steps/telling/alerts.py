"""Anomalies in a run's figures that were not told yet: no call is made for it."""

from collections.abc import Sequence

from pipeline.context import Context
from pipeline.core.coverage.history import History
from pipeline.core.model import Account, china_day
from pipeline.core.outcome import LoadOutcome, Run, RunState, Summary
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.plan import of_one_table, parts, yesterday
from pipeline.core.tables.ends import ends
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
    """Anomalies for the run's card, a sentence each; each event is on one card only.

    Args:
        history: The figures up to the run's day, as far back as the thresholds look.
        unheard: Earlier runs without a card, whose corrections are told now.
    """
    first, *_ = ends(summary)
    if first.state not in (RunState.SUCCESS, RunState.PARTIAL):
        return ()
    cut = _cut(ctx, summary)
    corrected = [one for run in (summary, *unheard) for one in _restatements(ctx, run)]
    found = [*corrected, *_of_the_day(ctx, cut, summary, history)]
    new = ctx.told.claim_events(found, summary.run_id, china_day(summary.ended_at))
    return sentences([one for one in found if one.event in new])


def _cut(ctx: Context, summary: Summary) -> list[Run]:
    """The batches of a run in its first table: further ones hold the same spend once more."""
    run = ctx.ledger.run(summary.run_id)
    return of_one_table(parts(run), run)


def _of_the_day(ctx: Context, cut: Sequence[Run], summary: Summary, history: History) -> list[Anomaly]:
    """Anomalies of the newest closed day; those of older days are no news."""
    if summary.day != yesterday(summary.ended_at):
        return []
    by, accounts = ctx.settings.anomalies, [Account(one.id, one.name) for one in summary.accounts]
    found = out_of_range(history, accounts, summary.day, by)
    if _all_there(ctx, summary):
        found = [*total_out_of_range(history, accounts, summary.day, by), *found]
    of_promotions = ctx.report is PROMOTION and len(summary.days) >= by.idle_days
    return [*found, *_idle(ctx, cut, summary)] if of_promotions else found


def _all_there(ctx: Context, summary: Summary) -> bool:
    accounts, ids = remembered_accounts(ctx), {account.id for account in summary.accounts}
    waited_for = accounts.names.keys() - ctx.absences.parked(summary.ended_at) if accounts else set()
    return len(ids) > 1 and bool(waited_for) and waited_for <= ids


def _idle(ctx: Context, cut: Sequence[Run], summary: Summary) -> list[Anomaly]:
    """Idle promotions by the fetched rows, which stay staged for some days; one account at a time."""
    found: list[Anomaly] = []
    for account in summary.accounts:
        batch_ids = [part.fetched_id for part in cut if any(one.id == account.id for one in part.accounts)]
        rows = [row for one in batch_ids for fetched in ctx.staging.fetched(one, [account.id]) for row in fetched.rows]
        found += idle_promotions(rows, Account(account.id, account.name), summary.day, ctx.settings.anomalies)
    return found


def _restatements(ctx: Context, summary: Summary) -> list[Anomaly]:
    names = {account.id: account.name for account in summary.accounts}
    cut = _cut(ctx, summary)
    loads = (ctx.outcomes.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome) for part in cut)
    shifts = [shift for load in loads if load for shift in load.shifts]
    return large_restatements(shifts, names, ctx.settings.anomalies)
