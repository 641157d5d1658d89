"""Encode and decode cells. Follows the Bitable pages on fields and on the data structure of records.

A value is encoded for the type of the table's field, and means the same in every shape in which it reads back.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from pipeline.core.model import Cell
from pipeline.core.table.columns import (
    DATE,
    DIGITS,
    FIELD_TYPES,
    NUMBER,
    SINGLE_SELECT,
    TYPE_NAMES,
    Column,
    Kind,
    holdable,
    plain_figure,
    rounded,
)

TEXT_CHARACTERS_MAX = 100_000  # Bitable, data structure of records: a text cell
_DAY = re.compile(r"^\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$")
# fields of a fitting type, but for another use: a rating ends at 10, an e-mail cell takes addresses
UNFIT_LOOKS: Mapping[str, str] = {"Rating": "评分", "Email": "邮箱", "Barcode": "条码"}


NO_ID = ""  # of a field that was made a moment ago, and not read yet


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the table."""

    id: str
    name: str
    type: int
    options: Mapping[str, str] = field(default_factory=dict)  # single select: option name → option id
    ui_type: str = ""  # how a field of its type looks: Number, Currency, Progress, Rating …

    @property
    def type_name(self) -> str:
        """What the grid calls it."""
        return UNFIT_LOOKS.get(self.ui_type) or TYPE_NAMES.get(self.type, str(self.type))

    def holds(self, kind: Kind) -> bool:
        """Whether it can hold a kind without loss."""
        return self.type in FIELD_TYPES[kind] and self.ui_type not in UNFIT_LOOKS


def fits(value: Cell) -> bool:
    """Whether a cell can hold the value."""
    if isinstance(value, Decimal):
        return holdable(value)
    return not isinstance(value, str) or len(value) <= TEXT_CHARACTERS_MAX


def encode(found: Field, value: Cell, zone: ZoneInfo) -> object:
    """A value in write shape for a field; `None` clears the cell."""
    if isinstance(value, Decimal) and found.type == NUMBER:
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date) and found.type == DATE:
        return midnight_ms(value, zone)
    if value is None or (found.type == SINGLE_SELECT and not str(value).strip()):
        return None  # an option without a name is refused
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def decoder(column: Column, zone: ZoneInfo) -> Callable[[object], Cell]:
    """What reads the column's value from a cell; `None` if it is empty or unreadable."""
    if column.kind == Kind.DAY:
        return partial(_day, zone)
    return partial(_figure, column.last_digit) if column.kind in DIGITS else _text


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """The day's midnight in the base's time zone, in ms since the epoch."""
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def plain_text(raw: object) -> str:
    """The text of a cell that is a string, segments, a link or a number."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, list):
        return "".join(map(plain_text, raw))
    return str(raw.get("text", "")) if isinstance(raw, dict) else str(raw)


def _text(raw: object) -> str | None:
    return None if raw is None else plain_text(raw)


def _day(zone: ZoneInfo, raw: object) -> date | None:
    try:
        if isinstance(raw, int | Decimal):
            if isinstance(raw, Decimal) and not holdable(raw):
                return None  # its int might never end
            return _day_at(int(raw), zone)
        found = _DAY.match(plain_text(raw))
        return date(*map(int, found.groups())) if found else None
    except (ValueError, OverflowError, OSError):  # beyond the calendar, each platform in its own way
        return None


@lru_cache(maxsize=1000)  # many rows, few days
def _day_at(ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(ms / 1000, zone).date()


def number_in(raw: object) -> Decimal | None:
    """The number in a cell, as a number or as text; `None`: none that a cell can hold."""
    if raw is None:
        return None
    number = raw if isinstance(raw, Decimal) else plain_figure(plain_text(raw).replace(",", "").strip())
    return number if number is not None and holdable(number) else None


def moment_in(raw: object, zone: ZoneInfo) -> datetime | None:
    """The moment in a date cell, in ms since the epoch; `None`: beyond the calendar."""
    try:
        return datetime.fromtimestamp(raw / 1000, zone) if isinstance(raw, int) else None
    except (ValueError, OverflowError, OSError):  # beyond the calendar, each platform in its own way
        return None


def _figure(last_digit: Decimal, raw: object) -> Decimal | None:
    number = number_in(raw)
    return None if number is None else rounded(number, last_digit)
