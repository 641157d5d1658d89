"""Read the table back and compare it with the source: the only ground on which a run may call itself a success."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.flow import LOAD, VERIFY, Step
from pipeline.core.model import AccountDay, FoundRow, WantedRow, by_key
from pipeline.core.outcome import DayAgreement, LoadOutcome, Run, VerifyOutcome
from pipeline.core.plan import follows_on
from pipeline.core.quality import agree
from pipeline.core.table import Layout
from pipeline.state.coverage import Loaded
from pipeline.state.memory import KnownColumn
from pipeline.state.staging import Snapshot, packed
from pipeline.steps.once import Work, once, part_of
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
        Unforeseen: It broke, and is to be tried again.
    """
    part = part_of(ctx, run_id, batch)
    work = Work(lambda counting: _verify_or_tell(counting, part), lambda why: VerifyOutcome(trouble=why))
    return once(ctx, run_id, Step(VERIFY, batch), VerifyOutcome, work)


def _verify_or_tell(ctx: Context, part: Run) -> VerifyOutcome:
    load = ctx.ledger.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome)
    if part.dry_run or load is None or load.trouble:
        return VerifyOutcome()
    ctx.ledger.emit(part.run_id, "verifying", batch=part.batch)
    try:
        outcome = _verify(ctx, part, load) if load.days else VerifyOutcome()
    except LaikeError as error:
        log.warning("verify_failed", run=part.run_id, error=error.message)
        outcome = VerifyOutcome(trouble=error.trouble())
    ctx.ledger.emit(
        part.run_id, "verified", batch=part.batch, agrees=str(outcome.verified).lower(), **ctx.tally.facts()
    )
    return outcome


def _verify(ctx: Context, run: Run, load: LoadOutcome) -> VerifyOutcome:
    back = _ReadBack(ctx, run, load)
    agreements = back.look_until_it_agrees()
    warnings: tuple[str, ...] = ()
    if any(one.duplicates for one in agreements) or ctx.staging.cleared(run.batch_id).record_ids:
        warnings = clear_twins(ctx, run, back.layout, back.wanted)
        if ctx.staging.cleared(run.batch_id).record_ids:
            agreements = back.look_until_it_agrees()
            warnings = (*told(ctx, run, back.layout, back.wanted), *warnings)
    stop_if_unseen(ctx, run, [one for one in agreements if one.at not in back.refused])
    verified = bool(agreements) and all(one.agrees for one in agreements)
    _cover(ctx, back.source, [one.at for one in agreements if one.agrees])
    return VerifyOutcome(agreements=tuple(agreements), verified=verified, warnings=warnings)


class _ReadBack:
    """The table as it is, compared with what was fetched, until they agree."""

    def __init__(self, ctx: Context, run: Run, load: LoadOutcome) -> None:
        self.ctx, self.run, self.days = ctx, run, frozenset(load.days)
        # days of which the load knows that rows are missing: reading them again would change nothing
        self.refused = {AccountDay(one.account_id, one.day) for one in load.refused}
        self.layout, self.field_count = _layout(ctx, run), load.fields

    @property
    def source(self) -> Source:
        """What was fetched, without its rows: those are `wanted`."""
        return self._fetched[0]

    @property
    def wanted(self) -> Sequence[WantedRow]:
        """The table's rows for what was fetched."""
        return self._fetched[1]

    @cached_property
    def _fetched(self) -> tuple[Source, Sequence[WantedRow]]:
        # looked at first while the table's first page is on its way
        source = gather(self.ctx, self.run)
        return source.without_rows(), want(self.layout, self.run, source)

    def look_until_it_agrees(self) -> Sequence[DayAgreement]:
        """How they compare after the last look."""
        agreements: Sequence[DayAgreement] = ()
        for wait in LOOKS_S:
            self.ctx.pause(wait)
            agreements = self._look()
            if all(one.agrees or one.at in self.refused for one in agreements):
                break
        return agreements

    def _look(self) -> tuple[DayAgreement, ...]:
        ctx, run, layout = self.ctx, self.run, self.layout
        hand_on = _hander_on(ctx, run, self.field_count)

        def made(now: Layout, records: Iterable[Record]) -> list[FoundRow]:
            return concerning(run, self.wanted, rows_of(now, hand_on(now, records), self.days))

        _, found = read_following(ctx.base(None), layout, self.days, made)
        _learn_creator(ctx, run, found)
        _learn_columns(ctx, layout)
        if {row.key for row in self.wanted} & {row.key for row in found}:
            ctx.memory.learn_seen()
        accounts = {account.id: account for account in run.accounts}
        places = {at: accounts[at.account_id] for at in self.source.days}
        return agree(self.wanted, found, places, ctx.memory.creator())


def _cover(ctx: Context, source: Source, agreed: Sequence[AccountDay]) -> None:
    """Remember what was fetched whole and agrees; another day stays as it was known before."""
    sums, good = source.digests, set(agreed) - set(source.conflicts)
    ctx.coverage.learn(
        {
            at: Loaded(day.rows, str(day.cost), sums[at], fetch.as_of, day.totals)
            for fetch in source.outcomes
            for day in fetch.days
            if day.state.good and (at := AccountDay(fetch.account_id, day.day)) in good
        }
    )


def _hander_on(ctx: Context, run: Run, field_count: int) -> Callable[[Layout, Iterable[Record]], Iterable[Record]]:
    """Lets what is read back be the early read of the next batch, too, where that covers the same days."""
    if not follows_on(ctx.ledger.run(run.run_id), run.batch + 1):
        return lambda _, records: records
    writes, read_at = writers(ctx), ctx.now()

    def hand_on(layout: Layout, records: Iterable[Record]) -> Iterable[Record]:
        kept = packed(records)
        early = Snapshot(layout, kept, writes, read_at, fields=field_count)
        ctx.staging.offer_snapshot(replace(run, batch=run.batch + 1).batch_id, early)
        return kept

    return hand_on


def _learn_columns(ctx: Context, layout: Layout) -> None:
    """Remember the fields that the load wrote into; their names were told by it where people had changed them."""
    ctx.memory.learn_columns({name: KnownColumn(field.id, field.name) for name, field in layout.fields.items()})


def _layout(ctx: Context, run: Run) -> Layout:
    layout = ctx.staging.layout(run.batch_id)
    if layout is None:
        raise LaikeError(f"{run.run_id}: by which fields was written is not staged any more")
    return layout


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
