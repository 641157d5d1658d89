"""Views: list, get, create, patch, delete. Errors of these endpoints carry real HTTP statuses."""

import json
from functools import partial
from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable import filters, options, paging
from emulator.feishu.bitable.filters import EXACT_DATE, Test
from emulator.feishu.bitable.lookup import table_of, view_of
from emulator.feishu.bitable.model import SELECTS, Base, Condition, Field, Table, View
from emulator.feishu.state import Feishu
from emulator.shared.parsing import json_of
from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Reply

LARGEST_PAGE = 100
MOST_VIEWS = 200  # error 1254101: public, locked and personal ones together
MOST_CONDITIONS = 50
MOST_HIDDEN = 300
LONGEST_NAME = 100
TYPES = ("grid", "kanban", "gallery", "gantt", "form")
FORBIDDEN_IN_NAME = frozenset("[]")

refused = partial(envelope.refused, status=HTTP_BAD_REQUEST)


def list_views(feishu: Feishu, call: Call) -> Reply:
    """GET …/tables/:table_id/views: without `property`, without personal views."""
    query = envelope.query_of(call, ("page_size", "page_token", "user_id_type"))
    table = table_of(feishu, call, real_statuses=True)
    size = envelope.page_of(query, LARGEST_PAGE, status=HTTP_BAD_REQUEST)
    views = [view for view in table.views.values() if not view.personal]
    hidden = len(table.views) - len(views) if feishu.unsure.holds("views_total", "all") else 0
    token = query.get("page_token", "")
    shown, frame = paging.page(views, size, token, f"views {table.table_id}", status=HTTP_BAD_REQUEST)
    items = [_named(view) | {"view_public_level": "Public"} for view in shown]
    return envelope.success({"items": items, **frame, "total": frame["total"] + hidden})


def get_view(feishu: Feishu, call: Call) -> Reply:
    """GET …/views/:view_id."""
    envelope.query_of(call, ())
    table = table_of(feishu, call, real_statuses=True)
    return envelope.success({"view": _described(feishu, table, _view(table, call))})


def create_view(feishu: Feishu, call: Call) -> Reply:
    """POST …/views: a name and a type, nothing else."""
    envelope.query_of(call, ())
    table = table_of(feishu, call, real_statuses=True)
    body = envelope.body_of(call, status=HTTP_BAD_REQUEST)
    envelope.allow(body, ("view_name", "view_type"), status=HTTP_BAD_REQUEST)
    name = check_view_name(table, body.get("view_name"))
    if body.get("view_type", "grid") not in TYPES:
        raise refused(1254019)
    if len(table.views) >= MOST_VIEWS:
        raise refused(1254101)
    made = add_view(feishu.base_with(table), table, name, body.get("view_type", "grid"))
    return envelope.success({"view": _named(made)})


def patch_view(feishu: Feishu, call: Call) -> Reply:
    """PATCH …/views/:view_id: changes only what is named."""
    envelope.query_of(call, ())
    table = table_of(feishu, call, real_statuses=True)
    view = _view(table, call)
    body = envelope.body_of(call, status=HTTP_BAD_REQUEST)
    envelope.allow(body, ("view_name", "property"), status=HTTP_BAD_REQUEST)
    changes: dict[str, Any] = {}
    if "view_name" in body:
        changes["name"] = check_view_name(table, body["view_name"], view)
    given = body.get("property")
    if feishu.unsure.holds("view_select", "option_names"):
        given = options.by_id(table, given)
    changes |= property_changes(feishu.base_with(table), table, given)
    for name, value in changes.items():
        setattr(view, name, value)
    table.touch()
    return envelope.success({"view": _described(feishu, table, view)})


def delete_view(feishu: Feishu, call: Call) -> Reply:
    """DELETE …/views/:view_id."""
    table = table_of(feishu, call, real_statuses=True)
    remove_view(table, _view(table, call))
    return envelope.success({})


def remove_view(table: Table, view: View) -> None:
    """Delete a view; refuses the last one."""
    if len(table.views) == 1:
        raise refused(1254023)
    del table.views[view.view_id]
    table.touch()


def add_view(base: Base, table: Table, name: str, kind: str = "grid") -> View:
    """Append a view."""
    view = View(base.new_id("vew"), name, kind)
    table.views[view.view_id] = view
    table.touch()
    return view


def check_view_name(table: Table, name: object, own: View | None = None) -> str:
    """A view's name, trimmed and free."""
    if not isinstance(name, str) or not name.strip():
        raise refused(1254021)
    wanted = name.strip()
    if len(wanted) > LONGEST_NAME or FORBIDDEN_IN_NAME & set(wanted):
        raise refused(1254022)
    if any(view.name == wanted for view in table.views.values() if view is not own):
        raise refused(1254020, wanted)
    return wanted


def described(table: Table, view: View) -> dict[str, Any]:
    """A view with its property, as the server reads it back."""
    shown = [_shown(table, condition) for condition in view.conditions]
    filter_info = {"conjunction": view.conjunction, "conditions": shown, "condition_omitted": False}
    properties = {
        "filter_info": filter_info if shown else None,
        "hidden_fields": view.hidden or None,
        "hierarchy_config": {"field_id": view.hierarchy} if view.hierarchy else {},
    }
    return {**_named(view), "property": properties}


def _described(feishu: Feishu, table: Table, view: View) -> dict[str, Any]:
    shown = described(table, view)
    return options.by_name(table, shown) if feishu.unsure.holds("view_select", "option_names") else shown


def property_changes(base: Base, table: Table, given: object) -> dict[str, Any]:
    """The attributes of a view that a `property` sets. Refuses a bad one."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise refused(1254001, "property is an object")
    envelope.allow(given, ("filter_info", "hidden_fields", "hierarchy_config"), status=HTTP_BAD_REQUEST)
    changes: dict[str, Any] = {}
    if "filter_info" in given:
        changes |= _filter_changes(base, table, given["filter_info"])
    if "hidden_fields" in given:
        changes["hidden"] = _hidden(table, given["hidden_fields"])
    if given.get("hierarchy_config"):
        changes["hierarchy"] = _column(table, given["hierarchy_config"].get("field_id")).field_id
    return changes


def _view(table: Table, call: Call) -> View:
    return view_of(table, call.params["view_id"], real_statuses=True)


def _named(view: View) -> dict[str, Any]:
    return {"view_id": view.view_id, "view_name": view.name, "view_type": view.type}


def _shown(table: Table, condition: Condition) -> dict[str, Any]:
    column = table.fields.get(condition.field_id)
    value: list[object] = list(condition.value)
    if value[:1] == [EXACT_DATE]:
        value[1] = int(condition.value[1])  # read back unquoted
    return {
        "condition_id": condition.condition_id,
        "field_id": condition.field_id,
        "field_type": column.type if column else 0,
        "operator": condition.operator,
        "value": json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        "condition_omitted": column is None,
    }


def _filter_changes(base: Base, table: Table, info: object) -> dict[str, Any]:
    if info is None:
        return {"conditions": [], "conjunction": "and"}
    if not isinstance(info, dict):
        raise refused(1254018, "filter_info is an object")
    envelope.allow(info, ("conjunction", "conditions"), status=HTTP_BAD_REQUEST)
    if info.get("conjunction") not in filters.CONJUNCTIONS:
        raise refused(1254018, "conjunction is and or or")
    conditions = info.get("conditions")
    if not isinstance(conditions, list) or len(conditions) > MOST_CONDITIONS:
        raise refused(1254018, f"conditions is a list of at most {MOST_CONDITIONS}")
    checked = [_condition(base, table, condition) for condition in conditions]
    return {"conditions": checked, "conjunction": info["conjunction"]}


def _condition(base: Base, table: Table, given: object) -> Condition:
    if not isinstance(given, dict):
        raise refused(1254018, "a condition is an object")
    envelope.allow(given, ("field_id", "operator", "value"), status=HTTP_BAD_REQUEST)
    column = _column(table, given.get("field_id"))
    operator = str(given.get("operator"))
    values = _values(given.get("value"), operator)
    _check(column, operator, values)
    return base.condition(column, operator, values)


def _values(text: object, operator: str) -> list[str]:
    """Parse the value of a view's condition: a string that holds a JSON list."""
    if text is None and operator in filters.EMPTINESS:
        return []
    try:
        values = json_of(text) if isinstance(text, str) else None
    except ValueError:
        values = None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refused(1254018, "value is a string that holds a JSON list of strings")
    return values


def _check(column: Field, operator: str, values: list[str]) -> None:
    try:
        filters.check(Test(column, operator, values))
    except filters.BadCondition as problem:
        raise refused(1254018, str(problem)) from problem
    if column.type in SELECTS and not set(values) <= set(column.options.values()):
        raise refused(1254018, f"{column.name} takes option ids")


def _column(table: Table, field_id: object) -> Field:
    column = table.fields.get(field_id) if isinstance(field_id, str) else None
    if column is None:
        raise refused(1254044 if str(field_id).startswith("fld") else 1254009, str(field_id))
    return column


def _hidden(table: Table, given: object) -> list[str]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MOST_HIDDEN:
        raise refused(1254001, f"hidden_fields is a list of at most {MOST_HIDDEN}")
    columns = [_column(table, field_id) for field_id in given]
    if any(column.primary for column in columns):
        raise refused(1254001, "the index field cannot be hidden")
    return [column.field_id for column in columns]
