"""The table's columns as we want them, matched with the fields it really has; cells to and from the wire.

Follows the Bitable pages on fields, record values and the record filter. A value is encoded for the type of the
field that is found: a typed table and an all-text one both work, and both compare by meaning.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, cast
from zoneinfo import ZoneInfo

from pipeline.core.errors import TableMismatch
from pipeline.core.model import CENT, ZERO, Account, Cell, DayRange, FoundRow, ReportRow, WantedRow

TEXT, NUMBER, SINGLE_SELECT, DATE = 1, 2, 3, 5
FILTER_CONDITIONS_MAX = 50  # Bitable, search records: at most 50 conditions
FILTER_CHARACTERS_MAX = 1900  # the documented 2,000 with a margin for how the server counts
FIGURE_DIGITS_MAX = 15  # more before the point is no figure of ours, and no float holds it
_DAY = re.compile(r"^\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$")
_TYPE_NAMES = {
    1: "文本",
    2: "数字",
    3: "单选",
    4: "多选",
    5: "日期",
    7: "复选框",
    11: "人员",
    15: "超链接",
    20: "公式",
}


class Kind(StrEnum):
    """What a column holds, whatever the field's type."""

    TEXT = "text"
    ID = "id"
    DAY = "day"
    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"


# which field types can hold a kind without losing anything; an id in a number field would lose digits
FIELD_TYPES = {
    Kind.TEXT: (TEXT, SINGLE_SELECT),
    Kind.ID: (TEXT,),
    Kind.DAY: (TEXT, DATE),
    Kind.MONEY: (TEXT, NUMBER),
    Kind.COUNT: (TEXT, NUMBER),
    Kind.RATIO: (TEXT, NUMBER),
}
# how a column is made where it is missing
_NEW_FIELDS: Mapping[Kind, Mapping[str, object]] = {
    Kind.TEXT: {"type": TEXT},
    Kind.ID: {"type": TEXT},
    Kind.DAY: {"type": DATE, "property": {"date_formatter": "yyyy/MM/dd"}},
    Kind.MONEY: {"type": NUMBER, "property": {"formatter": "0.00"}},
    Kind.COUNT: {"type": NUMBER, "property": {"formatter": "0"}},
    Kind.RATIO: {"type": NUMBER, "property": {"formatter": "0.0000"}},
}
_QUANTUM = {Kind.MONEY: CENT, Kind.COUNT: Decimal(1), Kind.RATIO: Decimal("0.0001")}


@dataclass(frozen=True, slots=True)
class Column:
    """One column that we write: its name in the table, what fills it, what it holds."""

    name: str
    source: str  # account_name, day, promotion_id, promotion_name, or a metric of the report
    kind: Kind

    @property
    def new_field(self) -> dict[str, object]:
        """The column as the endpoints that make tables and fields want it."""
        return {"field_name": self.name, **_NEW_FIELDS[self.kind]}

    @property
    def type_name(self) -> str:
        """What the type of `new_field` is called in the table."""
        return _TYPE_NAMES[cast("int", _NEW_FIELDS[self.kind]["type"])]

    def canonical(self, value: Cell) -> Cell:
        """The value as it is compared: figures rounded to the column's precision."""
        return value.quantize(_QUANTUM[self.kind]) if isinstance(value, Decimal) else value


DIMENSIONS = ("account_name", "day", "promotion_id", "promotion_name")
DEFAULT_COLUMNS = (
    Column("账户名称", "account_name", Kind.TEXT),
    Column("时间", "day", Kind.DAY),
    Column("单元ID", "promotion_id", Kind.ID),
    Column("单元名称", "promotion_name", Kind.TEXT),
    Column("消耗(元)", "stat_cost", Kind.MONEY),
    Column("转化数", "convert_cnt", Kind.COUNT),
    Column("转化成本(元)", "conversion_cost", Kind.MONEY),
    Column("团购线索数", "clue_pay_order_cnt", Kind.COUNT),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field that the table really has."""

    id: str
    name: str
    type: int
    options: Mapping[str, str] = field(default_factory=dict)  # single select: option name → option id


@dataclass(frozen=True, slots=True)
class Layout:
    """Our columns matched with the table's fields, in the base's time zone."""

    columns: tuple[Column, ...]
    fields: Mapping[str, Field]  # by column name
    time_zone: ZoneInfo

    def column(self, source: str) -> Column:
        """The column that is filled from `source`."""
        return next(column for column in self.columns if column.source == source)

    def want(self, row: ReportRow, account: Account) -> WantedRow:
        """The row of the table for a row of the report."""
        dimensions: dict[str, Cell] = {
            "account_name": account.name,
            "day": row.day,
            "promotion_id": row.promotion_id,
            "promotion_name": row.promotion_name,
        }
        cells = {c.name: c.canonical(dimensions.get(c.source, row.metrics.get(c.source))) for c in self.columns}
        return WantedRow(row.key, row.account_id, cells)

    def encode(self, cells: Mapping[str, Cell]) -> dict[str, object]:
        """Cells by column name as the write endpoints want them."""
        return {name: self._encode_cell(name, value) for name, value in cells.items()}

    def decode(self, record: Mapping[str, Any]) -> FoundRow:
        """A record of the search endpoint as a row."""
        raw = record.get("fields") or {}
        cells = {c.name: self._decode_cell(c, raw.get(c.name)) for c in self.columns}
        cost = cells[self.column("stat_cost").name]
        return FoundRow(
            record_id=str(record["record_id"]),
            day=cast("date | None", cells[self.column("day").name]),
            promotion_id=str(cells[self.column("promotion_id").name] or ""),
            account_name=str(cells[self.column("account_name").name] or ""),
            cost=cost if isinstance(cost, Decimal) else ZERO,
            cells=cells,
            creator=(record.get("created_by") or {}).get("id"),
            created_ms=int(record.get("created_time") or 0),
        )

    def day_filters(self, days: DayRange) -> Iterator[dict[str, object]]:
        """The searches that together find every row of `days`; a date column may give a day more on each side."""
        name = self.column("day").name
        if self.fields[name].type == DATE:
            wider = days.first - timedelta(days=1), days.last + timedelta(days=1)
            yield between(name, *map(self.midnight_ms, wider))
        else:
            yield from _text_filters(name, list(days))

    def view_condition(self, account: Account) -> tuple[str, str] | None:
        """Field id and value of the view filter for an account; `None` while a select lacks the option."""
        column = self.fields[self.column("account_name").name]
        if column.type != SINGLE_SELECT:
            return column.id, json.dumps([account.name], ensure_ascii=False)
        option = column.options.get(account.name)
        return (column.id, json.dumps([option])) if option else None

    def midnight_ms(self, day: date) -> int:
        """The day's midnight in the base's time zone, in ms since the epoch."""
        return int(datetime.combine(day, time(), self.time_zone).timestamp() * 1000)

    def _encode_cell(self, name: str, value: Cell) -> object:
        kind = self.fields[name].type
        if isinstance(value, Decimal) and kind == NUMBER:
            return int(value) if value == value.to_integral_value() else float(value)
        if isinstance(value, date) and kind == DATE:
            return self.midnight_ms(value)
        return None if value is None else str(value)

    def _decode_cell(self, column: Column, raw: object) -> Cell:
        if raw is None:
            return None
        if column.kind == Kind.DAY:
            return self._decode_day(raw)
        if column.kind in _QUANTUM:
            return column.canonical(_decode_number(raw))
        return plain_text(raw)

    def _decode_day(self, raw: object) -> date | None:
        try:
            if isinstance(raw, int | Decimal):
                return datetime.fromtimestamp(int(raw) / 1000, self.time_zone).date()
            found = _DAY.match(plain_text(raw))
            return date(*map(int, found.groups())) if found else None
        except (ValueError, OverflowError, OSError):  # beyond the calendar, each platform in its own way
            return None


def between(name: str, after_ms: int, before_ms: int) -> dict[str, object]:
    """The filter for a date field strictly between two days, each given by its midnight."""
    bounds = (("isGreater", after_ms), ("isLess", before_ms))
    conditions = [{"field_name": name, "operator": op, "value": ["ExactDate", str(ms)]} for op, ms in bounds]
    return {"conjunction": "and", "conditions": conditions}


def plain_text(raw: object) -> str:
    """The text of a cell, whether it comes as a string, as segments or as a number."""
    if isinstance(raw, list):
        return "".join(str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in raw)
    return str(raw)


def match(columns: Sequence[Column], fields: Sequence[Field], time_zone: ZoneInfo) -> Layout:
    """Find each column among the table's fields.

    Raises:
        TableMismatch: A column is missing or its field cannot hold it; every such column is named with its cure.
    """
    by_name = {field.name: field for field in fields}
    spare = [name for name in by_name if name not in {column.name for column in columns}]
    problems = [problem for column in columns if (problem := _problem(column, by_name, spare))]
    if problems:
        english, chinese = zip(*problems, strict=True)
        raise TableMismatch("; ".join(english), what_to_do="".join(chinese))
    return Layout(tuple(columns), {column.name: by_name[column.name] for column in columns}, time_zone)


def _problem(column: Column, by_name: Mapping[str, Field], spare: Sequence[str]) -> tuple[str, str] | None:
    found = by_name.get(column.name)
    wanted = "或".join(_TYPE_NAMES[number] for number in FIELD_TYPES[column.kind])
    if found is None:
        near = get_close_matches(column.name, spare, n=1, cutoff=0.3)
        english = f"the table has no column {column.name!r}" + (f"; the nearest is {near[0]!r}" if near else "")
        cure = f"请把“{near[0]}”改名为“{column.name}”" if near else f"请新建“{column.name}”列"
        return english, f"表格缺少“{column.name}”列: {cure}({wanted})。"
    if found.type not in FIELD_TYPES[column.kind]:
        actual = _TYPE_NAMES.get(found.type, str(found.type))
        english = f"column {column.name!r} is of field type {found.type} ({actual}), which cannot hold {column.kind}"
        return english, f"“{column.name}”列是{actual}类型, 请改为{wanted}。"
    return None


def _decode_number(raw: object) -> Decimal | None:
    text = plain_text(raw).replace(",", "").strip()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < FIGURE_DIGITS_MAX else None


def _text_filters(name: str, days: Sequence[date]) -> Iterator[dict[str, object]]:
    conditions: list[object] = []
    for day in days:
        condition = {"field_name": name, "operator": "is", "value": [day.isoformat()]}
        if not _fits([*conditions, condition]):
            yield {"conjunction": "or", "conditions": conditions}
            conditions = []
        conditions = [*conditions, condition]
    yield {"conjunction": "or", "conditions": conditions}


def _fits(conditions: list[object]) -> bool:
    text = json.dumps({"conjunction": "or", "conditions": conditions}, ensure_ascii=False)
    return len(conditions) <= FILTER_CONDITIONS_MAX and len(text) <= FILTER_CHARACTERS_MAX
