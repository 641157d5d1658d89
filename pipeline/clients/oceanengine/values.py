"""Parse the values of a row: id, name, day, figure; refuse what does not parse."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.core.errors import BadResponse
from pipeline.core.model import DayRange
from pipeline.core.table.columns import holdable, plain_figure
from pipeline.core.text import one_line

SHOWN = 80  # letters of a refused value in a message
LONGEST_ID = 32
LONGEST_FIGURE = 64  # letters


def id_in(path: str, row: Mapping[str, Any], name: str) -> str:
    """An id as text, which some endpoints send as a number; `BadResponse` if it is missing or no id."""
    value = row.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not is_id(text):
        raise BadResponse(f"{path}: a row has no {name}: {shown(value)}")
    return text


def is_id(text: str) -> bool:
    """Whether a text is digits, few enough to make an `int` cheaply."""
    return len(text) <= LONGEST_ID and text.isascii() and text.isdigit()


def name_in(row: Mapping[str, Any], name: str) -> str:
    """A name on one bounded line: a number counts, a missing one is empty; `BadResponse` if it is no name."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | None):
        raise BadResponse(f"a report row has no usable {name}: {shown(value)}")
    return name_of(value)


def name_of(value: object) -> str:
    """The name in a value as `name_in` makes it; empty if it is no name."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return one_line(str(value) if is_number else value)


def day_in(row: Mapping[str, Any], days: DayRange) -> date:
    """The day of a report row; `BadResponse` if it is missing, unreadable, or not one of `days`."""
    said = row.get("stat_time_day")
    try:
        day = date.fromisoformat(str(said)[:10])
    except ValueError:
        raise BadResponse(f"a report row has no day: stat_time_day is {shown(said)}") from None
    if day not in days:
        raise BadResponse(f"a report row of {day} lies outside {days.first} .. {days.last}")
    return day


def figure_in(row: Mapping[str, Any], name: str) -> Decimal:
    """A figure that a cell can hold; `BadResponse` if it is missing, or no such figure."""
    text = str(row.get(name))
    figure = plain_figure(text) if len(text) <= LONGEST_FIGURE else None
    if figure is None or not holdable(figure):
        raise BadResponse(f"a report row has no usable {name}: {shown(row.get(name))}")
    return figure


def shown(value: object) -> str:
    """The beginning of a refused value, for a message."""
    return f"{value!r:.{SHOWN}}" if isinstance(value, str | None) else f"{value!s:.{SHOWN}}"
