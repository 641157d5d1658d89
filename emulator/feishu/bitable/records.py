"""Batches of records: create, update, delete. A batch succeeds as a whole or not at all."""

from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable.lookup import table_of
from emulator.feishu.bitable.model import APP
from emulator.feishu.bitable.operations import once
from emulator.feishu.bitable.values import read
from emulator.feishu.bitable.writing import delete_rows, insert_rows, update_rows
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Reply

# Bitable: batch create, batch update, batch delete
MOST_DELETED = 500  # for creates and updates see the settings


def batch_create(feishu: Feishu, call: Call) -> Reply:
    """POST …/records/batch_create: answers in the write shape."""
    query = envelope.query_of(call, ("user_id_type", "client_token", "ignore_consistency_check"))
    table = table_of(feishu, call)
    rows = [_row(entry, ("fields",))["fields"] for entry in _records(call, feishu.settings.write_batch)]

    def create() -> dict[str, Any]:
        made = insert_rows(feishu, table, rows, APP)
        if feishu.unsure.holds("write_echo", "as_read"):
            columns = list(table.fields.values())
            return {"records": [{"record_id": r.record_id, "fields": read(columns, r)} for r in made]}
        return {"records": [_echo(record.record_id, row) for record, row in zip(made, rows, strict=True)]}

    return once(feishu, call, query.get("client_token", ""), create)


def batch_update(feishu: Feishu, call: Call) -> Reply:
    """POST …/records/batch_update: only the named cells; null clears. Takes no client_token."""
    envelope.query_of(call, ("user_id_type", "ignore_consistency_check"))
    table = table_of(feishu, call)
    entries = [_row(entry, ("record_id", "fields")) for entry in _records(call, feishu.settings.write_batch)]
    rows = {_record_id(entry["record_id"]): entry["fields"] for entry in entries}
    if len(rows) < len(entries):
        raise refused(1254001, "a record_id stands there twice")
    update_rows(feishu, table, rows, APP)
    return envelope.success({"records": [_echo(record_id, row) for record_id, row in rows.items()]})


def batch_delete(feishu: Feishu, call: Call) -> Reply:
    """POST …/records/batch_delete."""
    envelope.query_of(call, ("ignore_consistency_check",))
    table = table_of(feishu, call)
    record_ids = [_record_id(entry) for entry in _records(call, MOST_DELETED)]
    delete_rows(table, record_ids)
    return envelope.success({"records": [{"record_id": gone, "deleted": True} for gone in record_ids]})


def _records(call: Call, most: int) -> list[Any]:
    body = envelope.body_of(call)
    envelope.allow(body, ("records",))
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise refused(1254001, "records is a list that is not empty")
    if len(records) > most:
        raise refused(1254104, f"{len(records)} records, at most {most}")
    return records


def _row(entry: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(entry, dict) or entry.keys() != set(keys) or not isinstance(entry["fields"], dict):
        raise refused(1254001, f"a record has {' and '.join(keys)}")
    return entry


def _record_id(value: object) -> str:
    if not isinstance(value, str):
        raise refused(1254006)
    return value


def _echo(record_id: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"record_id": record_id, "fields": {name: value for name, value in row.items() if value is not None}}
