"""Read the table back and compare it with the source: only then is a run a success."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import structlog

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.standing import TableDay, table_days
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay, FoundRow, WantedRow
from pipeline.core.outcome import LoadOutcome, Run, VerifyOutcome
from pipeline.core.read_back import DayAgreement, Overtaken
from pipeline.core.runs.flow import LOAD, VERIFY, Step
from pipeline.core.runs.pieces import in_piece
from pipeline.core.runs.plan import follows_on, of_one_table, parts, places
from pipeline.core.runs.quality import agree, all_agree, creator_of
from pipeline.core.runs.source import Source, concerning, want
from pipeline.core.table.column_changes import written_fields
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.state.runs.staging import Snapshot, packed
from pipeline.steps.coverage.look_ahead import look_ahead
from pipeline.steps.coverage.standing import newer
from pipeline.steps.runs.carried import is_carried
from pipeline.steps.runs.once import Work, once, part_of
from pipeline.steps.runs.pieces import verify_pieces
from pipeline.steps.runs.ready import fetches
from pipeline.steps.runs.shared_keys import settled_by_load
from pipeline.steps.table.read import read_following, read_when_quiet, rows_of, writers
from pipeline.steps.table.twins import clear_twins, told
from pipeline.steps.table.visibility import stop_if_invisible

# seconds before each reading: what was just written may lag
LOOKS_S = (0.0, 1.0, 3.0, 8.0)

log = structlog.get_logger()


def verify(ctx: Context, run_id: str, batch: int) -> VerifyOutcome:
    """Read back what a load wrote, or return what an earlier delivery found.

    A failure is an outcome too. Raises as `once` does.
    """
    part = part_of(ctx, run_id, batch)
    work = Work(lambda counting: _attempt(counting, part), lambda why: VerifyOutcome(trouble=why))
    return once(ctx, run_id, Step(VERIFY, batch), VerifyOutcome, work)


def _attempt(ctx: Context, part: Run) -> VerifyOutcome:
    load = ctx.outcomes.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome)
    if part.dry_run or load is None or load.trouble:
        return VerifyOutcome()
    ctx.events.emit(part.run_id, "verifying", batch=part.batch)
    with ThreadPoolExecutor(1) as beside:
        if len(of_one_table(parts(ctx.ledger.run(part.run_id)), part)) == 1:
            beside.submit(_look_ahead, ctx.counting(), part)
        try:
            outcome = _read_back(ctx, part, load)
        except LaikeError as error:
            log.warning("verify_failed", run=part.run_id, error=error.message)
            outcome = VerifyOutcome(trouble=error.trouble())
        ctx.events.emit(
            part.run_id, "verified", batch=part.batch, agrees=str(outcome.verified).lower(), **ctx.tally.facts()
        )
    return outcome


def _look_ahead(ctx: Context, run: Run) -> None:
    """Look at 同步状态 beside the read-back; where that fails, the run's end looks itself and says what is wrong."""
    try:
        look_ahead(ctx, run)
    except Exception:
        log.exception("no_look_ahead", run=run.run_id)


def _read_back(ctx: Context, part: Run, load: LoadOutcome) -> VerifyOutcome:
    if is_carried(ctx, part):
        return all_agree(places(part))
    return verify_pieces(ctx, part, load, _verify)


def _verify(ctx: Context, run: Run, load: LoadOutcome) -> VerifyOutcome:
    back = _ReadBack(ctx, run, load)
    back.look_until_it_agrees()
    warnings: tuple[str, ...] = ()
    if any(one.duplicates for one in back.agreements) or ctx.staging.cleared(run.batch_id).record_ids:
        warnings = clear_twins(ctx, run, back.layout, back.wanted)
        if ctx.staging.cleared(run.batch_id).record_ids:
            back.look_until_it_agrees()
            warnings = (*told(ctx, run, back.layout, back.wanted), *warnings)
    stop_if_invisible(ctx, run, [one for one in back.agreements if one.at not in back.refused])
    back.cover()
    return VerifyOutcome(
        agreements=back.agreements, overtaken=back.overtaken, verified=back.verified, warnings=warnings
    )


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What a batch fetched: sources without rows, the wanted rows, and when each day was read."""

    sources: tuple[Source, ...]
    wanted: Sequence[WantedRow]
    read_at: Mapping[AccountDay, datetime]


class _ReadBack:
    """The table compared with what was fetched, until they agree.

    Days that another run read later are compared with its figures, once it has read them back.

    Attributes:
        agreements: How the table compares with what was fetched, after the last look.
        overtaken: The days with newer figures.
    """

    def __init__(self, ctx: Context, run: Run, load: LoadOutcome) -> None:
        self.ctx, self.run, self.load = ctx, run, load
        self.days = frozenset(day for day in load.days if in_piece(run, day))
        # days with refused rows: reading them again changes nothing
        self.refused = {AccountDay(one.account_id, one.day) for one in load.refused}
        self.layout, self.field_count = _layout(ctx, run), load.fields
        self.agreements: tuple[DayAgreement, ...] = ()
        self.overtaken: tuple[Overtaken, ...] = ()
        self._there: Mapping[AccountDay, TableDay] = {}

    @property
    def wanted(self) -> Sequence[WantedRow]:
        """The table's rows for what was fetched."""
        return self._fetched.wanted

    @property
    def verified(self) -> bool:
        """Whether every day that was fetched is right in the table."""
        checked = bool(self.agreements or self.overtaken)
        return checked and all(one.agrees for one in self.agreements) and all(one.proven for one in self.overtaken)

    @cached_property
    def _fetched(self) -> _Fetched:
        # unpacked while the table's first page is on its way
        found = fetches(self.ctx, self.run).without(self.load.stale)
        read_at, outdated = found.read_at(), frozenset(self.load.outdated)
        # days that the load left alone may stand until the newer figures are read back
        own, older = found.source(read_at.keys() - outdated), found.source(read_at.keys() & outdated)
        wanted = settled_by_load(self.ctx, self.run, self.load, self.layout, want(self.layout, self.run, own))
        wanted += want(self.layout, self.run, older)
        return _Fetched((own.without_rows(), older.without_rows()), wanted, read_at)

    def look_until_it_agrees(self) -> None:
        """Look, and look again while something differs that may still arrive."""
        for wait in LOOKS_S:
            self.ctx.pause(wait)
            self._look()
            settled = all(one.agrees or one.at in self.refused for one in self.agreements)
            if settled and all(one.proven for one in self.overtaken):
                break

    def _look(self) -> None:
        ctx, run, layout = self.ctx, self.run, self.layout
        hand_on = _stage_for_next(ctx, run, self.field_count)

        def made(now: Layout, records: Iterable[Record]) -> list[FoundRow]:
            return concerning(run, self.wanted, rows_of(now, hand_on(now, records), self.days))

        _, found = read_when_quiet(ctx, lambda base: read_following(base, layout, self.days, made))
        _learn_creator(ctx, run, found)
        read_at = min(self._fetched.read_at.values(), default=ctx.shared_now())
        ctx.table_facts.learn_columns(written_fields(ctx.table_facts.columns(), layout, read_at))
        if {row.key for row in self.wanted} & {row.key for row in found}:
            ctx.visibility.learn_seen()
        accounts = {account.id: account for account in run.accounts}
        places = {at: accounts[at.account_id] for at in self._fetched.read_at}
        self._there = table_days(found, places)
        self._judge(agree(self.wanted, found, places, ctx.base_facts.creator()))

    def _judge(self, agreements: Iterable[DayAgreement]) -> None:
        """Split the days into ours, and those overtaken by a newer reading."""
        overtaken, ours = [], []
        later = newer(self.ctx, self._fetched.read_at)
        for one in agreements:
            loaded = later.get(one.at)
            if loaded or (one.at in later and not one.agrees):
                overtaken.append(_overtaken(one.at, self._there[one.at], loaded))
            else:
                ours.append(one)
        self.agreements, self.overtaken = tuple(ours), tuple(overtaken)

    def cover(self) -> None:
        """Record coverage of the days that agree; that of other days stays."""
        sources = self._fetched.sources
        unsure = {AccountDay(one.account_id, one.day) for one in self.load.doubts}.union(
            self.load.conflicts, *(source.conflicts for source in sources)
        )
        good = {one.at for one in self.agreements if one.agrees} - unsure
        sums = {at: digest for source in sources for at, digest in source.digests.items()}
        covered = {
            at: Loaded(day.rows, str(day.cost), sums[at], fetch.as_of, day.totals, self._there[at].digest)
            for fetch in sources[0].outcomes
            for day in fetch.days
            if day.state.good and (at := AccountDay(fetch.account_id, day.day)) in good
        }
        if self.run.chain:  # Redis may have been emptied: coverage without a chain looks like a table alone
            self.ctx.chains.learn_again(self.run.chain)
        self.ctx.coverage.learn(covered, self.ctx.shared_now())


def _overtaken(at: AccountDay, there: TableDay, loaded: Loaded | None) -> Overtaken:
    """A day with newer figures; one read back by an older release has no digest, and is believed."""
    proven = loaded is not None and loaded.table in ("", there.digest)
    against = loaded.as_of if loaded else None
    return Overtaken(
        account_id=at.account_id, day=at.day, rows=there.rows, cost=there.cost, against=against, proven=proven
    )


def _stage_for_next(ctx: Context, run: Run, field_count: int) -> Callable[[Layout, Iterable[Record]], Iterable[Record]]:
    """Stages what is read back as the early read of the next batch, if that covers the same days."""
    if not follows_on(ctx.ledger.run(run.run_id), run.batch + 1):
        return lambda _, records: records
    writes, read_at = writers(ctx), ctx.now()

    def hand_on(layout: Layout, records: Iterable[Record]) -> Iterable[Record]:
        kept = packed(records)
        early = Snapshot(layout, kept, writes, read_at, fields=field_count)
        ctx.staging.offer_snapshot(replace(run, batch=run.batch + 1).batch_id, early)
        return kept

    return hand_on


def _layout(ctx: Context, run: Run) -> Layout:
    layout = ctx.staging.layout(run.batch_id)
    if layout is None:
        raise LaikeError(f"{run.run_id}: the fields that were written are no longer staged")
    return layout


def _learn_creator(ctx: Context, run: Run, found: Sequence[FoundRow]) -> None:
    """Learn whom the table names as the creator of our rows."""
    if ctx.base_facts.creator():
        return
    created = [key for key, change in ctx.staging.changes(run.batch_id).items() if change.created]
    if ours := creator_of(created, found):
        ctx.base_facts.learn_creator(ours)
