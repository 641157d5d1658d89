"""What people do in the bases while the product works: rows, columns, views, tables."""

from collections.abc import Callable, Iterable
from typing import Any

from emulator.feishu.bitable import fields, tables, views
from emulator.feishu.bitable.conversion import retype
from emulator.feishu.bitable.filters import day_of
from emulator.feishu.bitable.model import APP, PERSON, Actor, Field, Record, Table, View
from emulator.feishu.bitable.writing import delete_rows, insert_rows, update_rows
from emulator.feishu.state import Feishu

Body = dict[str, Any]
ACTORS = {"person": PERSON, "app": APP}
UNIT_COLUMN, DAY_COLUMN = "单元ID", "时间"


def insert(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "fields": {…} | "rows": [{…}], "by": "person" | "app"}`: new rows in write shape."""
    rows = body["rows"] if "rows" in body else [body["fields"]]
    made = insert_rows(feishu, table, rows, _actor(body))
    return {"record_ids": [record.record_id for record in made]}


def edit(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "record_id" | "unit_id" + "day", "fields", "by"}`: cells in write shape, null clears."""
    record_ids = _record_ids(feishu, table, body)
    update_rows(feishu, table, {key: dict(body["fields"]) for key in record_ids}, _actor(body))
    return {"record_ids": record_ids}


def delete(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "record_ids" | "record_id" | "unit_id" + "day" | "all": true}`."""
    record_ids = list(table.records) if body.get("all") is True else _record_ids(feishu, table, body)
    delete_rows(table, record_ids)
    return {"record_ids": record_ids}


def rename_column(_feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "field_id" | "field_name", "name"}`."""
    column = _column(table, body)
    name = fields.check_name(body["name"])
    fields.check_free(table, name)
    column.name = name
    table.touch()
    return fields.described(column)


def retype_column(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "field_id" | "field_name", "type"}`: cells that do not fit the new type become empty."""
    column = _column(table, body)
    retype(feishu, table, column, body["type"])
    return fields.described(column)


def delete_column(_feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "field_id" | "field_name"}`: delete the column with all its cells."""
    column = _column(table, body)
    if column.primary:
        raise ValueError("the index column cannot be deleted")
    del table.fields[column.field_id]
    for record in table.records.values():
        record.cells.pop(column.field_id, None)
    table.touch()
    return fields.described(column)


def add_column(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "name", "type", "ui_type"?, "property"?}`: also of types that the API cannot create."""
    name, kind = fields.check_name(body["name"]), body["type"]
    fields.check_free(table, name)
    if kind not in fields.UI_TYPES:
        raise ValueError(f"unknown type {kind!r}")
    looks = body.get("ui_type", fields.UI_TYPES[kind][0])
    if looks not in fields.UI_TYPES[kind]:
        raise ValueError(f"ui_type {looks!r} is not one of type {kind}")
    column = fields.add_field(feishu.base_with(table), table, name, kind, body.get("property"))
    column.ui_type = looks
    return fields.described(column)


def add_view(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "name", "filter_info"?, "hidden_fields"?, "personal"?}` in the API's shapes."""
    name = views.check_view_name(table, body["name"])
    changes = _property_changes(feishu, table, body)
    view = views.add_view(feishu.base_with(table), table, name)
    view.personal = body.get("personal") is True
    return _changed(table, view, changes)


def rename_view(_feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "view_id" | "view_name", "name"}`."""
    view = _view(table, body)
    return _changed(table, view, {"name": views.check_view_name(table, body["name"], view)})


def delete_view(_feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "view_id" | "view_name"}`."""
    view = _view(table, body)
    views.remove_view(table, view)
    return {"view_id": view.view_id}


def filter_view(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "view_id" | "view_name", "filter_info", "hidden_fields"?}` in the API's shapes."""
    return _changed(table, _view(table, body), _property_changes(feishu, table, body))


def rename_table(feishu: Feishu, table: Table, body: Body) -> Body:
    """`{"table_id", "name"}`."""
    table.name = tables.check_table_name(feishu.base_with(table), body["name"])
    table.touch()
    return {"table_id": table.table_id, "name": table.name}


def delete_table(feishu: Feishu, table: Table, _body: Body) -> Body:
    """`{"table_id"}`: delete the table with all its rows and views."""
    base = feishu.base_with(table)
    if len(base.tables) == 1:
        raise ValueError("the last table cannot be deleted")
    del base.tables[table.table_id]
    return {"table_id": table.table_id, "name": table.name}


ACTIONS: dict[str, Callable[[Feishu, Table, Body], Body]] = {
    "rows/insert": insert,
    "rows/edit": edit,
    "rows/delete": delete,
    "columns/rename": rename_column,
    "columns/retype": retype_column,
    "columns/delete": delete_column,
    "columns/add": add_column,
    "views/add": add_view,
    "views/rename": rename_view,
    "views/delete": delete_view,
    "views/filter": filter_view,
    "tables/rename": rename_table,
    "tables/delete": delete_table,
}


def table_of(feishu: Feishu, body: Body) -> Table:
    """The table of any base that a body names by id, or by a name that is no other's. Raises ValueError."""
    wanted = body["table_id"]
    found = [table for table in feishu.tables if wanted in (table.table_id, table.name)]
    if not found:
        raise ValueError(f"no table {wanted!r}")
    if len(found) > 1:
        raise ValueError(f"more than one table is {wanted!r}: {', '.join(table.table_id for table in found)}")
    return found[0]


def _actor(body: Body) -> Actor:
    return ACTORS[body.get("by", "person")]


def _record_ids(feishu: Feishu, table: Table, body: Body) -> list[str]:
    if "record_ids" in body:
        return list(body["record_ids"])
    if "record_id" in body:
        return [body["record_id"]]
    found = [record.record_id for record in _rows_of_unit(feishu, table, str(body["unit_id"]), body["day"])]
    if not found:
        raise ValueError(f"{table.name} has no row of {body['unit_id']} on {body['day']}")
    return found


def _rows_of_unit(feishu: Feishu, table: Table, unit_id: str, day: str) -> Iterable[Record]:
    unit_column, day_column = table.field_named(UNIT_COLUMN), table.field_named(DAY_COLUMN)
    if unit_column is None or day_column is None:
        raise ValueError(f"{table.name} has no columns {UNIT_COLUMN} and {DAY_COLUMN}")
    zone = feishu.zone(table)
    for record in table.records.values():
        when = record.cells.get(day_column.field_id)
        shown = day_of(when, zone).isoformat() if isinstance(when, int) else str(when)
        if record.cells.get(unit_column.field_id) == unit_id and shown.replace("/", "-")[: len(day)] == day:
            yield record


def _column(table: Table, body: Body) -> Field:
    column = table.fields.get(body.get("field_id", "")) or table.field_named(body.get("field_name", ""))
    if column is None:
        raise ValueError(f"no such column in {table.name}")
    return column


def _view(table: Table, body: Body) -> View:
    for view in table.views.values():
        if body.get("view_id") == view.view_id or body.get("view_name") == view.name:
            return view
    raise ValueError(f"no such view of {table.name}")


def _property_changes(feishu: Feishu, table: Table, body: Body) -> Body:
    given = {name: body[name] for name in ("filter_info", "hidden_fields") if name in body}
    return views.property_changes(feishu.base_with(table), table, given)


def _changed(table: Table, view: View, changes: Body) -> Body:
    for name, value in changes.items():
        setattr(view, name, value)
    table.touch()
    return views.described(table, view)
