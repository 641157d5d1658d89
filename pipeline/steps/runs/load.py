"""Write what was fetched: find the difference, record it, write in batches, one writer per base."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TypeVar

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.errors import BadResponse, Busy, ColumnVanished, LaikeError, Retryable, RowVanished, TableFull
from pipeline.core.model import DayRange, FoundRow, Key, WantedRow, china_day
from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.loaded import LastLoad, Written, last_load, load_outcome
from pipeline.core.runs.quality import agree
from pipeline.core.runs.shared_keys import Shared
from pipeline.core.runs.source import Ready, concerning, want
from pipeline.core.table.column_changes import column_warnings
from pipeline.core.table.diff import Change, Difference, Update, after, causes, changes, diff
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.core.table.revisions import cause_by, revisions
from pipeline.core.table.shared_keys import settled
from pipeline.state.runs.staging import Snapshot
from pipeline.steps.runs.carried import is_carried
from pipeline.steps.runs.early_read import fresh_or_anew
from pipeline.steps.runs.once import Work, once, part_of
from pipeline.steps.runs.pieces import load_pieces
from pipeline.steps.runs.ready import ready
from pipeline.steps.runs.shared_keys import settle_with_holders
from pipeline.steps.table.capacity import require_capacity
from pipeline.steps.table.create import create_surely
from pipeline.steps.table.read import read_following, remembered_count, rows_of, take_snapshot
from pipeline.steps.table.revisions import log_revisions
from pipeline.steps.table.visibility import refuse_empty, refuse_lost_keys, require_visibility
from pipeline.steps.table.write import Bisection, write_batches

T = TypeVar("T")
ROUNDS = 5  # readings of a table that keeps changing, before the load gives up

log = structlog.get_logger()


def load(ctx: Context, run_id: str, batch: int) -> LoadOutcome:
    """Write what a batch's fetches brought, or return what an earlier delivery wrote.

    A failure is an outcome too. Raises as `once` does.
    """
    part = part_of(ctx, run_id, batch)
    work = Work(lambda counting: _attempt(counting, part), lambda why: LoadOutcome(trouble=why))
    return once(ctx, run_id, Step(LOAD, batch), LoadOutcome, work)


def _attempt(ctx: Context, part: Run) -> LoadOutcome:
    try:
        require_capacity(ctx, part)
        ctx.events.emit(part.run_id, "loading", batch=part.batch)
        outcome = LoadOutcome() if is_carried(ctx, part) else load_pieces(ctx, part, _load)
    except Busy:
        raise
    except LaikeError as error:
        log.warning("load_failed", run=part.run_id, error=error.message)
        outcome = LoadOutcome(trouble=error.trouble())
    ctx.events.emit(
        part.run_id,
        "loaded",
        batch=part.batch,
        created=outcome.created,
        updated=outcome.updated,
        unchanged=outcome.unchanged,
        reason=outcome.trouble.message if outcome.trouble else "",
        **ctx.tally.facts(),
    )
    return outcome


def _load(ctx: Context, run: Run) -> LoadOutcome:
    require_visibility(ctx)
    if run.dry_run:
        return _compare(ctx, run)
    # the run's deadline ends the fetching, not the load of what is there
    with ctx.writing() as base:
        # rows are unpacked under the lock: a load that waits for it holds none
        at_hand = ready(ctx, run)
        if not at_hand.read_at:
            return LoadOutcome(stale=at_hand.stale)
        snapshot = fresh_or_anew(ctx, run, base)
        wanted = want(snapshot.layout, run, at_hand.source)
        at_hand = replace(at_hand, source=at_hand.source.without_rows())
        work = _Load(ctx, run, base, ready=at_hand, wanted=wanted, snapshot=snapshot)
        work.prepare()
        work.write()
        ctx.staging.put_layout(run.batch_id, work.layout)
        return work.outcome(work.recorded)


def _compare(ctx: Context, run: Run) -> LoadOutcome:
    """What a load would write, and what its read-back would say; refused like a load."""
    at_hand, base = ready(ctx, run), ctx.base(None)
    if not at_hand.read_at:
        return LoadOutcome(stale=at_hand.stale)
    snapshot = ctx.staging.snapshot(run.batch_id) or take_snapshot(ctx, run, base)
    wanted = want(snapshot.layout, run, at_hand.source)
    work = _Load(ctx, run, base, ready=at_hand, wanted=wanted, snapshot=snapshot)
    work.prepare()
    would = {change.key: change for change in changes(work.difference())}
    return replace(work.outcome(would), foreseen=work.foreseen())


class _Load:
    """One load: the table as last read, and the recorded changes."""

    def __init__(
        self, ctx: Context, run: Run, base: Base, *, ready: Ready, wanted: Sequence[WantedRow], snapshot: Snapshot
    ) -> None:
        self.ctx, self.run, self.base, self.ready, self.wanted = ctx, run, base, ready, wanted
        self.source, self.layout, self.pause = ready.source, snapshot.layout, ctx.pause
        self.refused: dict[Key, str] = {}
        self.shared, self.bisecting_calls = Shared(), 0
        self.days = self.source.days_of(run)
        self.found = concerning(run, self.wanted, rows_of(self.layout, snapshot.records, self.days))
        self.recorded = ctx.staging.changes(run.batch_id)
        # what an earlier delivery may have sent, and what this one sent
        self.begun = {key for key, change in self.recorded.items() if change.created}
        self.sent: set[str] = set()
        self.seen = bool(self.found or snapshot.count)  # whether we can see rows of the table
        # a count from before other writes is outdated
        self.counted = snapshot.count if snapshot.writes == ctx.writes.writes() else None
        self.rows: int | None = None  # of the whole table, after the write
        self.asked = False  # whether they were counted, not remembered
        self.fields = snapshot.fields

    def prepare(self) -> None:
        """Read the days that the snapshot lacks, settle shared keys, and find rows that the table cannot hold."""
        refuse_lost_keys(self.ctx, self.base, self.layout, stop=not self.run.dry_run)
        if besides := self.days - set(self.run.days):  # older days whose totals changed
            self.found += self._read(besides)
        self.shared = settle_with_holders(self.ctx, self.run, self.layout, self.wanted, self.found)
        if self.shared.keys:
            self.wanted = settled(self.wanted, self.shared.keys, self.layout)
            self.ctx.staging.put_shared(self.run.batch_id, self.shared.keys)
        self.refused = {row.key: why for row in self.wanted if (why := self.layout.unfit(row))}

    def outcome(self, done: Mapping[Key, Change]) -> LoadOutcome:
        """The outcome by what was done, or would be in a dry run."""
        work = Written(
            wanted=self.wanted,
            layout=self.layout,
            done=done,
            refused=self.refused,
            shared=self.shared,
            ready=self.ready,
            days=self.days,
            fields=self.fields,
        )
        before, source = self.before, self.source.digests
        why = causes(work.in_table.values(), source, before.checksums, before.is_new(self.layout))
        return load_outcome(work, why, before.costs, column_warnings(before.fields, self.layout, why))

    @cached_property
    def before(self) -> LastLoad:
        """What was last loaded, as it stands before this load."""
        return last_load(self.ctx.coverage.at(self.source.days), self.source, self.ctx.table_facts.columns())

    def difference(self) -> Difference:
        """What is left to write."""
        return diff([row for row in self.wanted if row.key not in self.refused], self.found)

    def foreseen(self) -> tuple[DayAgreement, ...]:
        """How the table would compare with the source after the write.

        Raises:
            TableFull: The rows do not fit.
            TableUnseen: The table reads as empty although it must have rows.
        """
        difference, accounts = self.difference(), {account.id: account for account in self.run.accounts}
        if difference.create:
            self._check_capacity(len(difference.create))
        places = {at: accounts[at.account_id] for at in self.source.days}
        return agree(self.wanted, after(difference, self.found), places, self.ctx.base_facts.creator())

    def write(self) -> None:
        """Write until the table agrees; `LaikeError` if it keeps changing under us."""
        for left in reversed(range(ROUNDS)):
            difference = self.difference()
            if difference.empty:
                self._claim()
                break
            self._begin(difference)
            try:
                self._update(difference.update)
                self._create(difference.create)
            except (RowVanished, ColumnVanished, Retryable, BadResponse) as error:
                changed = isinstance(error, RowVanished | ColumnVanished)
                if not left or not (changed or error.effect_possible):
                    raise
                log.warning("read_again", run=self.run.run_id, error=error.message)
                self.ctx.pause(1)
                self.found = self._read(self.days)
            else:
                self._learn_rows()
                break
        self._log(written=True)

    def _log(self, *, written: bool) -> None:
        """Log which figures of earlier loads change: before the first write, so that a kill hides none, and after."""
        done = [change for key, change in self.recorded.items() if key not in self.refused]
        if not all(change.created for change in self.recorded.values()):
            why = cause_by(self.source.digests, self.before.checksums)
            found = revisions(done, self.layout.columns, self.wanted, why, self.before.is_new(self.layout))
            log_revisions(self.ctx, self.run, list(found), written=written)

    def _begin(self, difference: Difference) -> None:
        """Check the capacity and record the changes, then announce the write to older readings and early reads."""
        if difference.create:
            self._check_capacity(len(difference.create))
        for change in changes(difference):
            self.recorded.setdefault(change.key, change)
        self.ctx.staging.put_changes(self.run.batch_id, self.recorded)
        self._log(written=False)
        self._claim()
        self.ctx.writes.begin_writing(DayRange(min(self.days), max(self.days)), self.base.table_id)

    def _claim(self) -> None:
        """Keep older readings from writing these days, even if this one is never read back."""
        self.ctx.readings.begin({at: self.ready.read_at[at] for at in self.source.days}, self.ctx.shared_now())

    def _check_capacity(self, more: int) -> None:
        count, cap = self._count(more), self.ctx.settings.table_max_rows
        if not count:
            refuse_empty(self.ctx, self.run.accounts, stop=not self.run.dry_run)
        if count + more > cap:
            msg = f"{more} rows to create do not fit: the table holds {count} of {cap} (LAIKE_TABLE_MAX_ROWS)"
            advice = (
                f"表格已有 {count:,} 行，上限 {cap:,} 行，本次需新增 {more:,} 行，未写入；请归档旧数据或换一张新表。"
            )
            raise TableFull(msg, what_to_do=advice)
        self.rows = count + more

    def _count(self, more: int) -> int:
        """Rows of the whole table: as remembered, while we see rows and far from the limit; else counted."""
        remembered = remembered_count(self.ctx, more) if self.seen and self.rows is None else None
        remembered = remembered or None  # a load that was killed added the rows that we see, and learned no count
        self.asked = remembered is None
        if remembered is not None:
            return remembered
        count = self.base.records().count() if self.counted is None else self.counted
        self.counted = None  # a later round counts anew
        return count

    def _learn_rows(self) -> None:
        if self.rows is not None:
            self.ctx.table_facts.learn_rows(china_day(self.ctx.now()), self.rows, counted=self.asked)

    def _update(self, updates: Sequence[Update]) -> None:
        def update(batch: Sequence[Update]) -> None:
            self.base.records().batch_update([(one.record_id, self.layout.encode(one.new)) for one in batch])

        self._write_all(updates, update, lambda one: one.row)

    def _create(self, rows: Sequence[WantedRow]) -> None:
        def create(batch: Sequence[WantedRow]) -> None:
            name = self.name(batch)
            # the service repeats its answer to a known token, whatever became of the rows since
            again = name in self.sent or any(row.key in self.begun for row in batch)
            self.sent.add(name)
            create_surely(self, batch, again=again)

        self._write_all(rows, create, lambda row: row)

    def _write_all(
        self, rows: Sequence[T], write: Callable[[Sequence[T]], None], row_of: Callable[[T], WantedRow]
    ) -> None:
        bisection: Bisection[T] = Bisection(self.bisecting_calls)
        write_batches(rows, self.ctx.batch_size, lambda batch: bisection.write(batch, write))
        self.bisecting_calls = bisection.calls
        self.refused |= {row_of(row).key: error.message for row, error in bisection.refused}

    def send(self, rows: Sequence[WantedRow], token: str) -> None:
        self.base.records().batch_create([self.layout.encode(row.cells) for row in rows], token)

    def absent(self, rows: Sequence[WantedRow]) -> list[WantedRow]:
        there = {row.key for row in self._read(self.days)}
        return [row for row in rows if row.key not in there]

    def name(self, rows: Sequence[WantedRow]) -> str:
        text = "\n".join(f"{row.key} {sorted(row.cells.items())}" for row in rows)
        return f"{self.base.table_id} {self.run.plan_name} {hashlib.sha256(text.encode()).hexdigest()}"

    def _read(self, days: Collection[date]) -> list[FoundRow]:
        def made(layout: Layout, records: Iterable[Record]) -> list[FoundRow]:
            return concerning(self.run, self.wanted, rows_of(layout, records, days))

        self.layout, rows = read_following(self.base, self.layout, days, made)
        return rows
