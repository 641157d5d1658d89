"""Insert, update and delete rows, all of a batch or none: for the record endpoints and for people in the grid."""

from typing import Any

from emulator.feishu.bitable.model import SELECTS, Actor, Base, Field, Record, Table
from emulator.feishu.bitable.values import stored
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu

Cells = dict[str, object]


def insert_rows(feishu: Feishu, table: Table, rows: list[dict[str, Any]], actor: Actor) -> list[Record]:
    """Append rows."""
    wanted = _converted(table, rows)
    if len(table.records) + len(rows) > feishu.settings.row_cap:
        raise refused(1254103, f"{len(table.records)} records, at most {feishu.settings.row_cap}")
    now = feishu.clock.ms()
    base = feishu.base_with(table)
    made = [_new_record(base, cells, now, actor) for cells in wanted]
    _remember_options(base, table, wanted)
    table.records |= {record.record_id: record for record in made}
    table.touch()
    return made


def update_rows(feishu: Feishu, table: Table, rows: dict[str, dict[str, Any]], actor: Actor) -> list[Record]:
    """Change the named cells of rows, keyed by record id; null clears a cell."""
    records = find_rows(table, list(rows))
    wanted = _converted(table, list(rows.values()))
    now = feishu.clock.ms()
    _remember_options(feishu.base_with(table), table, wanted)
    for record, cells in zip(records, wanted, strict=True):
        record.cells = {name: value for name, value in (record.cells | cells).items() if value is not None}
        record.modified_ms, record.modified_by = now, actor
    table.touch()
    return records


def delete_rows(table: Table, record_ids: list[str]) -> None:
    """Delete rows."""
    find_rows(table, record_ids)
    for record_id in record_ids:
        table.records.pop(record_id, None)
    table.touch()


def find_rows(table: Table, record_ids: list[str]) -> list[Record]:
    """The rows of these ids. Refuses all if one is missing."""
    for record_id in record_ids:
        if record_id not in table.records:
            raise refused(1254043 if record_id.startswith("rec") else 1254006, record_id)
    return [table.records[record_id] for record_id in record_ids]


def _converted(table: Table, rows: list[dict[str, Any]]) -> list[Cells]:
    columns = {column.name: column for column in table.fields.values()}
    return [_cells(columns, row) for row in rows]


def _cells(columns: dict[str, Field], row: dict[str, Any]) -> Cells:
    cells: Cells = {}
    for name, value in row.items():
        column = columns.get(name)
        if column is None:
            raise refused(1254045, name)
        cells[column.field_id] = stored(column, value)
    return cells


def _new_record(base: Base, cells: Cells, now: int, actor: Actor) -> Record:
    record_id = base.new_id("rec")
    filled = {field_id: value for field_id, value in cells.items() if value is not None}
    return Record(record_id, int(record_id[-7:]), filled, now, actor, now, actor)


def _remember_options(base: Base, table: Table, rows: list[Cells]) -> None:
    # A select accepts unknown names silently and makes them options.
    for column in table.fields.values():
        if column.type in SELECTS:
            for row in rows:
                value = row.get(column.field_id)
                for name in value if isinstance(value, list) else [value]:
                    if isinstance(name, str) and name not in column.options:
                        column.options[name] = base.new_id("opt")
