"""Read the table back and compare it with the source: the only ground on which a run may call itself a success."""

from collections.abc import Sequence

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import FoundRow, by_key
from pipeline.core.outcome import DayAgreement, LoadOutcome, Run, VerifyOutcome
from pipeline.core.quality import agree
from pipeline.steps.load import Source, gather, want
from pipeline.steps.read import layout_of, read_records, rows_of

# a mismatch is read again after so many seconds before it counts: what was just written may lag
LOOKS_S = (0.0, 1.0, 3.0, 8.0)

log = structlog.get_logger()


def verify(ctx: Context, run_id: str) -> VerifyOutcome:
    """Read back what the load wrote, or return what an earlier delivery found. A failure is an outcome too."""
    if known := ctx.ledger.outcome(run_id, "verify", VerifyOutcome):
        return known
    run = ctx.ledger.run(run_id)
    load = ctx.ledger.outcome(run_id, "load", LoadOutcome)
    if run.dry_run or load is None or load.trouble:
        return VerifyOutcome()
    ctx.ledger.emit(run_id, "verifying")
    try:
        outcome = _verify(ctx, run)
    except LaikeError as error:
        log.warning("verify_failed", run=run_id, error=error.message)
        outcome = VerifyOutcome(trouble=error.trouble())
    ctx.ledger.record(run_id, "verify", outcome)
    ctx.ledger.emit(run_id, "verified", agrees=str(outcome.verified).lower())
    return outcome


def _verify(ctx: Context, run: Run) -> VerifyOutcome:
    source = gather(ctx, run)
    agreements: Sequence[DayAgreement] = ()
    for wait in LOOKS_S if source.days else ():
        ctx.pause(wait)
        agreements = _look(ctx, run, source)
        if all(one.agrees for one in agreements):
            break
    verified = bool(agreements) and all(one.agrees for one in agreements)
    return VerifyOutcome(agreements=tuple(agreements), verified=verified)


def _look(ctx: Context, run: Run, source: Source) -> tuple[DayAgreement, ...]:
    snapshot = ctx.staging.snapshot(run.run_id)
    if snapshot is None:
        raise LaikeError(f"{run.run_id}: what the table looked like is not staged any more")
    layout, base = layout_of(snapshot), ctx.base(run)
    found = rows_of(layout, read_records(base, layout, run.days), run.days)
    _learn_creator(ctx, run, found)
    accounts = {account.id: account for account in run.accounts}
    places = {at: accounts[at.account_id] for at in source.days}
    return agree(want(layout, run, source), found, places, ctx.memory.creator())


def _learn_creator(ctx: Context, run: Run, found: Sequence[FoundRow]) -> None:
    """Whoever the table names as the creator of rows that we just created is us."""
    if ctx.memory.creator():
        return
    created = {key for key, change in ctx.staging.changes(run.run_id).items() if change.created}
    rows = by_key(found)
    creator = next((rows[key][0].creator for key in created if len(rows.get(key, [])) == 1), None)
    if creator:
        ctx.memory.learn_creator(creator)
