"""Write the 同步状态 table: a row per account, day and table says which figures can be trusted."""

from collections.abc import Mapping, Sequence

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import BatchSize, Records
from pipeline.context import Context
from pipeline.core.coverage.status import (
    FIELDS,
    FOUND_BY,
    NAME,
    TABLE,
    OldRow,
    Places,
    StatusRow,
    place,
    rows_about,
    rows_of,
    status_row,
    table_of,
    there,
)
from pipeline.core.errors import ColumnVanished, NotFoundYet, RowVanished, TableFull
from pipeline.core.model import AccountDay, DayRange, china_day
from pipeline.core.outcome import DayOutcome, DayState, Run
from pipeline.core.runs.findings import Word
from pipeline.core.runs.plan import window
from pipeline.core.table.limits import status_left_out
from pipeline.state.coverage.status_memory import WrittenRow
from pipeline.steps.coverage.standing import newest
from pipeline.steps.coverage.status_capacity import learn_created, places
from pipeline.steps.table.create import create_surely
from pipeline.steps.table.read import time_zone
from pipeline.steps.table.write import until_known, write_batches

DAYS_TO_REBUILD = 31  # as far back as corrections reach


def look_ahead(ctx: Context, run: Run) -> None:
    """Look which status rows of a run are there, making the table if needed, while nobody waits for it."""
    at = [AccountDay(account.id, day) for account in run.accounts for day in run.days]
    since = ctx.writes.ended_writes()  # a writer that is at it now may die before it says what it created
    if not ctx.status_memory.status_table():
        with ctx.writing() as base:
            ctx.writes.begin_writing()
            status_table(ctx, base)
        since = ctx.writes.writes()
    base = ctx.base(None)
    rows = _rows(ctx, base, run, {one: Word(DayOutcome(day=one.day, state=DayState.FAILED), None) for one in at})
    written = ctx.status_memory.status_rows([row.place for row in rows])
    if unknown := [row for row in rows if row.place not in written]:
        found = _find(ctx, base.records(status_table(ctx, base)), unknown)
        ctx.status_ahead.learn(run.own_id, since, {row.place for row in unknown} - found.keys())


def write_status(ctx: Context, run: Run, words: Mapping[AccountDay, Word], *, ends: bool = False) -> list[str]:
    """Bring the status rows of a run up to date, making the table if needed; returns warnings.

    Args:
        ends: The run's end waits for it. New rows and changed ones are two calls: where there are both, the changed
            ones follow the end (`write_later`).
    """
    with ctx.writing() as base:
        # another run may have written what was read later
        words = newest(ctx, words)
        if ends:
            words = _without_later(ctx, run, words)
        rows = _rows(ctx, base, run, words)
        absent = iter([_still_absent(ctx, run)])  # as seen by nobody but the first try
        ctx.writes.begin_writing()
        without = until_known(lambda: _write_or_look_again(ctx, base, run, rows, next(absent, frozenset())), ctx.pause)
    return status_left_out(sum(row.good for row in without), sum(not row.good for row in without))


def status_table(ctx: Context, base: Base) -> str:
    """The id of the table: the remembered one, the one of its name, or a new one."""
    if remembered := ctx.status_memory.status_table():
        return remembered
    table_id = base.tables.ids().get(NAME)
    if not table_id:
        table_id = base.tables.create(NAME, FIELDS)
        ctx.table_facts.beside(table_id).learn_rows(china_day(ctx.now()), 0, counted=True)
    ctx.status_memory.learn_status_table(table_id)
    return table_id


def write_later(ctx: Context, run: Run) -> None:
    """Write what was left for after a run's end, unless a newer run has said more since."""
    if words := ctx.status_ahead.later(run.own_id):
        write_status(ctx, run, words)
        ctx.status_ahead.forget_later(run.own_id)


def _without_later(ctx: Context, run: Run, words: Mapping[AccountDay, Word]) -> Mapping[AccountDay, Word]:
    """The words on rows that are not there, if there are any; what is said in others is kept for later."""
    written = ctx.status_memory.status_rows([place(at) for at in words])
    now = {at: word for at, word in words.items() if place(at) not in written}
    if not now or len(now) == len(words):
        return words
    ctx.status_ahead.postpone(run.own_id, {at: word for at, word in words.items() if at not in now})
    return now


def _still_absent(ctx: Context, run: Run) -> frozenset[str]:
    """Places that had no row when the run's rows were read back, unless another status write began since."""
    look = ctx.status_ahead.look(run.own_id)
    return look.absent if look and ctx.writes.days_written(look.writes) is not None else frozenset()


def _write_or_look_again(
    ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow], absent: frozenset[str]
) -> Sequence[StatusRow]:
    try:
        return _write(ctx, base, run, rows, absent)
    except ColumnVanished:  # a table of an older release, or a person deleted one
        _add_columns(ctx, base)
        return _write(ctx, base, run, rows)
    except (RowVanished, NotFoundYet):  # a person deleted a row or the table
        ctx.status_memory.forget_status()
        return _write(ctx, base, run, rows)


def _rows(ctx: Context, base: Base, run: Run, words: Mapping[AccountDay, Word]) -> list[StatusRow]:
    names = {account.id: account.name for account in run.accounts}
    chain, zone = ctx.chain, time_zone(ctx, base)
    return [
        status_row(
            at,
            word.outcome,
            word.as_of or run.started_at,
            name=names[at.account_id],
            table_id=chain.table_of(at.day),
            zone=zone,
        )
        for at, word in words.items()
    ]


def _write(
    ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow], absent: frozenset[str] = frozenset()
) -> Sequence[StatusRow]:
    """Write what differs; returns the rows for which the table has no place.

    Args:
        absent: Places that need no search: they have no row.
    """
    records = base.records(status_table(ctx, base))
    written = ctx.status_memory.status_rows([row.place for row in rows])
    if others := [row for row in rows if row.place not in written and row.place not in absent]:
        written |= {at: WrittenRow(record_id, "") for at, record_id in _find(ctx, records, others).items()}
    changed = [row for row in rows if row.place in written and written[row.place].digest != row.digest]
    _update(ctx, records, [(written[row.place].record_id, row) for row in changed])
    new = [row for row in rows if row.place not in written]
    if not new:
        return ()
    found = places(ctx, base, records, new)
    try:
        _fill(ctx, records, run, found)
    except TableFull:  # it takes fewer rows than we think
        found = places(ctx, base, records, _unwritten(ctx, records, new), full=True)
        _fill(ctx, records, run, found)
    return found.without


def _fill(ctx: Context, records: Records, run: Run, found: Places) -> None:
    """Let old rows carry new days, then create the others."""
    _forget(ctx, [old for old, _ in found.reuse])
    _update(ctx, records, [(old.record_id, row) for old, row in found.reuse])
    write_batches(found.create, ctx.batch_size, lambda batch: _create(ctx, records, run, batch))


def _forget(ctx: Context, old: Sequence[OldRow]) -> None:
    """Forget the days of rows before they carry others, so that a kill in between leaves no wrong place."""
    owner, ours = ctx.schema.owner(), ctx.chain.root
    for table_id in {one.table_id or owner or ours for one in old}:
        ctx.status_memory.beside(table_id).forget_status_rows({one.record_id for one in old})


def _unwritten(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> list[StatusRow]:
    found = _find(ctx, records, rows)
    return [row for row in rows if row.place not in found]


def _update(ctx: Context, records: Records, rows: Sequence[tuple[str, StatusRow]]) -> None:
    def update(batch: Sequence[tuple[str, StatusRow]]) -> None:
        records.batch_update([(record_id, row.cells) for record_id, row in batch])
        ctx.status_memory.learn_status_rows({row.place: WrittenRow(record_id, row.digest) for record_id, row in batch})

    write_batches(rows, ctx.batch_size, update)


class _Creation:
    """Creates status rows of a run."""

    def __init__(self, ctx: Context, records: Records, run: Run) -> None:
        self.ctx, self.records, self.run, self.pause = ctx, records, run, ctx.pause

    def name(self, rows: Sequence[StatusRow]) -> str:
        return f"{self.records.table_id} {self.run.plan_name} {rows[0].place} {len(rows)}"

    def send(self, rows: Sequence[StatusRow], token: str) -> None:
        ids = self.records.batch_create([row.cells for row in rows], token).ids
        if len(ids) == len(rows):
            made = {row.place: WrittenRow(record_id, row.digest) for row, record_id in zip(rows, ids, strict=True)}
            self.ctx.status_memory.learn_status_rows(made)

    def absent(self, rows: Sequence[StatusRow]) -> list[StatusRow]:
        return _unwritten(self.ctx, self.records, rows)


def _create(ctx: Context, records: Records, run: Run, rows: Sequence[StatusRow]) -> None:
    create_surely(_Creation(ctx, records, run), rows)
    learn_created(ctx, records, len(rows))


def _find(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> dict[str, str]:
    """Record ids by place of the rows that are there already.

    All cells are asked for: a table of an older release has no column for the table's id.
    """
    return there(rows, records.search(rows_about(rows), []), ctx.schema.owner())


def _add_columns(ctx: Context, base: Base) -> None:
    """Add our columns that the table lacks; rows that corrections reach get the id of their data table.

    Raises:
        ColumnVanished: A person renamed a column by which rows are found.
    """
    table_id = status_table(ctx, base)
    names = {field.name for field in base.tables.fields(table_id)}
    missing = [one for one in FIELDS if one["field_name"] not in names]
    if not missing or any(one["field_name"] in FOUND_BY for one in missing):
        named = ", ".join(str(one["field_name"]) for one in missing) or "none"
        raise ColumnVanished(f"columns that {NAME} lacks: {named}", what_to_do=f"请恢复{NAME}表的列：{named}。")
    for one in missing:
        base.tables.create_field(table_id, one)
    if any(one["field_name"] == TABLE for one in missing) and (owner := ctx.schema.owner()):
        search = rows_of(days_to_rebuild(ctx), time_zone(ctx, base))
        _name_table(base.records(table_id), search, owner, ctx.batch_size)


def days_to_rebuild(ctx: Context) -> DayRange:
    """The days that are rebuilt from the table after Redis was emptied."""
    return window(ctx.now(), max(DAYS_TO_REBUILD, ctx.settings.catch_up_days))


def _name_table(records: Records, search: Mapping[str, object], owner: str, size: BatchSize) -> None:
    found = records.search(search, [])
    ids = [record.record_id for record in found if not table_of(record.cells)]
    write_batches(ids, size, lambda batch: records.batch_update([(one, {TABLE: owner}) for one in batch]))
