"""The base and its tables: meta, list, create."""

from typing import Any

from emulator.feishu import envelope
from emulator.feishu.bitable import fields, paging
from emulator.feishu.bitable.lookup import base_of
from emulator.feishu.bitable.model import PERSON, Base, Table, View
from emulator.feishu.bitable.views import add_view
from emulator.feishu.bitable.writing import insert_rows
from emulator.feishu.envelope import refused
from emulator.feishu.state import Feishu
from emulator.shared.wire import Call, Reply

LARGEST_PAGE = 100
MOST_TABLES = 100
MOST_FIELDS_AT_ONCE = 300
LONGEST_NAME = 100
FORBIDDEN_IN_NAME = frozenset("/\\?*:[]")
DEFAULT_VIEW = "表格"
DEFAULT_INDEX = "多行文本"
BLANK_ROWS = 10  # as in the default table of a new base
TABLE_KEYS = ("name", "default_view_name", "fields")


def base_meta(feishu: Feishu, call: Call) -> Reply:
    """GET /open-apis/bitable/v1/apps/:app_token."""
    envelope.query_of(call, ())
    base = base_of(feishu, call)
    app = {
        "app_token": base.app_token,
        "name": base.name,
        "revision": base.revision,
        "is_advanced": base.advanced,
        "time_zone": feishu.time_zone(base),
    }
    return envelope.success({"app": app})


def list_tables(feishu: Feishu, call: Call) -> Reply:
    """GET …/tables."""
    query = envelope.query_of(call, ("page_size", "page_token"))
    base = base_of(feishu, call)
    size = envelope.page_of(query, LARGEST_PAGE)
    shown, frame = paging.page(
        list(base.tables.values()), size, query.get("page_token", ""), f"tables {base.app_token}"
    )
    items = [{"table_id": t.table_id, "name": t.name, "revision": t.revision} for t in shown]
    return envelope.success({"items": items, **frame})


def create_table(feishu: Feishu, call: Call) -> Reply:
    """POST …/tables."""
    envelope.query_of(call, ())
    base = base_of(feishu, call)
    body = envelope.body_of(call)
    envelope.allow(body, ("table",))
    wanted = body.get("table")
    if not isinstance(wanted, dict):
        raise refused(1254001, "table is required")
    envelope.allow(wanted, TABLE_KEYS)
    name = check_table_name(base, wanted.get("name"))
    columns = _columns(wanted)
    if len(base.tables) >= MOST_TABLES:
        raise refused(1254100)
    table, view = _made(base, name, wanted.get("default_view_name") or DEFAULT_VIEW, columns)
    if feishu.unsure.holds("new_table_rows", "ten_blank"):
        insert_rows(feishu, table, [{} for _ in range(BLANK_ROWS)], PERSON)
    table.hidden_calls = int(feishu.unsure.holds("just_created", "late"))
    ids = {"table_id": table.table_id, "default_view_id": view.view_id}
    return envelope.success({**ids, "field_id_list": list(table.fields)})


def check_table_name(base: Base, name: object) -> str:
    """A table's name, trimmed. A bad one is a wrong body: the API's page names no code for it."""
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise refused(1254001, f"table name must have 1 to {LONGEST_NAME} characters")
    if FORBIDDEN_IN_NAME & set(name):
        raise refused(1254001, "table name has a forbidden character")
    if any(table.name == name.strip() for table in base.tables.values()):
        raise refused(1254013, name)
    return name.strip()


def make_table(base: Base, name: str, table_id: str = "") -> Table:
    """An empty table without columns."""
    table = Table(table_id or base.new_id("tbl"), name)
    base.tables[table.table_id] = table
    return table


def _columns(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    if wanted.get("default_view_name") and not wanted.get("fields"):
        raise refused(1254001, "default_view_name needs fields")
    if "fields" not in wanted:
        return [{"field_name": DEFAULT_INDEX, "type": 1}]
    columns = wanted["fields"]
    if not isinstance(columns, list) or not 1 <= len(columns) <= MOST_FIELDS_AT_ONCE:
        raise refused(1254001, f"fields must be 1 to {MOST_FIELDS_AT_ONCE}")
    names: set[str] = set()
    for column in columns:
        if not isinstance(column, dict):
            raise refused(1254001, "a field is an object")
        fields.checked(column)
        name = fields.check_name(column["field_name"])
        if name in names:
            raise refused(1254014, name)
        names.add(name)
    if columns[0]["type"] not in fields.INDEX_TYPES:
        raise refused(1254012, "the first field cannot be an index column")
    return columns


def _made(base: Base, name: str, view_name: str, columns: list[dict[str, Any]]) -> tuple[Table, View]:
    table = make_table(base, name)
    for column in columns:
        fields.add_checked(base, table, column)
    return table, add_view(base, table, view_name)
