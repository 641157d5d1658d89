"""Search records: filter, sort, columns, pages."""

import json
from collections.abc import Callable
from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable import filters, paging
from emulator.feishu.bitable.filters import Predicate, Test
from emulator.feishu.bitable.lookup import table_of, view_of
from emulator.feishu.bitable.model import Field, Record, Table, View
from emulator.feishu.bitable.values import read
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Reply

# Bitable: search records
LARGEST_PAGE = 500
MOST_FIELD_NAMES = 200
MOST_SORTS = 100
MOST_CONDITIONS = 50
LONGEST_FILTER = 2000  # characters of the filter as compact JSON
LONGEST_SORT = 1000
BODY_KEYS = ("view_id", "field_names", "sort", "filter", "automatic_fields")
CONDITION_KEYS = ("field_name", "operator", "value")


def search(feishu: Feishu, call: Call) -> Reply:
    """POST …/tables/:table_id/records/search."""
    query = envelope.query_of(call, ("page_size", "page_token", "user_id_type"))
    table = table_of(feishu, call)
    body = envelope.body_of(call)
    envelope.allow(body, BODY_KEYS)
    size = envelope.page_of(query, LARGEST_PAGE)
    columns = _columns(table, body.get("field_names"))
    matching = _matching(feishu, table, body)
    scope = f"{table.table_id} {json.dumps(body, sort_keys=True)}"
    shown, frame = paging.page(matching, size, query.get("page_token", ""), scope)
    if feishu.base_with(table).hides_rows or feishu.settings.lost_permission == table.table_id:
        return envelope.success({"items": [], "has_more": False, "total": 0})
    extras = _system_keys if _flag(body, "automatic_fields") else _no_keys
    empty = feishu.unsure["empty_cells"]
    items = [{"record_id": r.record_id, "fields": read(columns, r, empty), **extras(r)} for r in shown]
    return envelope.success({"items": items, **frame})


def rows_of_view(feishu: Feishu, table: Table, view: View) -> list[Record]:
    """The rows that a view shows."""
    predicate = view_predicate(feishu, table, view)
    return [record for record in table.records.values() if predicate is None or predicate(record)]


def view_predicate(feishu: Feishu, table: Table, view: View) -> Predicate | None:
    """A view's filter, without conditions on deleted columns."""
    tests = []
    for condition in view.conditions:
        column = table.fields.get(condition.field_id)
        if column is not None:
            names = {option_id: name for name, option_id in column.options.items()}
            values = [names.get(value, value) for value in condition.value]
            tests.append(Test(column, condition.operator, values))
    return filters.compiled(tests, view.conjunction, feishu.zone(table), feishu.today(table)) if tests else None


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise refused(1254001, f"{name} is true or false")
    return value


def _no_keys(_record: Record) -> dict[str, Any]:
    return {}


def _system_keys(record: Record) -> dict[str, Any]:
    return {
        "created_time": record.created_ms,
        "last_modified_time": record.modified_ms,
        "created_by": record.created_by,
        "last_modified_by": record.modified_by,
    }


def _columns(table: Table, names: object) -> list[Field]:
    if names is None or names == []:
        return list(table.fields.values())
    if not isinstance(names, list) or len(names) > MOST_FIELD_NAMES:
        raise refused(1254024, f"at most {MOST_FIELD_NAMES}")
    columns = {column.name: column for column in table.fields.values()}
    for name in names:
        if not isinstance(name, str) or name not in columns:
            raise refused(1254024, str(name))
    return [columns[name] for name in names]


def _matching(feishu: Feishu, table: Table, body: dict[str, Any]) -> list[Record]:
    predicate = _filter(feishu, table, body.get("filter"))
    sorts = _sorts(table, body.get("sort"))
    view_id = body.get("view_id")
    if predicate is None and not sorts and view_id:
        return rows_of_view(feishu, table, view_of(table, str(view_id)))
    zone, by = feishu.zone(table).key, feishu.unsure["date_filter"]
    key = json.dumps([body.get("filter"), body.get("sort"), zone, by, str(feishu.today(table))])
    if key not in table.matches:
        found = [record for record in table.records.values() if predicate is None or predicate(record)]
        for column, descending in reversed(sorts):
            found.sort(key=_sort_key(column), reverse=descending)
        table.matches[key] = found
    return table.matches[key]


def _sorts(table: Table, sort: object) -> list[tuple[Field, bool]]:
    if sort is None:
        return []
    if not isinstance(sort, list) or len(sort) > MOST_SORTS:
        raise refused(1254016, f"at most {MOST_SORTS}")
    if len(_compact(sort)) > LONGEST_SORT:
        raise refused(1254108)
    return [_sort(table, entry) for entry in sort]


def _sort(table: Table, entry: object) -> tuple[Field, bool]:
    if not isinstance(entry, dict) or not entry.keys() <= {"field_name", "desc"}:
        raise refused(1254016)
    column = table.field_named(str(entry.get("field_name")))
    descending = entry.get("desc", False)
    if column is None or not isinstance(descending, bool):
        raise refused(1254016, str(entry.get("field_name")))
    return column, descending


def _sort_key(column: Field) -> Callable[[Record], tuple[bool, Any]]:
    def key(record: Record) -> tuple[bool, Any]:
        value = record.cells.get(column.field_id)
        comparable = value if isinstance(value, int | float | str) else str(value)
        return value is not None, comparable if value is not None else 0

    return key


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _filter(feishu: Feishu, table: Table, given: object) -> Predicate | None:
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        raise refused(1254018, "filter is an object")
    groups = _groups(given)
    if sum(len(conditions) for _, conditions in groups) > MOST_CONDITIONS:
        raise refused(1254018, f"at most {MOST_CONDITIONS} conditions")
    if len(_compact(given)) > LONGEST_FILTER:
        raise refused(1254107)
    zone, today = feishu.zone(table), feishu.today(table)
    by_day = feishu.unsure.holds("date_filter", "days")
    parts = [
        filters.compiled([_test(table, one) for one in conditions], conjunction, zone, today, by_day=by_day)
        for conjunction, conditions in groups
        if conditions
    ]
    return filters.combined(parts, given["conjunction"]) if parts else None


def _groups(given: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """The filter as groups: one flat group, or its children, one level deep."""
    _conjunction(given)
    children = given.get("children")
    if not children:
        _check_keys(given, ("conjunction", "conditions", "children"))
        return [(given["conjunction"], _conditions(given))]
    # Both side by side: not documented, so refused.
    if given.get("conditions") or not isinstance(children, list):
        raise refused(1254018, "conditions or children")
    for child in children:
        if not isinstance(child, dict):
            raise refused(1254018, "children are objects")
        _conjunction(child)
        _check_keys(child, ("conjunction", "conditions"))
    return [(child["conjunction"], _conditions(child)) for child in children]


def _conjunction(given: dict[str, Any]) -> None:
    if given.get("conjunction") not in filters.CONJUNCTIONS:
        raise refused(1254018, "conjunction is and or or")


def _check_keys(given: dict[str, Any], allowed: tuple[str, ...]) -> None:
    if not given.keys() <= set(allowed):
        raise refused(1254018, f"unknown {sorted(given.keys() - set(allowed))}")


def _conditions(given: dict[str, Any]) -> list[Any]:
    conditions = given.get("conditions") or []
    if not isinstance(conditions, list):
        raise refused(1254018, "conditions is a list")
    return conditions


def _test(table: Table, condition: object) -> Test:
    if not isinstance(condition, dict):
        raise refused(1254018, "a condition is an object")
    _check_keys(condition, CONDITION_KEYS)
    column = table.field_named(str(condition.get("field_name")))
    value = condition.get("value")
    if column is None:
        raise refused(1254018, f"no field {condition.get('field_name')}")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise refused(1254018, "value is a list of strings")
    if len(value) > filters.MOST_VALUES:
        raise refused(1254018, f"at most {filters.MOST_VALUES} values")
    test = Test(column, str(condition.get("operator")), value)
    try:
        filters.check(test)
    except filters.BadCondition as problem:
        raise refused(1254018, str(problem)) from problem
    return test
