"""What goes along to a successor: our columns, as the service takes them for a new table; what is people's stays.

Follows Bitable: 新增一个数据表, 字段编辑指南. A described field cannot be sent back as it is: options have ids, and
some formats that the grid offers are refused at create.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.core.errors import ColumnVanished
from pipeline.core.table.cells import plain_text
from pipeline.core.table.columns import DATE, NUMBER, SINGLE_SELECT, TEXT, Column
from pipeline.core.table.layout import Layout

Plain = dict[str, object]
INDEX_TYPES = frozenset((1, 2, 5, 13, 15, 20, 22))  # 新增一个数据表: types of the index column
LINKED_TYPES = frozenset((18, 19, 20, 21))  # link, lookup, formula, link both ways: may speak of other tables
COLORS = range(55)
NUMBER_FORMATS = frozenset((
    "0", "0.0", "0.00", "0.000", "0.0000", "1,000", "1,000.00", "%", "0.00%", "¥", "¥0.00", "$", "$0.00",
))  # fmt: skip
PROGRESS_FORMATS = frozenset(("0", "0.0", "0.00", "0%", "0.0%", "0.00%"))
DATE_FORMATS = frozenset((
    "yyyy/MM/dd", "yyyy-MM-dd HH:mm", "MM-dd", "MM/dd/yyyy", "dd/MM/yyyy", "yyyy/MM/dd HH:mm",
))  # fmt: skip
LOOKS: Mapping[int, frozenset[str]] = {
    TEXT: frozenset(("Text",)),
    NUMBER: frozenset(("Number", "Progress", "Currency")),
    SINGLE_SELECT: frozenset(("SingleSelect",)),
    DATE: frozenset(("DateTime",)),
}


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Columns of people, by name; `linked`: those of them that are computed from, or linked to, others."""

    columns: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()


def new_fields(described: Sequence[Mapping[str, object]], layout: Layout) -> list[Plain]:
    """Our columns as fields to create, the index column first, the others in the table's order.

    Args:
        described: The table's fields as the service lists them.
        layout: Our columns matched with them; a renamed one goes along under its new name.

    Raises:
        ColumnVanished: One of them is not among the described fields any more.
    """
    columns = {layout.fields[column.name].id: column for column in layout.columns}
    ours = [field for field in described if field.get("field_id") in columns]
    if len(ours) < len(columns):
        gone = columns.keys() - {field.get("field_id") for field in ours}
        names = "、".join(layout.fields[columns[one].name].name for one in sorted(gone))
        raise ColumnVanished(f"columns deleted since they were listed: {names}", what_to_do=f"请恢复列：{names}。")
    index = _index_of(ours)
    ordered = [index, *(field for field in ours if field is not index)]
    return [_new_field(field, columns[str(field["field_id"])]) for field in ordered]


def left_behind(described: Sequence[Mapping[str, object]], layout: Layout) -> LeftBehind:
    """The columns that a successor does not get."""
    ours = {field.id for field in layout.fields.values()}
    others = [field for field in described if field.get("field_id") not in ours]
    linked = [field for field in others if field.get("type") in LINKED_TYPES]
    return LeftBehind(*(tuple(str(field.get("field_name")) for field in some) for some in (others, linked)))


def _index_of(ours: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """The index column of the new table: that of the old one, else the first that may be one; an id always may."""
    may_be = [field for field in ours if field.get("type") in INDEX_TYPES]
    return next((field for field in may_be if field.get("is_primary") is True), may_be[0])


def _new_field(field: Mapping[str, object], column: Column) -> Plain:
    kind, looks = field["type"], field.get("ui_type")
    made: Plain = {"field_name": field["field_name"], "type": kind}
    if isinstance(kind, int) and looks in LOOKS.get(kind, ()):
        made["ui_type"] = looks
    given = field.get("property")
    if made_property := _property(made, given if isinstance(given, dict) else {}, column):
        made["property"] = made_property
    if words := _description(field.get("description")):
        made["description"] = {"text": words}
    return made


def _property(made: Plain, given: Mapping[str, object], column: Column) -> Plain:
    if made["type"] == SINGLE_SELECT:
        return {"options": list(_options(given.get("options")))}
    if made["type"] == DATE:
        shown = given.get("date_formatter")
        return {"date_formatter": shown} if shown in DATE_FORMATS else _usual(column, DATE)
    if made["type"] == NUMBER:
        return _progress(given) if made.get("ui_type") == "Progress" else _number(made, given, column)
    return {}


def _number(made: Plain, given: Mapping[str, object], column: Column) -> Plain:
    shown, currency = given.get("formatter"), given.get("currency_code")
    kept: Plain = {"formatter": shown} if shown in NUMBER_FORMATS else _usual(column, NUMBER)
    return {**kept, "currency_code": currency} if currency and made.get("ui_type") == "Currency" else kept


def _progress(given: Mapping[str, object]) -> Plain:
    shown = given.get("formatter")
    kept: Plain = {"formatter": shown} if shown in PROGRESS_FORMATS else {}
    if isinstance(given.get("range_customize"), bool):
        kept["range_customize"] = given["range_customize"]
    ends = {name: _plain_number(given.get(name)) for name in ("min", "max")}
    return kept | {name: value for name, value in ends.items() if value is not None}


def _plain_number(value: object) -> int | float | None:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _usual(column: Column, kind: int) -> Plain:
    """The property of our own new column, where the described one would be refused."""
    new = column.new_field
    usual = new.get("property")
    return dict(usual) if new["type"] == kind and isinstance(usual, dict) else {}


def _options(given: object) -> Iterator[Plain]:
    """Options without ids, each name once; the new table gives them others."""
    taken: set[str] = set()
    for option in given if isinstance(given, list) else ():
        name, color = (option.get(key) if isinstance(option, dict) else None for key in ("name", "color"))
        if not isinstance(name, str) or not name.strip() or name in taken:
            continue
        taken.add(name)
        yield {"name": name, "color": color} if type(color) is int and color in COLORS else {"name": name}


def _description(found: object) -> str:
    """Its text: a field is listed with a text, or with the object that is sent."""
    return plain_text(found).strip() if found else ""
