"""Cell values by field type, written and read (Bitable: data structure of records)."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulator.feishu.bitable.model import Field, Record
from emulator.feishu.envelope import refused

TYPE = {
    "text": 1, "number": 2, "select": 3, "multi": 4, "date": 5, "checkbox": 7, "person": 11, "phone": 13, "url": 15,
    "formula": 20, "created_time": 1001, "modified_time": 1002, "created_by": 1003, "modified_by": 1004,
    "auto_number": 1005,
}  # fmt: skip
LONGEST_TEXT = 100_000  # characters of a text cell
LONGEST_PHONE = 64
LONGEST_OPTIONS = 1000  # options in one multi-select cell
MOST_PERSONS = 1000
EARLIEST_MS = 10**11  # below this a number is seconds, not milliseconds
LATEST_MS = 10**14
EXACT = 2**53
FORMULA_TEXT = "公式"
DATE_PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M"}  # of a date column's formatter


def canonical(number: float) -> float:
    """A number as the service returns it, a float64: 5.0 is 5, long ids lose digits."""
    value = float(number)
    if not value.is_integer():
        return value
    return int(value) if abs(value) < EXACT else int(Decimal(repr(value)))


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise refused(1254060)
    if len(value) > LONGEST_TEXT:
        raise refused(1254130)
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(1254061)
    try:
        return canonical(value)
    except (OverflowError, ValueError) as problem:
        raise refused(1254061) from problem


def _select(value: object) -> object:
    if not isinstance(value, str):
        raise refused(1254062)
    if not value.strip():
        raise refused(1254026)
    return value


def _multi(value: object) -> object:
    if not isinstance(value, list) or len(value) > LONGEST_OPTIONS or not all(isinstance(v, str) for v in value):
        raise refused(1254063)
    if not all(v.strip() for v in value):
        raise refused(1254026)
    return value


def _date(value: object) -> object:
    if type(value) is not int or not EARLIEST_MS <= value < LATEST_MS:
        raise refused(1254064)
    return value


def _checkbox(value: object) -> object:
    if not isinstance(value, bool):
        raise refused(1254065)
    return value


def _persons(value: object) -> object:
    if not isinstance(value, list) or len(value) > MOST_PERSONS:
        raise refused(1254066)
    for person in value:
        valid = isinstance(person, dict) and isinstance(person.get("id"), str) and person["id"].startswith("ou_")
        if not valid:
            raise refused(1254066)
    return value


def _phone(value: object) -> object:
    if not isinstance(value, str) or len(value) > LONGEST_PHONE or not re.fullmatch(r"(\+)?[0-9]*", value):
        raise refused(1254072)
    return value


def _url(value: object) -> object:
    if not isinstance(value, dict) or value.keys() != {"text", "link"}:
        raise refused(1254068)
    if not all(isinstance(part, str) for part in value.values()):
        raise refused(1254068)
    return value


WRITERS: dict[int, Callable[[object], object]] = {
    1: _text, 2: _number, 3: _select, 4: _multi, 5: _date, 7: _checkbox, 11: _persons, 13: _phone, 15: _url,
}  # fmt: skip
EMPTY: tuple[object, ...] = (None, "", [])


def stored(column: Field, value: object) -> object:
    """A written value as the cell stores it; None: empty."""
    if value is None:
        return None
    writer = WRITERS.get(column.type)
    if writer is None:
        raise refused(1254015, f"{column.name} is read only")
    kept = writer(value)
    return None if kept in EMPTY else kept


BLANK: dict[int, object] = {1: "", 4: [], 11: [], 13: ""}  # of an empty cell; other types: null


def _read_text(value: Any) -> object:  # noqa: ANN401 - cells were checked when they were written
    return [{"type": "text", "text": value}]


def _read_persons(value: Any) -> object:  # noqa: ANN401
    return [{"id": person["id"], "name": person["id"][-4:], "en_name": "", "email": ""} for person in value]


READERS: dict[int, Callable[[Any], object]] = {1: _read_text, 11: _read_persons}

COMPUTED: dict[int, Callable[[Record], object]] = {
    20: lambda _record: {"type": 1, "value": [{"type": "text", "text": FORMULA_TEXT}]},
    1001: lambda record: record.created_ms,
    1002: lambda record: record.modified_ms,
    1003: lambda record: [record.created_by],
    1004: lambda record: [record.modified_by],
    1005: lambda record: str(record.number),
}


def read(columns: list[Field], record: Record, empty: str = "left_out") -> dict[str, object]:
    """A row's cells in the read shape. `empty`: empty cells are `left_out`, `null` or `blank`."""
    shown: dict[str, object] = {}
    if empty != "left_out":
        shown = {column.name: BLANK.get(column.type) if empty == "blank" else None for column in columns}
    cells = record.cells
    for column in columns:
        if column.type in COMPUTED:
            shown[column.name] = COMPUTED[column.type](record)
        elif column.field_id in cells:
            value = cells[column.field_id]
            reader = READERS.get(column.type)
            shown[column.name] = reader(value) if reader else value
    return shown


def plain(columns: list[Field], record: Record) -> dict[str, object]:
    """A row's cells as they were written, by column name."""
    cells = record.cells
    return {column.name: cells[column.field_id] for column in columns if column.field_id in cells}


def display(column: Field, record: Record, clock_zone: Callable[[int], datetime]) -> str:
    """A cell as a person sees it in the grid."""
    value = COMPUTED[column.type](record) if column.type in COMPUTED else record.cells.get(column.field_id)
    if value is None:
        return ""
    shower = _DISPLAY.get(column.type)
    return shower(value, column, clock_zone) if shower else str(value)


def _display_number(value: Any, column: Field, _zone: object) -> str:  # noqa: ANN401
    formatter = str((column.property or {}).get("formatter", "0.0"))
    places = len(formatter.partition(".")[2])
    return f"{value:.{places}f}" if set(formatter) <= set("0.") else f"{value:g}"


def _display_date(value: int, column: Field, zone: Callable[[int], datetime]) -> str:
    pattern = str((column.property or {}).get("date_formatter", "yyyy/MM/dd"))
    for part, sign in DATE_PARTS.items():
        pattern = pattern.replace(part, sign)
    return zone(value).strftime(pattern)


_DISPLAY: dict[int, Callable[[Any, Field, Any], str]] = {
    2: _display_number,
    4: lambda value, _column, _zone: "、".join(value),
    5: _display_date,
    7: lambda value, _column, _zone: "✓" if value else "",
    11: lambda value, _column, _zone: "、".join(person["id"][-4:] for person in value),
    15: lambda value, _column, _zone: str(value["text"]),
    20: lambda _value, _column, _zone: FORMULA_TEXT,
    1001: lambda value, _column, zone: zone(value).strftime("%Y/%m/%d %H:%M"),
    1002: lambda value, _column, zone: zone(value).strftime("%Y/%m/%d %H:%M"),
    1003: lambda value, _column, _zone: str(value[0]["name"]),
    1004: lambda value, _column, _zone: str(value[0]["name"]),
}
