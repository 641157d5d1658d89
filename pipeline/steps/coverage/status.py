"""Write the 同步状态 table: a row per account, day and table, where an operator sees which figures can be trusted."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import BatchSize, Records
from pipeline.context import Context
from pipeline.core.coverage.states import WORDS
from pipeline.core.coverage.status import (
    ACCOUNT,
    AS_OF,
    COST,
    DAY,
    DAY_MS,
    FIELDS,
    FOUND_BY,
    NAME,
    REASON,
    ROWS,
    STATE,
    TABLE,
    OldRow,
    Places,
    StatusRow,
    table_of,
)
from pipeline.core.errors import ColumnVanished, NotFoundYet, RowVanished, TableFull
from pipeline.core.model import CHINA, AccountDay, DayRange, china_day
from pipeline.core.outcome import Run
from pipeline.core.runs.findings import Word
from pipeline.core.runs.plan import window
from pipeline.core.table.cells import midnight_ms, plain_text
from pipeline.core.table.layout import between
from pipeline.core.table.limits import status_left_out
from pipeline.state.coverage.status_memory import KnownRow, place
from pipeline.steps.coverage.standing import newest
from pipeline.steps.coverage.status_capacity import learn_created, places
from pipeline.steps.table.read import time_zone
from pipeline.steps.table.write import create_surely, until_known, write_batches

# From then on yesterday's figures have settled: a row that says so is worth a write, a later minute is not. A minute
# before the run that reads them again: Redis, whose clock dates a reading, may be a little behind the one of beat.
SETTLED = time(10, 34)
RECALLED_DAYS = 31  # as far back as corrections reach: what is taken over where Redis was emptied


def write_status(ctx: Context, run: Run, words: Mapping[AccountDay, Word]) -> list[str]:
    """Bring the status rows of a run up to date; the table is made where there is none. What is to be told of it.

    Raises:
        LaikeError: As the service says.
    """
    with ctx.writing() as base:
        # whoever wrote before us may have told of what was read later
        rows = _rows(ctx, base, run, newest(ctx, words))
        ctx.writes.begin_writing()
        without = until_known(lambda: _write_or_look_again(ctx, base, run, rows), ctx.pause)
    return status_left_out(sum(row.good for row in without), sum(not row.good for row in without))


def status_table(ctx: Context, base: Base) -> str:
    """The id of the table: the known one, the one of its name, or a new one."""
    if known := ctx.status_memory.status_table():
        return known
    table_id = base.tables.ids().get(NAME)
    if not table_id:
        table_id = base.tables.create(NAME, FIELDS)
        ctx.table_facts.beside(table_id).learn_rows(china_day(ctx.now()), 0, counted=True)
    ctx.status_memory.learn_status_table(table_id)
    return table_id


def _write_or_look_again(ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow]) -> Sequence[StatusRow]:
    try:
        return _write(ctx, base, run, rows)
    except ColumnVanished:  # of an older release, or a person deleted one
        _add_columns(ctx, base)
        return _write(ctx, base, run, rows)
    except (RowVanished, NotFoundYet):  # a person deleted a row or the table
        ctx.status_memory.forget_status()
        return _write(ctx, base, run, rows)


def _rows(ctx: Context, base: Base, run: Run, words: Mapping[AccountDay, Word]) -> list[StatusRow]:
    names = {account.id: account.name for account in run.accounts}
    zone = time_zone(ctx, base)
    rows = []
    for at, word in words.items():
        outcome, read_at = word.outcome, word.as_of or run.started_at
        day_ms = midnight_ms(at.day, zone)
        cells: dict[str, object] = {
            DAY: day_ms,
            ACCOUNT: names[at.account_id],
            STATE: WORDS[outcome.state],
            ROWS: outcome.rows,
            COST: float(outcome.cost),
            REASON: outcome.note,
            TABLE: base.table_id,
        }
        digest = hashlib.sha256(repr([cells, _phase(read_at)]).encode()).hexdigest()[:16]
        rows.append(StatusRow(place(at), {**cells, AS_OF: _ms(read_at)}, digest, day_ms, outcome.state.good))
    return rows


def _phase(read_at: datetime) -> str:
    local = read_at.astimezone(CHINA)
    return f"{local.date()} {local.time() >= SETTLED}"


def _write(ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow]) -> Sequence[StatusRow]:
    """Write what is not there so; the rows for which the table has no place."""
    records = base.records(status_table(ctx, base))
    known = ctx.status_memory.status_rows([row.place for row in rows])
    if unknown := [row for row in rows if row.place not in known]:
        known |= {at: KnownRow(record_id, "") for at, record_id in _find(ctx, records, unknown).items()}
    changed = [row for row in rows if row.place in known and known[row.place].digest != row.digest]
    _update(ctx, records, [(known[row.place].record_id, row) for row in changed])
    new = [row for row in rows if row.place not in known]
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
    """Let old rows carry new days, then create what there is room for."""
    _forget(ctx, [old for old, _ in found.reuse])
    _update(ctx, records, [(old.record_id, row) for old, row in found.reuse])
    write_batches(found.create, ctx.batch_size, lambda batch: _create(ctx, records, run, batch))


def _forget(ctx: Context, old: Sequence[OldRow]) -> None:
    """Rows that are about to carry another day are no longer those of theirs, whoever is killed in between."""
    owner, ours = ctx.schema.owner(), ctx.settings.bitable_table_id
    for table_id in {one.table_id or owner or ours for one in old}:
        ctx.status_memory.beside(table_id).forget_status_rows({one.record_id for one in old})


def _unwritten(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> list[StatusRow]:
    there = _find(ctx, records, rows)
    return [row for row in rows if row.place not in there]


def _update(ctx: Context, records: Records, rows: Sequence[tuple[str, StatusRow]]) -> None:
    def update(batch: Sequence[tuple[str, StatusRow]]) -> None:
        records.batch_update([(record_id, row.cells) for record_id, row in batch])
        ctx.status_memory.learn_status_rows({row.place: KnownRow(record_id, row.digest) for record_id, row in batch})

    write_batches(rows, ctx.batch_size, update)


def _create(ctx: Context, records: Records, run: Run, rows: Sequence[StatusRow]) -> None:
    def send(batch: Sequence[StatusRow], token: str) -> None:
        ids = records.batch_create([row.cells for row in batch], token).ids
        if len(ids) == len(batch):
            made = {row.place: KnownRow(record_id, row.digest) for row, record_id in zip(batch, ids, strict=True)}
            ctx.status_memory.learn_status_rows(made)

    def absent(batch: Sequence[StatusRow]) -> list[StatusRow]:
        there = _find(ctx, records, batch)
        return [row for row in batch if row.place not in there]

    name = f"{records.table_id} {run.plan_name} {rows[0].place} {len(rows)}"
    create_surely(rows, send, absent, name, ctx.pause)
    learn_created(ctx, records, len(rows))


def _find(ctx: Context, records: Records, rows: Sequence[StatusRow]) -> dict[str, str]:
    """Record ids of the rows that are there already, by their day, account name and table.

    All cells are asked for: a table of an older release has no column for the last.
    """
    owner, ours = ctx.schema.owner(), ctx.settings.bitable_table_id
    places: dict[tuple[object, object], str] = {(row.day_ms, row.cells[ACCOUNT]): row.place for row in rows}
    found: dict[str, str] = {}
    days = [row.day_ms for row in rows]
    for record in records.search(between(DAY, min(days) - DAY_MS, max(days) + DAY_MS), []):
        cells = record.get("fields") or {}
        at = places.get((cells.get(DAY), plain_text(cells.get(ACCOUNT) or "")))
        if at and (table_of(cells) or owner or ours) == ours:
            found.setdefault(at, str(record["record_id"]))
    return found


def _add_columns(ctx: Context, base: Base) -> None:
    """Add what the table lacks of our columns, and say of the rows that corrections reach which table they are about.

    Raises:
        ColumnVanished: A person renamed one by which rows are found.
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
        search = search_of(recalled_days(ctx), time_zone(ctx, base))
        _name_table(base.records(table_id), search, owner, ctx.batch_size)


def recalled_days(ctx: Context) -> DayRange:
    """The days that are taken over from the table where Redis was emptied."""
    return window(ctx.now(), max(RECALLED_DAYS, ctx.settings.catch_up_days))


def search_of(days: DayRange, zone: ZoneInfo) -> dict[str, object]:
    """The filter that passes the rows of some days."""
    return between(DAY, midnight_ms(days.first, zone) - DAY_MS, midnight_ms(days.last, zone) + DAY_MS)


def _name_table(records: Records, search: Mapping[str, object], owner: str, size: BatchSize) -> None:
    found = records.search(search, [])
    ids = [str(record["record_id"]) for record in found if not table_of(record.get("fields") or {})]
    write_batches(ids, size, lambda batch: records.batch_update([(one, {TABLE: owner}) for one in batch]))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
