"""Fields of a table: list, create, and the rules for new ones (Bitable: field guide)."""

from collections.abc import Callable
from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable import paging
from emulator.feishu.bitable.lookup import table_of, view_of
from emulator.feishu.bitable.model import SELECTS, Base, Field, Table
from emulator.feishu.bitable.operations import once
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Reply

LARGEST_PAGE = 100
MOST_FIELDS = 300
MOST_OPTIONS = 20_000
LONGEST_NAME = 1000  # our own bound: none is documented
COLORS = range(55)
BODY_KEYS = ("field_name", "type", "ui_type", "property", "description")
NUMBER_FORMATS = (
    "0", "0.0", "0.00", "0.000", "0.0000", "1,000", "1,000.00", "%", "0.00%", "¥", "¥0.00", "$", "$0.00",
)  # fmt: skip
PROGRESS_FORMATS = ("0", "0.0", "0.00", "0%", "0.0%", "0.00%")
NUMBER_KEYS = {  # by look: what its property may have
    "Number": {"formatter"},
    "Currency": {"formatter", "currency_code"},
    "Progress": {"formatter", "range_customize", "min", "max"},
    "Rating": {"formatter", "rating", "min", "max"},
}
DATE_FORMATS = ("yyyy/MM/dd", "yyyy-MM-dd HH:mm", "MM-dd", "MM/dd/yyyy", "dd/MM/yyyy", "yyyy/MM/dd HH:mm")
UI_TYPES = {
    1: ("Text", "Email", "Barcode"), 2: ("Number", "Progress", "Currency", "Rating"), 3: ("SingleSelect",),
    4: ("MultiSelect",), 5: ("DateTime",), 7: ("Checkbox",), 11: ("User",), 13: ("Phone",), 15: ("Url",),
    20: ("Formula",), 1001: ("CreatedTime",), 1002: ("ModifiedTime",), 1003: ("CreatedUser",),
    1004: ("ModifiedUser",), 1005: ("AutoNumber",),
}  # fmt: skip
CREATABLE = (1, 2, 3, 4, 5, 7, 11, 13, 15, 1001, 1002, 1003, 1004)  # those that the emulator implements
INDEX_TYPES = (1, 2, 5, 13, 15, 20, 22)


def list_fields(feishu: Feishu, call: Call) -> Reply:
    """GET …/tables/:table_id/fields."""
    query = envelope.query_of(call, ("page_size", "page_token", "view_id", "text_field_as_array"))
    table = table_of(feishu, call)
    hidden = view_of(table, query["view_id"]).hidden if "view_id" in query else []
    size = envelope.page_of(query, LARGEST_PAGE)
    columns = list(table.fields.values())
    shown, frame = paging.page(columns, size, query.get("page_token", ""), f"fields {table.table_id}")
    items = [described(column) | {"is_hidden": column.field_id in hidden} for column in shown]
    return envelope.success({"items": items, **frame})


def create_field(feishu: Feishu, call: Call) -> Reply:
    """POST …/tables/:table_id/fields."""
    query = envelope.query_of(call, ("client_token",))
    table = table_of(feishu, call)
    body = envelope.body_of(call)
    checked(body)

    def create() -> dict[str, Any]:
        made = described(add_checked(feishu.base_with(table), table, body))
        # a text in the list, an object here: as in the official SDK's models
        return {"field": made | {"description": {"text": made["description"]} if made["description"] else None}}

    return once(feishu, call, query.get("client_token", ""), create)


def described(column: Field) -> dict[str, Any]:
    """A field as the list shows it."""
    return {
        "field_id": column.field_id,
        "field_name": column.name,
        "type": column.type,
        "ui_type": column.ui_type,
        "is_primary": column.primary,
        "is_hidden": False,
        "property": _shown_property(column),
        "description": column.description,
    }


def checked(body: dict[str, Any]) -> None:
    """Refuse a field that no table can have."""
    envelope.allow(body, BODY_KEYS)
    check_name(body.get("field_name"))
    kind = body.get("type")
    if type(kind) is not int:
        raise refused(1254001, "type is required")
    if kind not in CREATABLE:
        raise refused(1254012, f"type {kind}")
    if body.get("ui_type", UI_TYPES[kind][0]) not in UI_TYPES[kind]:
        raise refused(1254012, f"ui_type {body['ui_type']} for type {kind}")
    description = body.get("description")
    if description is not None and not isinstance(description, dict):
        raise refused(1254001, "description is an object")
    check_property(kind, body)


def check_name(name: object) -> str:
    """A field's name, trimmed as the server trims it."""
    if not isinstance(name, str) or not name.strip():
        raise refused(1254028)
    if len(name) > LONGEST_NAME or "\n" in name.strip():
        raise refused(1254029)
    return name.strip()


def check_free(table: Table, name: str) -> None:
    """Refuse a name that the table already has."""
    if table.field_named(name) is not None:
        raise refused(1254014, name)


def add_checked(base: Base, table: Table, body: dict[str, Any]) -> Field:
    """Make the column of a checked body."""
    name = check_name(body["field_name"])
    check_free(table, name)
    if len(table.fields) >= MOST_FIELDS:
        raise refused(1254105)
    column = add_field(base, table, name, body["type"], body.get("property"))
    column.ui_type = body.get("ui_type") or column.ui_type
    column.description = (body.get("description") or {}).get("text", "")
    return column


def add_field(base: Base, table: Table, name: str, kind: int, properties: dict[str, Any] | None = None) -> Field:
    """Append a column; the first of a table is its index column."""
    kept = {key: value for key, value in (properties or {}).items() if key != "options"} or DEFAULTS.get(kind)
    column = Field(base.new_id("fld"), name, kind, UI_TYPES[kind][0], kept, primary=not table.fields)
    for option in (properties or {}).get("options") or []:
        column.options[option["name"]] = base.new_id("opt")
        if "color" in option:
            column.colors[option["name"]] = option["color"]
    table.fields[column.field_id] = column
    table.touch()
    return column


DEFAULTS: dict[int, dict[str, object]] = {
    2: {"formatter": "0.0"},
    5: {"date_formatter": "yyyy/MM/dd", "auto_fill": False},
    11: {"multiple": True},
}


def _shown_property(column: Field) -> dict[str, object] | None:
    if column.type not in SELECTS:
        return column.property
    options = [
        {"id": option_id, "name": name, "color": column.colors.get(name, place % len(COLORS))}
        for place, (name, option_id) in enumerate(column.options.items())
    ]
    return {**(column.property or {}), "options": options}


def _number_property(given: dict[str, Any], looks: str) -> bool:
    formats = PROGRESS_FORMATS if looks == "Progress" else NUMBER_FORMATS
    ends = [given[name] for name in ("min", "max") if name in given]
    plain = all(type(end) in (int, float) for end in ends) and type(given.get("range_customize", False)) is bool
    return plain and given.keys() <= NUMBER_KEYS[looks] and given.get("formatter", formats[0]) in formats


def _options_property(given: dict[str, Any], _looks: str) -> bool:
    options = given.get("options") or []
    allowed = given.keys() <= {"options"} and isinstance(options, list) and len(options) <= MOST_OPTIONS
    return allowed and all(map(_option, options))


def _option(option: object) -> bool:
    if not isinstance(option, dict) or not option.keys() <= {"name", "color"}:
        return False
    return isinstance(option.get("name"), str) and bool(option["name"]) and option.get("color", 0) in COLORS


def _date_property(given: dict[str, Any], _looks: str) -> bool:
    allowed = given.keys() <= {"date_formatter", "auto_fill"}
    return allowed and given.get("date_formatter", DATE_FORMATS[0]) in DATE_FORMATS


def _person_property(given: dict[str, Any], _looks: str) -> bool:
    return given.keys() <= {"multiple"} and isinstance(given.get("multiple", True), bool)


def _nothing(_given: dict[str, Any], _looks: str) -> bool:
    return False


# by field type: the error code of its property, and the check of a given one for the field's look
PROPERTIES: dict[int, tuple[int, Callable[[dict[str, Any], str], bool]]] = {
    1: (1254080, _nothing),
    2: (1254081, _number_property),
    3: (1254082, _options_property),
    4: (1254083, _options_property),
    5: (1254084, _date_property),
    7: (1254085, _nothing),
    11: (1254086, _person_property),
    13: (1254080, _nothing),
    15: (1254087, _nothing),
    1001: (1254093, _date_property),
    1002: (1254094, _date_property),
    1003: (1254095, _nothing),
    1004: (1254096, _nothing),
}
# These refuse even `null` (Bitable: field guide, 复选框 and 超链接).
OMITTED = (7, 15)


def check_property(kind: int, body: dict[str, Any]) -> None:
    """Refuse a `property` that does not belong to the type."""
    code, acceptable = PROPERTIES[kind]
    given = body.get("property")
    if given is None:
        if kind in OMITTED and "property" in body:
            raise refused(code, "omit property")
        return
    if not isinstance(given, dict) or not acceptable(given, body.get("ui_type", UI_TYPES[kind][0])):
        raise refused(code, f"property of type {kind}")
