"""Write the 同步状态 table: a row per account, day and table says which figures can be trusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
    RowKey,
    StatusRow,
    place,
    rows_about,
    rows_of,
    status_row,
    table_of,
    there,
)
from pipeline.core.errors import ColumnVanished, NotFoundYet, RowVanished, TableFull
from pipeline.core.model import AccountDay, DayRange, china_day, grouped
from pipeline.core.outcome import Run
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


@dataclass(frozen=True, slots=True)
class Said:
    """What a run says of the days of one table.

    Attributes:
        ctx: The context on that table.
        run: The run in that table.
    """

    ctx: Context
    run: Run
    words: Mapping[AccountDay, Word]


def write_status(ctx: Context, run: Run, words: Mapping[AccountDay, Word], *, ends: bool = False) -> list[str]:
    """Bring the status rows of a run in one table up to date; as `write_together`."""
    return write_together([Said(ctx, run, words)], ends=ends)


def write_together(said: Sequence[Said], *, ends: bool) -> list[str]:
    """Bring the status rows of tables of one base up to date, making 同步状态 if needed; returns warnings.

    Args:
        ends: The run's end waits for it, and so for one call: changed rows, where there are new ones too, and new ones
            beyond what a call takes follow the end (`write_later`).
    """
    ctx, run = said[0].ctx, said[0].run
    with ctx.writing() as base:
        # another run may have written what was read later
        said = [replace(one, words=newest(one.ctx, one.words)) for one in said]
        if ends:
            said = _without_later(said)
        rows = [row for one in said for row in rows_said(base, one)]
        absent = iter([frozenset().union(*map(_still_absent, said))])  # as seen by nobody but the first try
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


def _without_later(said: Sequence[Said]) -> list[Said]:
    """The words on rows that are not there, if there are any: as many as one call takes, those of the newest days.

    What is said in others is kept for later.
    """
    new = [(number, at) for number, one in enumerate(said) for at in _new_places(one)]
    if not new:
        return list(said)
    newest_first = sorted(new, key=lambda one: (-one[1].day.toordinal(), one))
    now = set(newest_first[: said[0].ctx.batch_size.now])
    for number, one in enumerate(said):
        if later := {at: word for at, word in one.words.items() if (number, at) not in now}:
            one.ctx.status_ahead.postpone(one.run.own_id, later)
    return [
        replace(one, words={at: word for at, word in one.words.items() if (number, at) in now})
        for number, one in enumerate(said)
    ]


def _new_places(said: Said) -> list[AccountDay]:
    written = said.ctx.status_memory.status_rows([place(at) for at in said.words])
    return [at for at in said.words if place(at) not in written]


def _still_absent(said: Said) -> frozenset[RowKey]:
    """Rows that were not there when a run's rows were read back, unless another status write began since."""
    look = said.ctx.status_ahead.look(said.run.own_id)
    if look is None or said.ctx.writes.days_written(look.writes) is None:
        return frozenset()
    return frozenset((said.ctx.chain.root, one) for one in look.absent)


def _write_or_look_again(
    ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow], absent: frozenset[RowKey]
) -> Sequence[StatusRow]:
    try:
        return _write(ctx, base, run, rows, absent)
    except ColumnVanished:  # a table of an older release, or a person deleted one
        _add_columns(ctx, base)
        return _write(ctx, base, run, rows)
    except (RowVanished, NotFoundYet):  # a person deleted a row or the table
        for root in {row.root for row in rows}:
            ctx.status_memory.beside(root).forget_status()
        return _write(ctx, base, run, rows)


def rows_said(base: Base, said: Said) -> list[StatusRow]:
    """The rows of 同步状态 for what is said."""
    ctx, run = said.ctx, said.run
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
            root=chain.root,
        )
        for at, word in said.words.items()
    ]


def _write(
    ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow], absent: frozenset[RowKey] = frozenset()
) -> Sequence[StatusRow]:
    """Write what differs; returns the rows for which the table has no place.

    Args:
        absent: What needs no search: it has no row.
    """
    records = base.records(status_table(ctx, base))
    written = remembered(ctx, rows)
    if others := [row for row in rows if row.key not in written and row.key not in absent]:
        written |= {key: WrittenRow(record_id, "") for key, record_id in find(ctx, records, others).items()}
    changed = [row for row in rows if row.key in written and written[row.key].digest != row.digest]
    _update(ctx, records, [(written[row.key].record_id, row) for row in changed])
    new = [row for row in rows if row.key not in written]
    if not new:
        return ()
    found = places(ctx, base, records, new)
    try:
        _fill(ctx, records, run, found)
    except TableFull:  # it takes fewer rows than we think
        found = places(ctx, base, records, _unwritten(ctx, records, new), full=True)
        _fill(ctx, records, run, found)
    return found.without


def remembered(ctx: Context, rows: Sequence[StatusRow]) -> dict[RowKey, WrittenRow]:
    """The rows that were written before, of all tables."""
    by_root = grouped((row.root, row.place) for row in rows)
    known = ((root, ctx.status_memory.beside(root).status_rows(of_root)) for root, of_root in by_root.items())
    return {(root, at): row for root, there in known for at, row in there.items()}


def _learn(ctx: Context, written: Iterable[tuple[StatusRow, str]]) -> None:
    """Remember rows that were written, each with its record id."""
    by_root = grouped((row.root, (row.place, WrittenRow(record_id, row.digest))) for row, record_id in written)
    for root, rows in by_root.items():
        ctx.status_memory.beside(root).learn_status_rows(dict(rows))


def _fill(ctx: Context, records: Records, run: Run, found: Places) -> None:
    """Let old rows carry new days, then create the others."""
    _forget(ctx, [old for old, _ in found.reuse])
    _update(ctx, records, [(old.record_id, row) for old, row in found.reuse])
    write_batches(found.create, ctx.batch_size, lambda batch: _create(ctx, records, run, batch))


def _forget(ctx: Context, old: Sequence[OldRow]) -> None:
    """Forget the days of rows before they carry others, so that a kill in between leaves no wrong place."""
    owner, ours = ctx.schema.owner(), ctx.chain
    for table_id in {one.table_id or owner or ours.root for one in old}:
        root = table_id if table_id in ours.ids else ctx.chains.root_of(table_id)
        ctx.status_memory.beside(root).forget_status_rows({one.record_id for one in old})


def _unwritten(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> list[StatusRow]:
    found = find(ctx, records, rows)
    return [row for row in rows if row.key not in found]


def _update(ctx: Context, records: Records, rows: Sequence[tuple[str, StatusRow]]) -> None:
    def update(batch: Sequence[tuple[str, StatusRow]]) -> None:
        records.batch_update([(record_id, row.cells) for record_id, row in batch])
        _learn(ctx, ((row, record_id) for record_id, row in batch))

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
            _learn(self.ctx, zip(rows, ids, strict=True))

    def absent(self, rows: Sequence[StatusRow]) -> list[StatusRow]:
        return _unwritten(self.ctx, self.records, rows)


def _create(ctx: Context, records: Records, run: Run, rows: Sequence[StatusRow]) -> None:
    create_surely(_Creation(ctx, records, run), rows)
    learn_created(ctx, records, len(rows))


def find(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> dict[RowKey, str]:
    """Record ids of the rows that are there already.

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
