"""Bring the table to what was fetched: difference, record of it, batch writes, one writer per base."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import structlog

from pipeline.context import Base, Context
from pipeline.core.diff import Change, Difference, Update, causes, changes, diff
from pipeline.core.errors import BadResponse, Busy, ColumnVanished, LaikeError, Retryable, RowVanished, TableFull
from pipeline.core.flow import LOAD, Step
from pipeline.core.model import AccountDay, DayRange, FoundRow, Key, WantedRow, china_day
from pipeline.core.outcome import LoadOutcome, Run, Shift
from pipeline.core.quality import refusals
from pipeline.core.table import Layout
from pipeline.state.coverage import Loaded
from pipeline.state.staging import Snapshot
from pipeline.steps.once import Work, once, part_of
from pipeline.steps.read import Record, read_following, remembered_count, rows_of, take_snapshot
from pipeline.steps.room import ensure_room
from pipeline.steps.source import Source, concerning, gather, want
from pipeline.steps.unseen import refuse_empty, refuse_unseen
from pipeline.steps.write import Bisection, create_surely, write_batches

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
        ctx.ledger.emit(part.run_id, "loading", batch=part.batch)
        outcome = _load(ctx, part)
    except Busy:
        raise
    except LaikeError as error:
        log.warning("load_failed", run=part.run_id, error=error.message)
        outcome = LoadOutcome(trouble=error.trouble())
    ctx.ledger.emit(
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
    if run.dry_run:
        return _compare(ctx, run)
    refuse_unseen(ctx)
    # the run's deadline ends the fetching; what is there by then is loaded
    with ctx.writing() as base:
        # what was fetched is unpacked when it is our turn: whoever waits for that holds no rows
        source = gather(ctx, run)
        if not source.days:
            return LoadOutcome()
        snapshot = _fresh_enough(ctx, run) or _read_anew(ctx, run, base)
        wanted, source = want(snapshot.layout, run, source), source.without_rows()
        work = _Load(ctx, run, base, source=source, wanted=wanted, snapshot=snapshot)
        work.read_besides()
        work.write()
        ctx.staging.put_layout(run.batch_id, work.layout)
        return _tell(ctx, work, dry_run=False)


def _compare(ctx: Context, run: Run) -> LoadOutcome:
    """What a load would write."""
    source, base = gather(ctx, run), ctx.base(None)
    if not source.days:
        return LoadOutcome()
    snapshot = ctx.staging.snapshot(run.batch_id) or take_snapshot(ctx, run, base)
    wanted = want(snapshot.layout, run, source)
    work = _Load(ctx, run, base, source=source, wanted=wanted, snapshot=snapshot)
    work.read_besides()
    return _tell(ctx, work, dry_run=True)


def _fresh_enough(ctx: Context, run: Run) -> Snapshot | None:
    """The early read, if nobody wrote its days since, it is recent, and no earlier delivery had begun to write."""
    early = ctx.staging.snapshot(run.batch_id)
    if not early or early.layout.columns != ctx.settings.columns or ctx.staging.changes(run.batch_id):
        return None
    written = ctx.memory.days_written(early.writes)
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
        self, ctx: Context, run: Run, base: Base, *, source: Source, wanted: Sequence[WantedRow], snapshot: Snapshot
    ) -> None:
        self.ctx, self.run, self.base, self.source, self.wanted = ctx, run, base, source, wanted
        self.layout = snapshot.layout
        self.refused = {row.key: why for row in self.wanted if (why := self.layout.unfit(row))}
        self.bisecting_calls = 0
        self.days = source.days_of(run)
        self.found = concerning(run, self.wanted, rows_of(self.layout, snapshot.records, self.days))
        self.recorded = ctx.staging.changes(run.batch_id)
        self.seen = bool(self.found or snapshot.count)  # whether rows of the table can be seen
        # rows that others wrote meanwhile are not in it
        self.counted = snapshot.count if snapshot.writes == ctx.memory.writes() else None
        self.rows: int | None = None  # of the whole table, when all is written
        self.asked = False  # whether they were counted for this load
        self.fields = snapshot.fields

    def read_besides(self) -> None:
        """Read the days that the snapshot lacks: those that were fetched because their totals moved."""
        if besides := self.days - set(self.run.days):
            self.found += self._read(besides)

    def difference(self) -> Difference:
        """What is still to be written."""
        return diff([row for row in self.wanted if row.key not in self.refused], self.found)

    def write(self) -> None:
        """Write until nothing differs any more.

        Raises:
            LaikeError: As the service says, or the table kept changing under us.
        """
        for left in reversed(range(ROUNDS)):
            difference = self.difference()
            if difference.empty:
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
        """Check the room, then record what is about to be changed, then tell early readers."""
        if difference.create:
            self._check_room(len(difference.create))
        for change in changes(difference):
            self.recorded.setdefault(change.key, change)
        self.ctx.staging.put_changes(self.run.batch_id, self.recorded)
        self.ctx.memory.begin_writing(DayRange(min(self.days), max(self.days)))

    def _check_room(self, more: int) -> None:
        count, cap = self._count(more), self.ctx.settings.table_max_rows
        if not count:
            refuse_empty(self.ctx, self.run.accounts)
        if count + more > cap:
            msg = f"{more} rows to create do not fit: the table holds {count} of {cap} (LAIKE_TABLE_MAX_ROWS)"
            advice = f"表格已有 {count} 行, 上限 {cap} 行, 需新增 {more} 行: 请归档旧数据或换新表。"
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
            self.ctx.memory.learn_rows(china_day(self.ctx.now()), self.rows, counted=self.asked)

    def _update(self, updates: Sequence[Update]) -> None:
        def update(batch: Sequence[Update]) -> None:
            self.base.records().batch_update([(one.record_id, self.layout.encode(one.new)) for one in batch])

        self._write_all(updates, update, lambda one: one.row)

    def _create(self, rows: Sequence[WantedRow]) -> None:
        def create(batch: Sequence[WantedRow]) -> None:
            create_surely(batch, self._send, self._absent, self._name(batch), self.ctx.pause)

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
        return f"{self.base.table_id} {self.run.run_id} {hashlib.sha256(text.encode()).hexdigest()}"

    def _read(self, days: Collection[date]) -> list[FoundRow]:
        def made(layout: Layout, records: Iterable[Record]) -> list[FoundRow]:
            return concerning(self.run, self.wanted, rows_of(layout, records, days))

        self.layout, rows = read_following(self.base, self.layout, days, made)
        return rows


def _tell(ctx: Context, work: _Load, *, dry_run: bool) -> LoadOutcome:
    done: dict[Key, Change] = dict(work.recorded)
    if dry_run:
        done = {change.key: change for change in changes(work.difference())}
    done = {key: change for key, change in done.items() if key not in work.refused}
    covered = ctx.coverage.at(work.source.days)
    loaded = {at: known.checksum for at, known in covered.items() if work.source.comparable(known.checksum)}
    why = causes(done.values(), work.source.digests, loaded)
    created = sum(change.created for change in done.values())
    warnings = _renamed(ctx, work.layout)
    warnings += [f"{why.edited} 行被人工改动, 已恢复为数据源的值"] if why.edited else []
    warnings += [f"{why.recreated} 行曾被人工删除, 已重新写入"] if why.recreated else []
    return LoadOutcome(
        created=created,
        updated=len(done) - created,
        unchanged=len(work.wanted) - len(done) - len(work.refused),
        restated=why.restated,
        shifts=_shifts(work.source, why.restated, covered),
        fields=work.fields,
        days=tuple(sorted(work.days)),
        edited=why.edited,
        conflicts=work.source.conflicts,
        refused=refusals((row, work.refused[row.key]) for row in work.wanted if row.key in work.refused),
        warnings=tuple(warnings),
    )


def _shifts(source: Source, restated: Iterable[AccountDay], covered: Mapping[AccountDay, Loaded]) -> tuple[Shift, ...]:
    return tuple(
        Shift(account_id=at.account_id, day=at.day, before=Decimal(covered[at].cost), after=source.costs[at])
        for at in restated
    )


def _renamed(ctx: Context, layout: Layout) -> list[str]:
    """Columns that people renamed since the last load; a name that was told once is known from then on."""
    known = {name: column.name for name, column in ctx.memory.columns().items()}
    return [f"“{name}”列已改名为“{now}”, 已跟随" for name, now in layout.renamed.items() if known.get(name) != now]
