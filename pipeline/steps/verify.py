"""Read the table back and compare it with the source: the only ground on which a run may call itself a success."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.flow import LOAD, VERIFY, Step
from pipeline.core.model import AccountDay, FoundRow, WantedRow, by_key
from pipeline.core.outcome import DayAgreement, LoadOutcome, Run, VerifyOutcome
from pipeline.core.plan import follows_on
from pipeline.core.quality import agree
from pipeline.core.table import Layout
from pipeline.state.ledger import Coverage
from pipeline.state.memory import KnownColumn
from pipeline.state.staging import Snapshot, packed
from pipeline.steps.once import once, part_of
from pipeline.steps.read import Record, read_following, rows_of, writers
from pipeline.steps.source import Source, concerning, gather, want
from pipeline.steps.twins import clear_twins, told
from pipeline.steps.unseen import stop_if_unseen

# a mismatch is read again after so many seconds before it counts: what was just written may lag
LOOKS_S = (0.0, 1.0, 3.0, 8.0)

log = structlog.get_logger()


def verify(ctx: Context, run_id: str, batch: int) -> VerifyOutcome:
    """Read back what a load wrote, or return what an earlier delivery found. A failure is an outcome too.

    Raises:
        Busy: A living process is at it.
    """
    part = part_of(ctx, run_id, batch)
    return once(ctx, run_id, Step(VERIFY, batch), VerifyOutcome, lambda counting: _verify_or_tell(counting, part))


def _verify_or_tell(ctx: Context, part: Run) -> VerifyOutcome:
    load = ctx.ledger.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome)
    if part.dry_run or load is None or load.trouble:
        return VerifyOutcome()
    ctx.ledger.emit(part.run_id, "verifying", batch=part.batch)
    try:
        outcome = _verify(ctx, part)
    except LaikeError as error:
        log.warning("verify_failed", run=part.run_id, error=error.message)
        outcome = VerifyOutcome(trouble=error.trouble())
    ctx.ledger.emit(
        part.run_id, "verified", batch=part.batch, agrees=str(outcome.verified).lower(), **ctx.tally.facts()
    )
    return outcome


def _verify(ctx: Context, run: Run) -> VerifyOutcome:
    source = gather(ctx, run)
    agreements = _look_until_it_agrees(ctx, run, source)
    warnings: tuple[str, ...] = ()
    if any(one.duplicates for one in agreements) or ctx.staging.cleared(run.batch_id).record_ids:
        layout = _snapshot(ctx, run).layout
        wanted = want(layout, run, source)
        warnings = clear_twins(ctx, run, layout, wanted)
        if ctx.staging.cleared(run.batch_id).record_ids:
            agreements = _look_until_it_agrees(ctx, run, source)
            warnings = (*told(ctx, run, layout, wanted), *warnings)
    refused = _refused(ctx, run)
    stop_if_unseen(ctx, run, [one for one in agreements if AccountDay(one.account_id, one.day) not in refused])
    verified = bool(agreements) and all(one.agrees for one in agreements)
    _cover(ctx, source, [AccountDay(one.account_id, one.day) for one in agreements if one.agrees])
    return VerifyOutcome(agreements=tuple(agreements), verified=verified, warnings=warnings)


def _look_until_it_agrees(ctx: Context, run: Run, source: Source) -> Sequence[DayAgreement]:
    refused = _refused(ctx, run)
    agreements: Sequence[DayAgreement] = ()
    for wait in LOOKS_S if source.days else ():
        ctx.pause(wait)
        agreements = _look(ctx, run, source)
        if all(one.agrees or AccountDay(one.account_id, one.day) in refused for one in agreements):
            break
    return agreements


def _cover(ctx: Context, source: Source, agreed: Sequence[AccountDay]) -> None:
    """Remember what was fetched whole and agrees; another day stays as it was known before."""
    sums, good = source.digests, set(agreed) - set(source.conflicts)
    ctx.ledger.cover(
        {
            at: Coverage(day.rows, str(day.cost), sums[at], fetch.as_of, day.totals)
            for fetch in source.outcomes
            for day in fetch.days
            if day.state.good and (at := AccountDay(fetch.account_id, day.day)) in good
        }
    )


def _look(ctx: Context, run: Run, source: Source) -> tuple[DayAgreement, ...]:
    snapshot, base = _snapshot(ctx, run), ctx.base(None)
    days, hand_on = source.days_of(run), _hander_on(ctx, run, snapshot)

    def made(layout: Layout, records: Iterable[Record]) -> tuple[list[WantedRow], list[FoundRow]]:
        wanted = want(layout, run, source)
        return wanted, concerning(run, wanted, rows_of(layout, hand_on(layout, records), days))

    _, (wanted, found) = read_following(base, snapshot.layout, days, made)
    _learn_creator(ctx, run, found)
    _learn_columns(ctx, snapshot.layout)
    if {row.key for row in wanted} & {row.key for row in found}:
        ctx.memory.learn_seen()
    accounts = {account.id: account for account in run.accounts}
    places = {at: accounts[at.account_id] for at in source.days}
    return agree(wanted, found, places, ctx.memory.creator())


def _hander_on(ctx: Context, run: Run, snapshot: Snapshot) -> Callable[[Layout, Iterable[Record]], Iterable[Record]]:
    """Lets what is read back be the early read of the next batch, too, where that covers the same days."""
    if not follows_on(ctx.ledger.run(run.run_id), run.batch + 1):
        return lambda _, records: records
    writes, read_at = writers(ctx), ctx.now()

    def hand_on(layout: Layout, records: Iterable[Record]) -> Iterable[Record]:
        kept = packed(records)
        early = Snapshot(layout, kept, writes, read_at, fields=snapshot.fields)
        ctx.staging.offer_snapshot(replace(run, batch=run.batch + 1).batch_id, early)
        return kept

    return hand_on


def _refused(ctx: Context, run: Run) -> set[AccountDay]:
    """Days of which the load knows that rows are missing: reading them again would change nothing."""
    load = ctx.ledger.outcome(run.run_id, str(Step(LOAD, run.batch)), LoadOutcome)
    return {AccountDay(one.account_id, one.day) for one in load.refused} if load else set()


def _learn_columns(ctx: Context, layout: Layout) -> None:
    """Remember the fields that the load wrote into; their names were told by it where people had changed them."""
    ctx.memory.learn_columns({name: KnownColumn(field.id, field.name) for name, field in layout.fields.items()})


def _snapshot(ctx: Context, run: Run) -> Snapshot:
    snapshot = ctx.staging.snapshot(run.batch_id)
    if snapshot is None:
        raise LaikeError(f"{run.run_id}: what the table looked like is not staged any more")
    return snapshot


def _learn_creator(ctx: Context, run: Run, found: Sequence[FoundRow]) -> None:
    """Whoever the table names as the creator of rows that we just created is us."""
    if ctx.memory.creator():
        return
    created = {key for key, change in ctx.staging.changes(run.batch_id).items() if change.created}
    rows = by_key(found)
    creators = ({row.creator for row in rows.get(key, [])} for key in created)
    ours = next((one.pop() for one in creators if len(one) == 1), None)
    if ours:
        ctx.memory.learn_creator(ours)
