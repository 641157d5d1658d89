"""Bring the table to what was fetched: difference, record of it, batch writes, one writer per base."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.errors import BadResponse, Busy, ColumnVanished, LaikeError, Retryable, RowVanished, TableFull
from pipeline.core.model import DayRange, FoundRow, Key, WantedRow, china_day
from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.quality import agree
from pipeline.core.table.diff import Change, Difference, Update, after, changes, diff
from pipeline.core.table.layout import Layout
from pipeline.core.table.shared_keys import settled
from pipeline.state.runs.staging import Snapshot
from pipeline.steps.runs.carried import is_carried
from pipeline.steps.runs.fetched import concerning, want
from pipeline.steps.runs.loaded import Written, outcome_of
from pipeline.steps.runs.once import Work, once, part_of
from pipeline.steps.runs.ready import Ready, ready
from pipeline.steps.runs.shared_keys import Shared, settle_with_holders
from pipeline.steps.table.capacity import ensure_room
from pipeline.steps.table.read import Record, read_following, remembered_count, rows_of, take_snapshot
from pipeline.steps.table.visibility import refuse_empty, refuse_lost_keys, refuse_unseen
from pipeline.steps.table.write import Bisection, create_surely, write_batches

T = TypeVar("T")
EARLY_READ_GOOD_FOR = timedelta(seconds=60)
ROUNDS = 5  # readings after which a table that keeps changing under us is given up

log = structlog.get_logger()


def load(ctx: Context, run_id: str, batch: int) -> LoadOutcome:
    """Write what a batch's fetches brought, or return what an earlier delivery wrote. A failure is an outcome too.

    Raises:
        Busy: A living process is at it.
        Unforeseen: It broke, and is to be tried again.
    """
    part = part_of(ctx, run_id, batch)
    work = Work(lambda counting: _load_or_tell(counting, part), lambda why: LoadOutcome(trouble=why))
    return once(ctx, run_id, Step(LOAD, batch), LoadOutcome, work)


def _load_or_tell(ctx: Context, part: Run) -> LoadOutcome:
    try:
        ensure_room(ctx, part)
        ctx.events.emit(part.run_id, "loading", batch=part.batch)
        outcome = LoadOutcome() if is_carried(ctx, part) else _load(ctx, part)
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
    refuse_unseen(ctx)
    if run.dry_run:
        return _compare(ctx, run)
    # the run's deadline ends the fetching; what is there by then is loaded
    with ctx.writing() as base:
        # what was fetched is unpacked when it is our turn: whoever waits for that holds no rows
        at_hand = ready(ctx, run)
        if not at_hand.read_at:
            return LoadOutcome(stale=at_hand.stale)
        snapshot = _fresh_enough(ctx, run) or _read_anew(ctx, run, base)
        wanted, at_hand = want(snapshot.layout, run, at_hand.source), at_hand.without_rows()
        work = _Load(ctx, run, base, ready=at_hand, wanted=wanted, snapshot=snapshot)
        work.prepare()
        work.write()
        ctx.staging.put_layout(run.batch_id, work.layout)
        return work.outcome(work.recorded)


def _compare(ctx: Context, run: Run) -> LoadOutcome:
    """What a load would write, and what its read-back would say: refused where the load would be."""
    at_hand, base = ready(ctx, run), ctx.base(None)
    if not at_hand.read_at:
        return LoadOutcome(stale=at_hand.stale)
    snapshot = ctx.staging.snapshot(run.batch_id) or take_snapshot(ctx, run, base)
    wanted = want(snapshot.layout, run, at_hand.source)
    work = _Load(ctx, run, base, ready=at_hand, wanted=wanted, snapshot=snapshot)
    work.prepare()
    would = {change.key: change for change in changes(work.difference())}
    return replace(work.outcome(would), foreseen=work.foreseen())


def _fresh_enough(ctx: Context, run: Run) -> Snapshot | None:
    """The early read, if nobody wrote its days since, it is recent, and no earlier delivery had begun to write."""
    early = ctx.staging.snapshot(run.batch_id)
    if not early or early.layout.columns != ctx.settings.columns or ctx.staging.changes(run.batch_id):
        return None
    written = ctx.writes.days_written(early.writes)
    if written is None or any(day in days for days in written for day in run.days):
        return None
    return early if ctx.now() - early.read_at < EARLY_READ_GOOD_FOR else None


def _read_anew(ctx: Context, run: Run, base: Base) -> Snapshot:
    snapshot = take_snapshot(ctx, run, base)
    ctx.staging.put_snapshot(run.batch_id, snapshot)
    return snapshot


class _Load:
    """One load at work: the table as last read, and the record of what was set out to change."""

    def __init__(
        self, ctx: Context, run: Run, base: Base, *, ready: Ready, wanted: Sequence[WantedRow], snapshot: Snapshot
    ) -> None:
        self.ctx, self.run, self.base, self.ready, self.wanted = ctx, run, base, ready, wanted
        self.source, self.layout = ready.source, snapshot.layout
        self.refused: dict[Key, str] = {}
        self.shared = Shared()
        self.bisecting_calls = 0
        self.days = self.source.days_of(run)
        self.found = concerning(run, self.wanted, rows_of(self.layout, snapshot.records, self.days))
        self.recorded = ctx.staging.changes(run.batch_id)
        # what an earlier delivery may have sent, and what this one did
        self.begun = {key for key, change in self.recorded.items() if change.created}
        self.sent: set[str] = set()
        self.seen = bool(self.found or snapshot.count)  # whether rows of the table can be seen
        # rows that others wrote meanwhile are not in it
        self.counted = snapshot.count if snapshot.writes == ctx.writes.writes() else None
        self.rows: int | None = None  # of the whole table, when all is written
        self.asked = False  # whether they were counted for this load
        self.fields = snapshot.fields

    def prepare(self) -> None:
        """Read what the snapshot lacks, settle what other accounts report too, and look what the table can hold."""
        refuse_lost_keys(self.ctx, self.base, self.layout, stop=not self.run.dry_run)
        if besides := self.days - set(self.run.days):  # days that were fetched because their totals moved
            self.found += self._read(besides)
        self.shared = settle_with_holders(self.ctx, self.run, self.layout, self.wanted, self.found)
        if self.shared.keys:
            self.wanted = settled(self.wanted, self.shared.keys, self.layout)
            self.ctx.staging.put_shared(self.run.batch_id, self.shared.keys)
        self.refused = {row.key: why for row in self.wanted if (why := self.layout.unfit(row))}

    def outcome(self, done: Mapping[Key, Change]) -> LoadOutcome:
        """What was done, or would be."""
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
        return outcome_of(self.ctx, work)

    def difference(self) -> Difference:
        """What is still to be written."""
        return diff([row for row in self.wanted if row.key not in self.refused], self.found)

    def foreseen(self) -> tuple[DayAgreement, ...]:
        """How the table would compare with the source after the write.

        Raises:
            TableFull: The rows do not fit.
            TableUnseen: The table reads as empty although there must be rows in it.
        """
        difference, accounts = self.difference(), {account.id: account for account in self.run.accounts}
        if difference.create:
            self._check_room(len(difference.create))
        places = {at: accounts[at.account_id] for at in self.source.days}
        return agree(self.wanted, after(difference, self.found), places, self.ctx.base_facts.creator())

    def write(self) -> None:
        """Write until nothing differs any more.

        Raises:
            LaikeError: As the service says, or the table kept changing under us.
        """
        for left in reversed(range(ROUNDS)):
            difference = self.difference()
            if difference.empty:
                self._claim()
                return
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
                return

    def _begin(self, difference: Difference) -> None:
        """Check the room, then record what is about to be changed, then tell older readings and early readers."""
        if difference.create:
            self._check_room(len(difference.create))
        for change in changes(difference):
            self.recorded.setdefault(change.key, change)
        self.ctx.staging.put_changes(self.run.batch_id, self.recorded)
        self._claim()
        self.ctx.writes.begin_writing(DayRange(min(self.days), max(self.days)))

    def _claim(self) -> None:
        """From now on an older reading leaves these days alone, whether or not this one is ever read back."""
        self.ctx.readings.begin({at: self.ready.read_at[at] for at in self.source.days}, self.ctx.shared_now())

    def _check_room(self, more: int) -> None:
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
        """Rows of the whole table: as remembered, while there is much room and we see rows in it, else counted."""
        remembered = remembered_count(self.ctx, more) if self.seen and self.rows is None else None
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
            name = self._name(batch)
            # the answer to what was sent before is brought again, whatever became of the rows since
            again = name in self.sent or any(row.key in self.begun for row in batch)
            self.sent.add(name)
            create_surely(batch, self._send, self._absent, name, self.ctx.pause, again=again)

        self._write_all(rows, create, lambda row: row)

    def _write_all(
        self, rows: Sequence[T], write: Callable[[Sequence[T]], None], row_of: Callable[[T], WantedRow]
    ) -> None:
        bisection: Bisection[T] = Bisection(self.bisecting_calls)
        write_batches(rows, self.ctx.batch_size, lambda batch: bisection.write(batch, write))
        self.bisecting_calls = bisection.calls
        self.refused |= {row_of(row).key: error.message for row, error in bisection.refused}

    def _send(self, rows: Sequence[WantedRow], token: str) -> None:
        self.base.records().batch_create([self.layout.encode(row.cells) for row in rows], token)

    def _absent(self, rows: Sequence[WantedRow]) -> list[WantedRow]:
        there = {row.key for row in self._read(self.days)}
        return [row for row in rows if row.key not in there]

    def _name(self, rows: Sequence[WantedRow]) -> str:
        text = "\n".join(f"{row.key} {sorted(row.cells.items())}" for row in rows)
        return f"{self.base.table_id} {self.run.plan_name} {hashlib.sha256(text.encode()).hexdigest()}"

    def _read(self, days: Collection[date]) -> list[FoundRow]:
        def made(layout: Layout, records: Iterable[Record]) -> list[FoundRow]:
            return concerning(self.run, self.wanted, rows_of(layout, records, days))

        self.layout, rows = read_following(self.base, self.layout, days, made)
        return rows
