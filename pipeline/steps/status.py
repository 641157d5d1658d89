"""The 同步状态 table: one row per account and day, where an operator sees whether a figure can be trusted."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import cast

from pipeline.clients.feishu.records import Records
from pipeline.context import Base, Context
from pipeline.core.cells import plain_text
from pipeline.core.errors import NotFoundYet, RowVanished
from pipeline.core.findings import Word
from pipeline.core.model import CHINA, AccountDay
from pipeline.core.outcome import DayState, Run
from pipeline.core.table import between
from pipeline.state.memory import KnownRow, place
from pipeline.steps.read import time_zone
from pipeline.steps.standing import newest
from pipeline.steps.write import create_surely, until_known, write_batches

DAY_MS = 24 * 3600 * 1000
NAME = "同步状态"
DAY, ACCOUNT, STATE, ROWS, COST, AS_OF, REASON = "日期", "账户", "状态", "行数", "消耗", "数据截至", "原因"
FIELDS: Sequence[Mapping[str, object]] = (
    {"field_name": DAY, "type": 5, "property": {"date_formatter": "yyyy/MM/dd"}},
    {"field_name": ACCOUNT, "type": 1},
    {"field_name": STATE, "type": 3},
    {"field_name": ROWS, "type": 2, "property": {"formatter": "0"}},
    {"field_name": COST, "type": 2, "property": {"formatter": "0.00"}},
    {"field_name": AS_OF, "type": 5, "property": {"date_formatter": "yyyy/MM/dd HH:mm"}},
    {"field_name": REASON, "type": 1},
)
WORDS = {
    DayState.LOADED: "已入库",
    DayState.EMPTY: "无数据",
    DayState.INCOMPLETE: "不完整",
    DayState.FAILED: "失败",
    DayState.MISSING: "缺失",
    DayState.PARKED: "已停用",
    DayState.OPEN: "未结束",
}


# From then on yesterday's figures have settled: a row that says so is worth a write, a later minute is not. A minute
# before the run that reads them again: Redis, whose clock dates a reading, may be a little behind the one of beat.
SETTLED = time(10, 34)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One row of the table: its place, its cells in write shape, and a digest that says when it is worth a write."""

    place: str
    cells: Mapping[str, object]
    digest: str


def write_status(ctx: Context, run: Run, words: Mapping[AccountDay, Word]) -> None:
    """Bring the status rows of a run up to date; the table is made where there is none.

    Raises:
        LaikeError: As the service says.
    """
    with ctx.writing() as base:
        # whoever wrote before us may have told of what was read later
        rows = _rows(ctx, base, run, newest(ctx, words))
        ctx.memory.begin_writing()
        until_known(lambda: _write_or_look_again(ctx, base, run, rows), ctx.pause)


def _write_or_look_again(ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow]) -> None:
    try:
        _write(ctx, base, run, rows)
    except (RowVanished, NotFoundYet):  # a person deleted a row or the table
        ctx.memory.forget_status()
        _write(ctx, base, run, rows)


def status_table(ctx: Context, base: Base) -> str:
    """The id of the table: the known one, the one of its name, or a new one."""
    if known := ctx.memory.status_table():
        return known
    table_id = base.tables.ids().get(NAME) or base.tables.create(NAME, FIELDS)
    ctx.memory.learn_status_table(table_id)
    return table_id


def _rows(ctx: Context, base: Base, run: Run, words: Mapping[AccountDay, Word]) -> list[StatusRow]:
    names = {account.id: account.name for account in run.accounts}
    zone = time_zone(ctx, base)
    rows = []
    for at, word in words.items():
        outcome, read_at = word.outcome, word.as_of or run.started_at
        cells: dict[str, object] = {
            DAY: _ms(datetime(at.day.year, at.day.month, at.day.day, tzinfo=zone)),
            ACCOUNT: names[at.account_id],
            STATE: WORDS[outcome.state],
            ROWS: outcome.rows,
            COST: float(outcome.cost),
            REASON: outcome.trouble.what_to_do if outcome.trouble else None,
        }
        digest = hashlib.sha256(repr([cells, _phase(read_at)]).encode()).hexdigest()[:16]
        rows.append(StatusRow(place(at), {**cells, AS_OF: _ms(read_at)}, digest))
    return rows


def _phase(read_at: datetime) -> str:
    local = read_at.astimezone(CHINA)
    return f"{local.date()} {local.time() >= SETTLED}"


def _write(ctx: Context, base: Base, run: Run, rows: Sequence[StatusRow]) -> None:
    records = base.records(status_table(ctx, base))
    known = ctx.memory.status_rows([row.place for row in rows])
    if unknown := [row for row in rows if row.place not in known]:
        known |= {at: KnownRow(record_id, "") for at, record_id in _find(records, unknown).items()}
    changed = [row for row in rows if row.place in known and known[row.place].digest != row.digest]

    def update(batch: Sequence[StatusRow]) -> None:
        records.batch_update([(known[row.place].record_id, row.cells) for row in batch])
        ctx.memory.learn_status_rows({row.place: KnownRow(known[row.place].record_id, row.digest) for row in batch})

    write_batches(changed, ctx.batch_size, update)
    new = [row for row in rows if row.place not in known]
    write_batches(new, ctx.batch_size, lambda batch: _create(ctx, records, run, batch))


def _create(ctx: Context, records: Records, run: Run, rows: Sequence[StatusRow]) -> None:
    def send(batch: Sequence[StatusRow], token: str) -> None:
        ids = records.batch_create([row.cells for row in batch], token)
        if len(ids) == len(batch):
            made = {row.place: KnownRow(record_id, row.digest) for row, record_id in zip(batch, ids, strict=True)}
            ctx.memory.learn_status_rows(made)

    def absent(batch: Sequence[StatusRow]) -> list[StatusRow]:
        there = _find(records, batch)
        return [row for row in batch if row.place not in there]

    name = f"{records.table_id} {run.plan_name} {rows[0].place} {len(rows)}"
    create_surely(rows, send, absent, name, ctx.pause)


def _find(records: Records, rows: Sequence[StatusRow]) -> dict[str, str]:
    """Record ids of the rows that are there already, by their day and account name."""
    places = {(row.cells[DAY], row.cells[ACCOUNT]): row.place for row in rows}
    found: dict[str, str] = {}
    days = [cast("int", row.cells[DAY]) for row in rows]
    for record in records.search(between(DAY, min(days) - DAY_MS, max(days) + DAY_MS), [DAY, ACCOUNT]):
        cells = record.get("fields") or {}
        at = places.get((cells.get(DAY), plain_text(cells.get(ACCOUNT) or "")))
        if at:
            found.setdefault(at, str(record["record_id"]))
    return found


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
