"""Change a column's type with its cells: cells that do not fit the new type become empty.

Each cell is converted by its text in the grid. The service's own rules are not documented; in its grid a day becomes
no number and a number no day.
"""

import math
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from emulator.feishu.bitable import filters
from emulator.feishu.bitable.fields import DEFAULTS, INDEX_TYPES, UI_TYPES
from emulator.feishu.bitable.filters import BadCondition, Test
from emulator.feishu.bitable.model import Condition, Field, Table
from emulator.feishu.bitable.values import display, stored
from emulator.feishu.state import Feishu
from emulator.shared.clock import MILLISECONDS
from emulator.shared.wire import Refusal

TEXT, NUMBER, SELECT, DATE = 1, 2, 3, 5
CONVERTIBLE = (TEXT, NUMBER, SELECT, DATE)
DAY_FORMATS = ("%Y/%m/%d", "%Y-%m-%d")


def retype(feishu: Feishu, table: Table, column: Field, kind: int) -> None:
    """Change a column's type and its cells; id, name and the conditions that still fit stay. Raises ValueError."""
    if column.type not in CONVERTIBLE or kind not in CONVERTIBLE:
        raise ValueError(f"from type {column.type} to {kind!r}: only {CONVERTIBLE} are converted here")
    if column.primary and kind not in INDEX_TYPES:
        raise ValueError(f"type {kind} cannot be an index column")
    zone, before = feishu.zone(table), replace(column)
    texts = {
        record.record_id: display(column, record, lambda ms: datetime.fromtimestamp(ms / 1000, zone))
        for record in table.records.values()
    }
    column.type, column.ui_type, column.property = kind, UI_TYPES[kind][0], DEFAULTS.get(kind)
    column.options = {}
    for record_id, text in texts.items():
        _put(feishu, table, column, record_id, text)
    _keep_conditions(table, before, column)
    table.touch()


def _put(feishu: Feishu, table: Table, column: Field, record_id: str, text: str) -> None:
    cells = table.records[record_id].cells
    cells.pop(column.field_id, None)
    value = _converted(column, text.strip(), feishu.zone(table))
    if value is None:
        return
    cells[column.field_id] = value
    if column.type == SELECT and text.strip() not in column.options:
        column.options[text.strip()] = feishu.base_with(table).new_id("opt")


def _converted(column: Field, text: str, zone: ZoneInfo) -> object:
    try:
        return stored(column, _written(column.type, text, zone)) if text else None
    except (ValueError, Refusal):
        return None


def _written(kind: int, text: str, zone: ZoneInfo) -> object:
    """The text in the write shape of the type. Raises ValueError."""
    if kind == NUMBER:
        return _figure(text)
    if kind == DATE:
        return _midnight_ms(text, zone)
    return text


def _figure(text: str) -> float:
    figure = float(text.replace(",", ""))
    if not math.isfinite(figure):
        raise ValueError(text)
    return figure


def _midnight_ms(text: str, zone: ZoneInfo) -> int:
    for pattern in DAY_FORMATS:
        try:
            day = datetime.strptime(text, pattern)  # noqa: DTZ007 - a day, its zone comes with the next line
        except ValueError:
            continue
        return int(datetime.combine(day, time(), zone).timestamp()) * MILLISECONDS
    raise ValueError(text)


def _keep_conditions(table: Table, before: Field, column: Field) -> None:
    names = {option_id: name for name, option_id in before.options.items()}
    for view in table.views.values():
        moved = [_moved(condition, names, column) for condition in view.conditions]
        view.conditions = [condition for condition in moved if condition is not None]


def _moved(condition: Condition, names: dict[str, str], column: Field) -> Condition | None:
    """A view's condition after the change; None if it does not fit the new type."""
    if condition.field_id != column.field_id:
        return condition
    values = [names.get(value, value) for value in condition.value]
    try:
        filters.check(Test(column, condition.operator, values))
    except BadCondition:
        return None
    if column.type == SELECT:
        if not set(values) <= column.options.keys():
            return None
        values = [column.options[value] for value in values]
    return replace(condition, value=values)
